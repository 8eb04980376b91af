import { logSumExp } from "../../stats/index.ts";
import type { Knowledge, UsedReport } from "./evidence.ts";
import { type KnowledgeNode, missedShare } from "./knowledge.ts";
import type { ShareNode } from "./nodes.ts";
import {
  blockLog,
  blockSize,
  type Calls,
  kinds,
  type KnowledgeCounts,
  type Onset,
  onsetOf,
} from "./onset.ts";

/** A hit as the model sees it: which report, what its caller knew, and its likelihood ratio. */
export interface WeighedHit {
  readonly report: number;
  readonly knowledge: Knowledge;
  readonly shown: boolean;
  readonly ratio: number;
}

/** log P(what callers knew | every call is background). */
export function backgroundLog(counts: KnowledgeCounts, node: KnowledgeNode): number {
  return kinds.reduce((sum, kind) => sum + counts[kind] * Math.log(node.background[kind]), 0);
}

/**
 * The log Bayes factor of a channel times P(knowledge): the log of the integral over the leak share and the report before which the leak
 * began of prod_r ((1 - share) P(knew | background) + share ratio_r P(knew | leak)) over the reports since, at one knowledge node.
 */
export function channelLog(
  hits: readonly WeighedHit[],
  calls: Calls,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): number {
  return logSumExp(shareTerms(hits, calls, node, shares));
}

/** The integrand at each share node, which is the share of the reports since the leak began. */
export function shareTerms(
  hits: readonly WeighedHit[],
  calls: Calls,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): readonly number[] {
  const factors = hits.map((hit) => ({
    report: hit.report,
    kind: kinds.indexOf(hit.knowledge),
    odds: leakFactor(hit, node) / node.background[hit.knowledge],
  }));
  return onsetTerms(factors, onsetOf(calls, node, shares), shares);
}

/** A report that a channel hits: its kind of knowledge, and P(report | leak) over P(report | background). */
export interface HitFactor {
  readonly report: number;
  readonly kind: number;
  readonly odds: number;
}

/**
 * By Horner's rule over the hits, in the order of the calls: a beginning before a hit gains the hit's factor over a miss's. So the cost is
 * the number of hits, and no term is negative.
 */
export function onsetTerms(
  hits: readonly HitFactor[],
  { reports, missed, base, begun, block, missing, missingBlock }: Onset,
  shares: readonly ShareNode[],
): readonly number[] {
  const terms: number[] = [];
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]?.share ?? 0;
    let gained = 0;
    // Of blocks: `gained` is in units of so many.
    let power = 0;
    for (const hit of hits) {
      const gain = (1 - share + share * hit.odds) / (missed[hit.kind * shares.length + i] ?? 1);
      const place = i * reports + hit.report;
      const at = block[place] ?? 0;
      for (; power < at; power++) gained /= blockSize;
      const sum = (begun[place] ?? 0) * (power === at ? 1 : blockSize ** (at - power));
      gained = gained * gain + sum * (gain - 1);
      if (gained > blockSize) {
        gained /= blockSize;
        power++;
      }
    }
    const at = missingBlock[i] ?? 0;
    for (; power < at; power++) gained /= blockSize;
    const all = gained + (missing[i] ?? 0) * (power === at ? 1 : blockSize ** (at - power));
    terms.push((base[i] ?? 0) + Math.log(all) + power * blockLog);
  }
  return terms;
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
