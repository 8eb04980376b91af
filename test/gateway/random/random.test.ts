import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finder } from "../find.ts";
import { Ledger } from "../oracle.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";
import { wideRoles } from "../evasions/play.ts";
import { scripts, type Script } from "./statements.ts";
import { Trial } from "./trial.ts";

const desk = { customers: 30, agents: 4, seed: 3, markers: true };
const seed = 20_260_131;
const count = 150;

function take(from: number, length: number): readonly Script[] {
  const source = scripts(from);
  return Array.from({ length }, () => source.next().value as Script);
}

describe("random statements", () => {
  let postgres: Postgres | null = null;
  let gateway: RunningGateway | null = null;
  const ledger = new Ledger(1, 2);
  beforeAll(async () => {
    postgres = await startPostgres(desk);
    gateway = await startThrough({ postgres, roles: wideRoles(wideRole), record: ledger.record });
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  it("are the same for the same seed", () => {
    expect(take(seed, 50)).toEqual(take(seed, 50));
    expect(take(seed + 1, 50)).not.toEqual(take(seed, 50));
  });

  it("are mostly understood by the bare server, let markers out there, and the oracle sees them", async () => {
    const trial = new Trial({
      postgres: postgres!,
      address: postgres!,
      ledger: new Ledger(),
      finder: finder(desk),
    });
    for (const [at, script] of take(seed, count).entries()) await trial.one(script, at);
    await trial.end();
    expect(trial.tally.answered / count).toBeGreaterThan(0.6);
    expect(trial.tally.marked / count).toBeGreaterThan(0.3);
    expect(trial.tally.unrecorded.length).toBeGreaterThan(count);
  });

  it("let nothing out of the gateway that isn't recorded", async () => {
    const trial = new Trial({ postgres: postgres!, address: gateway!.address, ledger, finder: finder(desk) });
    for (const [at, script] of take(seed, count).entries()) await trial.one(script, at);
    await trial.end();
    expect(trial.tally.unrecorded).toEqual([]);
    expect(trial.tally.broken).toEqual([]);
    expect(trial.tally.refusedHarmless).toBeLessThan(0.1 * trial.tally.harmless);
  });
});
