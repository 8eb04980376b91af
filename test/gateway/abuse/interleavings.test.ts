import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTrials, type Trials } from "./trials.ts";
import { guardedConversations, type Said } from "./interleavings.ts";

/** As many as a test run can bear; `npm run bench -- gateway-fuzz` tries for as long as it is told to. */
const numRuns = 50;
let trials: Trials;

beforeAll(async () => {
  trials = await startTrials();
}, 60_000);

afterAll(async () => {
  await trials.stop();
});

const words = (said: readonly Said[]): string => said.map(({ text }) => text).join(" | ");

const pieces = fc.constantFrom(1, 3, 100);

it("of customers' data nothing comes that is not on record, whatever is said in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(guardedConversations, pieces, async (said, piece) => {
      expect(await trials.unrecorded(said, piece), words(said)).toEqual([]);
    }),
    { numRuns, seed: 20261, endOnFailure: false },
  );
}, 180_000);
