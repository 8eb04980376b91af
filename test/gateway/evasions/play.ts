import { Client } from "pg";
import type { Role } from "../../../src/policy/index.ts";
import { fieldsOf } from "../bytes.ts";
import { type Address, join, type RawClient } from "../client.ts";
import type { Finder } from "../find.ts";
import { Ledger, overRecorded, pair, unrecorded, type Unrecorded } from "../oracle.ts";
import type { Postgres } from "../postgres.ts";
import type { Evasion } from "./evasion.ts";

/** A world to try things in: a server, perhaps a gateway before it, and what that records. */
export interface World {
  readonly postgres: Postgres;
  readonly address: Address;
  readonly ledger: Ledger;
  readonly finder: Finder;
}

/** What came of one try. */
export interface Outcome {
  /** Fields as `customers.email`, found in what the agent or the other received. */
  readonly found: ReadonlySet<string>;
  /** The same, with whose they were. */
  readonly marks: ReadonlySet<string>;
  readonly unrecorded: readonly Unrecorded[];
  /** SQLSTATEs that the agent received. */
  readonly errors: readonly string[];
  /** What errors and notices said, for whoever has to mend something. */
  readonly said: readonly string[];
  readonly refused: boolean;
  readonly scrubbed: boolean;
  readonly probed: boolean;
  /** Recorded in this try: `actor customer table field`. */
  readonly recorded: ReadonlySet<string>;
  readonly over: { readonly recorded: number; readonly extra: number };
}

export type Mode = "simple" | "extended";

export const wideRoles = (role: Role): Readonly<Record<string, Role>> => ({
  desk_agent: role,
  desk_lead: role,
});

const say = async (client: RawClient, sql: string, mode: Mode): Promise<unknown> =>
  mode === "simple" ? client.query(sql) : client.extended(sql);

async function asOwner(postgres: Postgres, sql: string): Promise<void> {
  const { host, port, database, owner } = postgres;
  const client = new Client({ host, port, database, user: owner.user });
  await client.connect();
  await client.query(sql).finally(async () => client.end());
}

/** Tries it with new connections, and looks at everything that came back. */
export async function play(evasion: Evasion, mode: Mode, world: World): Promise<Outcome> {
  const { postgres, address, ledger, finder } = world;
  const before = ledger.durable.length;
  const durable = (): number => ledger.durable.length;
  const agent = await join(address, postgres.lead, durable);
  const { run } = evasion;
  const second = typeof run !== "function" && run.some((sql) => sql.startsWith("@other "));
  const other = second ? await join(address, postgres.agent, durable) : null;
  const owner = async (sql: string): Promise<void> => asOwner(postgres, sql);
  try {
    if (typeof run === "function") {
      await run({ agent, owner, major: postgres.major });
    } else {
      for (const sql of run) {
        // What the owner tidies up may never have come to be.
        if (sql.startsWith("@owner ")) await owner(sql.slice(7)).catch(() => null);
        else if (sql.startsWith("@other ") && other !== null) await say(other, sql.slice(7), mode);
        else await say(agent, sql, mode);
      }
    }
  } finally {
    await Promise.all([agent.end(), other?.end()]);
  }
  await ledger.settled();
  const heard = [
    { actor: postgres.lead.user, from: before, pieces: agent.pieces },
    { actor: postgres.agent.user, from: before, pieces: other?.pieces ?? [] },
  ];
  const mine = ledgerFrom(ledger, before);
  const marks = heard.flatMap(({ actor, pieces }) =>
    finder.inAll(Buffer.concat(pieces.map(({ bytes }) => bytes))).map((mark) => ({ actor, mark })),
  );
  const complaints = [...agent.messages, ...(other?.messages ?? [])]
    .filter(({ type }) => type === "E" || type === "N")
    .map(({ body }) => fieldsOf(body));
  return {
    found: new Set(marks.map(({ mark }) => short(mark.table, mark.field))),
    marks: new Set(marks.map(({ actor, mark }) => pair(actor, mark))),
    unrecorded: heard.flatMap((one) => unrecorded(one, ledger, finder)),
    errors: complaints.map((fields) => fields.get("C") ?? ""),
    said: complaints.map((fields) => `${fields.get("C")} ${fields.get("M")}`),
    refused: mine.of("refusal").length > 0,
    scrubbed: mine.of("scrubbed").length > 0,
    probed:
      mine.of("probe").length > 0 ||
      mine.of("sighting").some(({ seen }) => seen.some((s) => s.probed.length > 0)),
    recorded: mine.sightings(),
    over: overRecorded(heard[0]!, mine, finder),
  };
}

/** The same ledger without what came before. */
function ledgerFrom(ledger: Ledger, from: number): Ledger {
  const rest = new Ledger();
  rest.durable.push(...ledger.durable.slice(from));
  return rest;
}

export const short = (table: string, field: string): string => `${table.replace(/^public\./, "")}.${field}`;
