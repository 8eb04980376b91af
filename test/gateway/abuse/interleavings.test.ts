import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTrials, type Trials } from "./trials.ts";
import { guardedConversations, harmlessConversations } from "./interleavings.ts";
import type { Said } from "./said.ts";

/** As many as a test run can bear; `npm run bench -- gateway-interleavings` tries for as long as it is told to. */
const numRuns = 60;
let trials: Trials;

beforeAll(async () => {
  trials = await startTrials();
}, 60_000);

afterAll(async () => {
  await trials.stop();
});

const words = (said: readonly Said[]): string => said.map(({ text }) => text).join(" | ");

const pieces = fc.constantFrom(1, 3, 100);

describe("whatever is said in whatever order", () => {
  it.each([
    ["customers' data", guardedConversations],
    ["nobody's data", harmlessConversations],
  ])(
    "of %s nothing comes that is not on record, and the server's answers come as it gave them",
    async (_, conversations) => {
      await fc.assert(
        fc.asyncProperty(conversations, pieces, async (said, piece) => {
          const { deviation, wrong } = await trials.attempt(said, piece);
          expect(wrong, words(said)).toEqual([]);
          if (deviation?.kind === "other") expect(deviation, words(said)).toBeNull();
        }),
        { numRuns, seed: 20261, endOnFailure: true },
      );
    },
    180_000,
  );
});
