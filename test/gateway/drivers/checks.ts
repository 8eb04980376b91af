import { expect } from "vitest";
import { type Both, program } from "./both.ts";

/** What a driver's checks printed: by a check's name, what came. */
type Came = Readonly<Record<string, unknown>>;

export interface Checks {
  readonly bare: Came;
  readonly mine: Came;
}

/** A long run on a crowded machine, ms. */
const millisMax = 240_000;

/** What psycopg logs where a check ends a pipeline that has failed, on the server itself too. */
const aside = /^error ignored terminating <psycopg\.Pipeline .*: pipeline aborted\n/gm;

/** Runs a driver's checks on the server itself and through the gateway. Each prints a line of JSON: its name and what came. */
export async function runChecks(both: Both, name: string, args: readonly string[]): Promise<Checks> {
  const came = async (address: Both["mine"]): Promise<Came> => {
    const { code, err, out } = await program(name, args, address, { lead: both.postgres.lead, millisMax });
    expect(err.replaceAll(aside, "")).toBe("");
    expect(code).toBe(0);
    return Object.fromEntries(
      out
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as [string, unknown]),
    );
  };
  return { bare: await came(both.bare), mine: await came(both.mine) };
}

/**
 * Holds every check against its counterpart.
 * @param others what comes through the gateway where that is another by rule; it must still be.
 */
export function expectSame({ bare, mine }: Checks, others: Came): void {
  expect(Object.keys(mine)).toEqual(Object.keys(bare));
  for (const [name, came] of Object.entries(bare)) {
    expect.soft(JSON.stringify(came), `${name}: on the server itself`).not.toContain('["raised"');
    if (name in others) {
      expect.soft(mine[name], name).toEqual(others[name]);
      expect.soft(came, `${name}: is no longer another`).not.toEqual(others[name]);
    } else expect.soft(mine[name], name).toEqual(came);
  }
}
