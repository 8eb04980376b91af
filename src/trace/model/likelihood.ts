import { logSumExp } from "../../stats/index.ts";
import type { Knowledge, UsedReport } from "./evidence.ts";
import { type KnowledgeNode, missedShare } from "./knowledge.ts";
import type { ShareNode } from "./nodes.ts";

/** A hit as the model sees it: which report, what its caller knew, and its likelihood ratio. */
export interface WeighedHit {
  readonly report: number;
  readonly knowledge: Knowledge;
  readonly shown: boolean;
  readonly ratio: number;
}

export type KnowledgeCounts = Readonly<Record<Knowledge, number>>;

export const kinds = ["exclusive", "much", "little", "unsaid"] as const;

export function countKnowledge(items: readonly { readonly knowledge: Knowledge }[]): KnowledgeCounts {
  const counts = { exclusive: 0, much: 0, little: 0, unsaid: 0 };
  for (const item of items) counts[item.knowledge]++;
  return counts;
}

/** log P(what callers knew | every call is background). */
export function backgroundLog(counts: KnowledgeCounts, node: KnowledgeNode): number {
  return kinds.reduce((sum, kind) => sum + counts[kind] * Math.log(node.background[kind]), 0);
}

/**
 * The log Bayes factor of a channel times P(knowledge): the log of the integral over the leak share of
 * prod_r ((1 - share) P(knew | background) + share ratio_r P(knew | leak)), at one knowledge node.
 */
export function channelLog(
  hits: readonly WeighedHit[],
  reports: KnowledgeCounts,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): number {
  return logSumExp(shareTerms(hits, reports, node, shares));
}

/** The integrand at each share node. Misses of one kind of knowledge have equal factors, so the cost is the number of hits. */
export function shareTerms(
  hits: readonly WeighedHit[],
  reports: KnowledgeCounts,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): readonly number[] {
  const misses = missesLogs(countKnowledge(hits), reports, node, shares);
  // Plain arrays: most accounts have one hit or two, and a typed array costs more to make than to use.
  const background: number[] = [];
  const leak: number[] = [];
  for (const hit of hits) {
    background.push(node.background[hit.knowledge]);
    leak.push(leakFactor(hit, node));
  }
  const terms: number[] = [];
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]?.share ?? 0;
    // Products of up to eight factors are taken before one logarithm: it is most of the tracer's time.
    let sum = misses[i] ?? 0;
    let product = 1;
    for (let at = 0; at < leak.length; at++) {
      product *= (1 - share) * (background[at] ?? 0) + share * (leak[at] ?? 0);
      if (at % 8 === 7) {
        sum += Math.log(product);
        product = 1;
      }
    }
    terms.push(sum + Math.log(product));
  }
  return terms;
}

interface MissedLogs {
  readonly shares: readonly ShareNode[];
  readonly logs: readonly number[];
  readonly reports: KnowledgeCounts;
  /** By how many reports of each kind hit: thousands of accounts have the same few counts. */
  readonly sums: Map<number, readonly number[]>;
}

const missedKnown = new WeakMap<KnowledgeNode, MissedLogs>();

/** For each kind of knowledge and share node, the log of the factor of a report that misses the channel: the same for every channel. */
function missedLogs(node: KnowledgeNode, shares: readonly ShareNode[], reports: KnowledgeCounts): MissedLogs {
  const known = missedKnown.get(node);
  if (known?.shares === shares && known.reports === reports) return known;
  const logs = kinds.flatMap((kind) =>
    shares.map(({ share }) => Math.log((1 - share) * node.background[kind] + share * node.leakMissed[kind])),
  );
  const missed = { shares, logs, reports, sums: new Map<number, readonly number[]>() };
  missedKnown.set(node, missed);
  return missed;
}

/** At each share node: the log of its weight and of the factors of all reports that miss the channel. */
function missesLogs(
  hits: KnowledgeCounts,
  reports: KnowledgeCounts,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): readonly number[] {
  const { logs, sums } = missedLogs(node, shares, reports);
  // One number for the four counts: each is at most the reports of its kind.
  const key = kinds.reduce((sum, kind) => sum * (reports[kind] + 1) + hits[kind], 0);
  const known = sums.get(key);
  if (known !== undefined) return known;
  const misses = kinds.map((kind) => reports[kind] - hits[kind]);
  const found = shares.map(({ logWeight }, i) =>
    misses.reduce(
      (sum, count, k) => (count > 0 ? sum + count * (logs[k * shares.length + i] ?? 0) : sum),
      logWeight,
    ),
  );
  sums.set(key, found);
  return found;
}

/** P(this report | it came through the channel), against the background's chance of the customer. */
export function leakFactor(hit: WeighedHit, node: KnowledgeNode): number {
  const known = (hit.shown ? node.leak : node.leakUnshown)[hit.knowledge];
  return (1 - missedShare) * hit.ratio * known + node.leakMissed[hit.knowledge];
}

/** The hits of a channel, weighed. */
export function weigh(
  hits: readonly { readonly report: number; readonly shown: boolean }[],
  ratioOf: (report: number) => number,
  reports: readonly UsedReport[],
): readonly WeighedHit[] {
  return hits.map(({ report, shown }) => ({
    report,
    shown,
    knowledge: reports[report]?.knowledge ?? "unsaid",
    ratio: ratioOf(report),
  }));
}
