import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finder } from "../find.ts";
import { Ledger } from "../oracle.ts";
import { hasPostgres, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";
import type { Evasion } from "./evasion.ts";
import { changes } from "./own-changes.ts";
import { errors } from "./own-errors.ts";
import { expressions } from "./own-expressions.ts";
import { guesses } from "./own-guesses.ts";
import { names } from "./own-names.ts";
import { keys } from "./own-keys.ts";
import { moments } from "./own-moments.ts";
import { objects } from "./own-objects.ts";
import { protocol } from "./own-protocol.ts";
import { seams } from "./own-seams.ts";
import { listed } from "./listed.ts";
import { type Mode, type Outcome, play, wideRoles, type World } from "./play.ts";

const desk = { customers: 40, agents: 5, seed: 1, markers: true };
const all: readonly Evasion[] = [
  ...listed,
  ...expressions,
  ...changes,
  ...objects,
  ...protocol,
  ...errors,
  ...seams,
  ...names,
  ...guesses,
  ...moments,
  ...keys,
];
const finds = finder(desk);

/** Both protocols on the newest server; on the older one, whose grammar differs, one. */
function modes({ run, only }: Evasion, major: number): readonly Mode[] {
  if (typeof run === "function" || major < 18) return [only ?? "extended"];
  return (["simple", "extended"] as const).filter((mode) => (only ?? mode) === mode);
}

/** How far an outcome is from what was wanted, in words; empty: not at all. */
function complaints(evasion: Evasion, mine: Outcome, bare: Outcome): readonly string[] {
  const wrong: string[] = mine.unrecorded.map(
    (mark) =>
      `${mark.actor} received ${mark.customer}'s ${mark.table} ${mark.field} in ${mark.message}: recorded ${mark.when}`,
  );
  const need = (holds: boolean, what: string): unknown =>
    holds || wrong.push(`${what}; said: ${mine.said.join(" | ")}`);
  const refused = mine.refused && mine.errors.includes("42501");
  const recorded = new Set([...mine.recorded].map((key) => key.split(" ").slice(1).join(" ")));
  const answered = (): void => {
    need(!mine.errors.includes("42501"), "was refused");
    for (const field of evasion.leaks)
      need(mine.found.has(field), `did not bring any ${field}, which the bare server does`);
    for (const mark of evasion.choosing === true ? [] : bare.marks)
      need(mine.marks.has(mark), `did not bring ${mark}, which the bare server does`);
    for (const key of evasion.whose ?? []) {
      const [customer, field] = key.split(" ");
      need(recorded.has(`${customer} public.${field?.replace(".", " ")}`), `did not record ${key}`);
    }
    if (evasion.exactly !== undefined)
      need(
        new Set([...mine.recorded].map((key) => key.split(" ")[1])).size === evasion.exactly,
        `recorded not exactly ${evasion.exactly}`,
      );
  };
  if (evasion.want === "R" || (evasion.want === "R/B" && !refused && !mine.scrubbed)) answered();
  if (evasion.want === "B") need(refused && mine.marks.size === 0, "was not refused");
  if (evasion.want === "S")
    need((mine.scrubbed || refused) && mine.marks.size === 0 && mine.errors.length > 0, "was not scrubbed");
  if (evasion.want === "C") need(mine.probed, "was not recorded as probed");
  if (evasion.want === "pass") {
    answered();
    need(mine.recorded.size === 0, `recorded ${[...mine.recorded].join(", ")}`);
  }
  return wrong;
}

describe.each([18, 15] as const)("evasions on PostgreSQL %i", (major) => {
  const there = hasPostgres(major);
  let postgres: Postgres | null = null;
  let gateway: RunningGateway | null = null;
  const ledger = new Ledger();
  const world = (through: boolean): World => {
    if (postgres === null) throw new Error("no server");
    return {
      postgres,
      address: (through ? gateway?.address : null) ?? postgres,
      ledger: through ? ledger : new Ledger(),
      finder: finds,
    };
  };
  beforeAll(async () => {
    if (!there) return;
    postgres = await startPostgres({ ...desk, major });
    gateway = await startThrough({ postgres, roles: wideRoles(wideRole), record: ledger.record });
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });
  const known = all.filter(({ since = 0 }) => since <= major);
  // What the bare server answers is the same each time, so it is asked once.
  const bare = new Map<Evasion, Promise<Outcome>>();
  const barely = async (evasion: Evasion): Promise<Outcome> => {
    const first = bare.get(evasion) ?? play(evasion, modes(evasion, major)[0] ?? "simple", world(false));
    bare.set(evasion, first);
    return first;
  };

  describe.skipIf(!there)("without a gateway let out what they are said to, and the oracle says so", () => {
    it.each(known.map((evasion) => [evasion.id, evasion.about, evasion] as const))(
      "%s: %s",
      async (_, __, evasion) => {
        const outcome = await barely(evasion);
        const found = [...outcome.found].filter((field) => evasion.leaks.includes(field));
        expect(found.sort(), outcome.said.join(" | ")).toEqual([...evasion.leaks].sort());
        if (evasion.leaks.length > 0) expect(outcome.unrecorded.length).toBeGreaterThan(0);
      },
    );
  });

  describe.skipIf(!there)("through the gateway", () => {
    const tries = known.flatMap((evasion) =>
      modes(evasion, major).map((mode) => [evasion.id, mode, evasion.about, evasion] as const),
    );
    it.each(tries)("%s (%s): %s", async (_, mode, __, evasion) => {
      const mine = await play(evasion, mode, world(true));
      expect(complaints(evasion, mine, await barely(evasion))).toEqual([]);
    });
  });
});
