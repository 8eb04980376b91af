import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";
import { Fuzz } from "./rounds.ts";

/** As many as a test run can bear; `npm run bench -- gateway-fuzz` goes on for as long as it is told to. */
const rounds = 25;
let fuzz: Fuzz;

beforeAll(async () => {
  fuzz = await Fuzz.start((postgres, ledgers) =>
    startThrough({
      postgres,
      roles: Object.fromEntries(ledgers.actors.map((actor) => [actor, wideRole])),
      record: ledgers.record,
    }),
  );
}, 60_000);

afterAll(async () => {
  await fuzz.stop();
});

describe("whatever clients and the server garble", () => {
  it("nothing leaves without a record, and whoever behaves is served", async () => {
    let sighted = 0;
    for (let seed = 1; seed <= rounds; seed++) {
      const round = await fuzz.round(seed);
      sighted += round.sighted;
      expect(round, `seed ${seed}`).toMatchObject({ unrecorded: [], wrong: [] });
    }
    // Else it would be no trial: in each round customers were seen, and messages were garbled.
    expect(sighted).toBeGreaterThanOrEqual(2 * rounds);
    expect(fuzz.mangled).toBeGreaterThan(rounds);
  }, 300_000);
});
