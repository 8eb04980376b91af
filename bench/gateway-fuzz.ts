/**
 * Random conversations of protocol messages, pieces of them at a time: of nobody's data the gateway must say what the bare server says,
 * message by message; of customers' data nothing may come that is not on record. Prints what was tried and every deviation.
 * Run: npm run bench -- gateway-fuzz [--minutes M] [--seed S]
 */
import * as fc from "fast-check";
import {
  guardedConversations,
  harmlessConversations,
  type Said,
} from "../test/gateway/abuse/interleavings.ts";
import { startTrials } from "../test/gateway/abuse/trials.ts";

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const until = Date.now() + option("minutes", process.argv.includes("--short") ? 0.5 : 10) * 60_000;
const trials = await startTrials();
const tally = { harmless: 0, deviations: 0, guarded: 0, unrecorded: 0 };
const pieces = [1, 3, 100];

const words = (said: readonly Said[]): string => said.map(({ text }) => text).join(" | ");

for (let seed = option("seed", 1); Date.now() < until; seed++) {
  const piece = pieces[seed % pieces.length] ?? 1;
  const [harmless = []] = fc.sample(harmlessConversations, { seed, numRuns: 1 });
  const [guarded = []] = fc.sample(guardedConversations, { seed, numRuns: 1 });
  const { bare, through } = await trials.compare(harmless, piece);
  tally.harmless++;
  const at = bare.findIndex((message, index) => message !== through[index]);
  if (at >= 0) {
    tally.deviations++;
    console.log(
      `DEVIATION (seed ${seed}, ${piece} at a time): ${bare[at]} became ${through[at]}\n  ${words(harmless)}`,
    );
  }
  const wrong = await trials.unrecorded(guarded, piece);
  tally.guarded++;
  if (wrong.length > 0) {
    tally.unrecorded++;
    console.log(
      `WRONG (seed ${seed}, ${piece} at a time): ${JSON.stringify(wrong.slice(0, 3))}\n  ${words(guarded)}`,
    );
  }
}
console.log(`conversations of nobody's data  ${tally.harmless}, of which deviate ${tally.deviations}`);
console.log(
  `conversations of customers' data ${tally.guarded}, of which wrong ${tally.unrecorded} (must be 0)`,
);
await trials.stop();
process.exitCode = tally.unrecorded === 0 ? 0 : 1;
