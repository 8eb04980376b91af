import { logBeta, logChoose, logSumExp } from "../../stats/index.ts";
import type { KnowledgeNode } from "./knowledge.ts";
import { byChance, excessOf, type WeighedHit } from "./likelihood.ts";
import { mixtureLog, type MixturePrior } from "./mixture.ts";
import type { ShareNode } from "./nodes.ts";
import { type Calls, type HitExcesses, kinds, onsetLog, onsetOf } from "./onset.ts";

/** An account's channel, with its log evidence at each knowledge node. */
export interface Candidate {
  readonly actor: string;
  readonly hits: readonly WeighedHit[];
  readonly logs: readonly number[];
  /** What was taken off the log evidence, since chance brings as much. */
  readonly over: number;
  /** What its prior is worth beside the mean account's: its log is in `logs`. */
  readonly weight: number;
  /** For each report, the chance of a hit times its ratio. */
  readonly chances: () => ArrayLike<number>;
}

/** Accounts working together, and the log of prior times evidence, at each knowledge node. */
export interface AccountSet {
  readonly actors: readonly string[];
  readonly logs: readonly number[];
}

export interface SetContext {
  readonly accounts: number;
  readonly calls: Calls;
  /** As many calls of whose callers nothing is said. */
  readonly silent: Calls;
  /** The same calls, where the leak had begun before the first. */
  readonly fromStart: Calls;
  readonly nodes: readonly KnowledgeNode[];
  readonly shares: readonly ShareNode[];
  readonly prior: MixturePrior;
  /** P(1 account), P(2), ... */
  readonly sizes: readonly number[];
}

/** Accounts that sets of two and more are built from, and sets of each size that are grown further. */
const candidatesMax = 12;
const beamWidth = 6;
/** The evidence (in logs) that the best set may lose by taking in one more account, and still be grown further. */
const worseMax = 3;
/** Sets this much less likely (in logs) than the best set are not grown. */
const beamDepth = 14;

/**
 * Every single account, then sets of two to five of the best candidates, grown greedily: from each size the best few go on. A set stands
 * for itself and for itself with further accounts that no report points to.
 */
export function accountSets(candidates: readonly Candidate[], context: SetContext): readonly AccountSet[] {
  const singles = candidates.map((one): GrowingSet => ({ members: [one], logs: one.logs }));
  const priorOf = logPriors(Math.min(candidatesMax, candidates.length), context);
  const sets: AccountSet[] = singles.map((set) => finish(set, priorOf));
  const best = likeliest(singles, candidatesMax);
  let beam = best;
  for (let size = 2; size <= context.sizes.length && beam.length > 0; size++) {
    const grown = grow(beam, best, context);
    sets.push(...grown.map((set) => finish(set, priorOf)));
    const top = Math.max(...grown.map((set) => logSumExp(set.logs)));
    // Where one more account explains nothing more, two more won't.
    if (top < Math.max(...beam.map((set) => logSumExp(set.logs))) - worseMax) break;
    beam = likeliest(
      grown.filter((set) => logSumExp(set.logs) > top - beamDepth),
      beamWidth,
    );
  }
  return sets;
}

/** The likeliest first; equal ones in the order they came in. */
function likeliest(sets: readonly GrowingSet[], most: number): readonly GrowingSet[] {
  return sets
    .map((set) => ({ set, log: logSumExp(set.logs) }))
    .sort((a, b) => b.log - a.log)
    .slice(0, most)
    .map(({ set }) => set);
}

interface GrowingSet {
  readonly members: readonly Candidate[];
  readonly logs: readonly number[];
}

function grow(
  beam: readonly GrowingSet[],
  best: readonly GrowingSet[],
  context: SetContext,
): readonly GrowingSet[] {
  const grown = new Map<string, GrowingSet>();
  for (const set of beam) {
    const explained = new Set(set.members.flatMap(({ hits }) => hits.map(({ report }) => report)));
    for (const { members } of best) {
      const [added] = members;
      if (added === undefined || !explainsMore(explained, added)) continue;
      const together = [...set.members, added];
      const key = together
        .map((member) => member.actor)
        .sort()
        .join("\n");
      if (grown.has(key)) continue;
      const logs = togetherLogs(together, set.logs, context);
      grown.set(key, { members: together, logs });
    }
  }
  return [...grown.values()];
}

/** An account whose every hit is also one of the others adds nothing: it stands among the silent ones. */
function explainsMore(explained: ReadonlySet<number>, added: Candidate): boolean {
  return added.hits.some((hit) => !explained.has(hit.report));
}

/** Knowledge nodes that weigh this much less (in logs) for a set's first members are not worked out anew for the grown set. */
const nodeDepth = 3;

function togetherLogs(
  members: readonly Candidate[],
  before: readonly number[],
  context: SetContext,
): readonly number[] {
  const top = Math.max(...before);
  const hits = members.map((member) => member.hits);
  const best = before.indexOf(top);
  const weight = members.reduce((product, member) => product * member.weight, 1);
  let change = -Infinity;
  // When the leak began is worked out at the likeliest node: it hardly differs between nodes, and would be most of the time.
  let gain = 0;
  const logs = before.map((log, i) => {
    const node = context.nodes[i];
    if (node === undefined || log < top - nodeDepth) return Number.NaN;
    const { log: together, split } = mixtureLog(hits, context.calls.counts, node, context.prior);
    const even = together + Math.log(weight);
    if (i === best) gain = onsetGain(splitExcesses(hits, split, node), node, context);
    if (i === best && members.some(({ over }) => over > 0))
      gain -= byChance(splitChances(members, split), {
        calls: context.silent,
        shares: context.shares,
        weight,
      });
    change = Math.max(change, even - log);
    return even;
  });
  return logs.map((log, i) => gain + (Number.isNaN(log) ? (before[i] ?? -Infinity) + change : log));
}

/** The reports that any of the channels hit, as of one channel through which each has its part of the leak. */
function splitExcesses(
  channels: readonly (readonly WeighedHit[])[],
  split: readonly number[],
  node: KnowledgeNode,
): HitExcesses {
  const found = new Map<number, { readonly kind: number; excess: number }>();
  for (const [i, hits] of channels.entries())
    for (const hit of hits) {
      const { report, knowledge } = hit;
      const before = found.get(report) ?? { kind: kinds.indexOf(knowledge), excess: 0 };
      found.set(report, before);
      before.excess += (split[i] ?? 0) * excessOf(hit, node);
    }
  const reports = [...found.keys()].sort((a, b) => a - b);
  return {
    reports,
    kinds: reports.map((report) => found.get(report)?.kind ?? 0),
    excesses: reports.map((report) => found.get(report)?.excess ?? 0),
  };
}

/** For each report, the chance of a hit times its ratio, as of one channel. */
function splitChances(members: readonly Candidate[], split: readonly number[]): Float64Array {
  const each = members.map((member) => member.chances());
  return Float64Array.from({ length: each[0]?.length ?? 0 }, (_, report) =>
    each.reduce((sum, chances, i) => sum + (split[i] ?? 0) * (chances[report] ?? 0), 0),
  );
}

/** What it adds to the log evidence that a leak may begin late, for a channel of these hits. */
function onsetGain(hits: HitExcesses, node: KnowledgeNode, context: SetContext): number {
  const { calls, fromStart, shares } = context;
  return onsetLog(hits, onsetOf(calls, node, shares)) - onsetLog(hits, onsetOf(fromStart, node, shares));
}

type PriorOf = (live: number, hit: number) => number;

function finish({ members, logs }: GrowingSet, priorOf: PriorOf): AccountSet {
  const prior = priorOf(members.length, hitReports(members));
  return { actors: members.map((member) => member.actor), logs: logs.map((log) => log + prior) };
}

function hitReports(members: readonly Candidate[]): number {
  const [only, ...more] = members;
  if (only !== undefined && more.length === 0) return only.hits.length;
  return new Set(members.flatMap(({ hits }) => hits.map(({ report }) => report))).size;
}

/** `logPrior`, worked out once for each number of accounts and of reports hit: thousands of accounts have the same few. */
function logPriors(named: number, context: SetContext): PriorOf {
  const known = new Map<number, number>();
  const reports = 1 + context.calls.knowledge.length;
  return (live, hit) => {
    const key = live * reports + hit;
    const found = known.get(key) ?? logPrior(live, { named, hit }, context);
    known.set(key, found);
    return found;
  };
}

/**
 * The log prior of `live` named accounts that hit so many reports, with or without silent ones (beyond the `named` ones that sets are
 * grown from). A silent account's part of the leak produced no report: with an even split that factor is a ratio of beta functions, where
 * every hit counts as leaked.
 */
function logPrior(
  live: number,
  { named, hit }: { readonly named: number; readonly hit: number },
  { accounts, sizes }: Pick<SetContext, "accounts" | "sizes">,
): number {
  const others = Math.max(0, accounts - named);
  const terms = sizes.map((probability, i) => {
    const silent = i + 1 - live;
    if (silent < 0 || probability === 0) return -Infinity;
    const ways = logChoose(others, silent) - logChoose(Math.max(accounts, i + 1), i + 1);
    const quiet = silent === 0 ? 0 : logBeta(silent, live + hit) - logBeta(silent, live);
    return Math.log(probability) + ways + quiet;
  });
  return logSumExp(terms);
}
