/**
 * Random conversations of protocol messages, pieces of them at a time, on the bare server and through the gateway: message by message
 * they must say the same, unless a rule refuses, and of customers' data nothing may come that is not on record. Prints what was tried
 * and every deviation.
 * Run: npm run bench -- gateway-interleavings [--conversations N] [--minutes M] [--seed S] [--lanes L] [--only N,N] [--show] [--short]
 */
import * as fc from "fast-check";
import {
  guardedConversations,
  harmlessConversations,
  sharedConversations,
} from "../test/gateway/abuse/interleavings.ts";
import type { Said } from "../test/gateway/abuse/said.ts";
import { startTrials, type Tried } from "../test/gateway/abuse/trials.ts";

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const short = process.argv.includes("--short");
const conversationsMax = option("conversations", short ? 300 : 50_000);
const seed = option("seed", 1_000_000);
const lanes = process.argv.includes("--only") ? 1 : option("lanes", 6);
const until = Date.now() + option("minutes", 600) * 60_000;
const started = performance.now();
const trials = await startTrials(lanes);
/** Prints the answers of a conversation that is looked at by itself. */
const show = process.argv.includes("--show");
/** Conversations that are looked at by themselves, in one session after the other. */
const onlyAt = process.argv.indexOf("--only");
const only = onlyAt < 0 ? [] : (process.argv[onlyAt + 1] ?? "").split(",").map(Number);
const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
const tally = {
  conversations: 0,
  messages: 0,
  sighted: 0,
  alike: 0,
  refused: 0,
  early: 0,
  lost: 0,
  internal: 0,
  crashed: 0,
  other: 0,
  wrong: 0,
};
const pieces = [1, 2, 5, 100, 100, 100];

const words = (said: readonly Said[]): string => said.map(({ text }) => text).join(" | ");

function count({ deviation, through, sighted, wrong }: Tried, what: string): void {
  tally.conversations++;
  tally.messages += through.length;
  if (sighted) tally.sighted++;
  tally[deviation === null ? "alike" : deviation.kind]++;
  if (deviation?.kind === "other" || deviation?.kind === "crashed")
    console.log(
      `DEVIATION ${JSON.stringify(deviation.bare)} became ${JSON.stringify(deviation.through)}: ${what}`,
    );
  if (wrong.length === 0) return;
  tally.wrong++;
  console.log(`WRONG ${JSON.stringify(wrong.slice(0, 3))}: ${what}`);
}

/** Six of ten speak of customers; one of twenty makes tables for everybody. */
function kindOf(at: number): typeof guardedConversations {
  if (at % 20 === 0) return sharedConversations;
  return at % 10 < 4 ? harmlessConversations : guardedConversations;
}

let next = 0;
function following(): number | null {
  if (only.length > 0) return only[next++] ?? null;
  return next < conversationsMax && Date.now() < until ? seed + next++ : null;
}

async function lane(number: number): Promise<void> {
  let before: number[] = [];
  for (let at = following(); at !== null; at = following()) {
    const piece = pieces[at % pieces.length] ?? 1;
    const [said = []] = fc.sample(kindOf(at), { seed: at, numRuns: 1 });
    const tried = await trials.attempt(said, piece, number);
    before = tried.first ? [at] : [...before, at];
    if (show) console.log(["bare:", ...tried.bare, "through:", ...tried.through].join("\n  "));
    count(tried, `(--only ${before.join()}; ${piece} at a time) ${words(said)}`);
    if (tally.conversations % 1000 === 0) console.log(`${seconds()} s: ${JSON.stringify(tally)}`);
  }
}

await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
console.log(
  `conversations          ${tally.conversations} in ${seconds()} s, seed ${seed}, ${lanes} at a time`,
);
console.log(
  `messages of answers    ${tally.messages}; conversations in which customers were seen ${tally.sighted}`,
);
console.log(`wrong (unrecorded marker, stopped session, trouble): ${tally.wrong} (must be 0)`);
console.log(`message by message as the bare server's: ${tally.alike}`);
console.log(`so up to a refusal by rule: ${tally.refused}; up to a name unknown at Parse: ${tally.early}`);
console.log(
  `up to an internal error of the server's: ${tally.internal}; up to a connection that the server ended: ${tally.lost}; up to a crash of the server's: ${tally.crashed}`,
);
console.log(`otherwise different: ${tally.other}`);
await trials.stop();
process.exitCode = tally.wrong === 0 ? 0 : 1;
