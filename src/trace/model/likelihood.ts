import type { Knowledge, UsedReport } from "./evidence.ts";
import { type KnowledgeNode, knowledgeNodes, missedShare } from "./knowledge.ts";
import type { ShareNode } from "./nodes.ts";
import {
  type Calls,
  callsOf,
  type HitExcesses,
  kinds,
  type KnowledgeCounts,
  type Onset,
  onsetLog,
  onsetOf,
  onsetTerms,
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
  return onsetLog(excesses(hits, node), onsetOf(calls, node, shares));
}

/** The integrand at each share node, which is the share of the reports since the leak began. */
export function shareTerms(
  hits: readonly WeighedHit[],
  calls: Calls,
  node: KnowledgeNode,
  shares: readonly ShareNode[],
): readonly number[] {
  return onsetTerms(excesses(hits, node), onsetOf(calls, node, shares));
}

function excesses(hits: readonly WeighedHit[], node: KnowledgeNode): HitExcesses {
  // Plain arrays: most accounts have one hit or two, and a typed array costs more to make than to use.
  const found: HitExcesses = { reports: [], kinds: [], excesses: [] };
  for (const hit of hits) {
    found.reports.push(hit.report);
    found.kinds.push(kinds.indexOf(hit.knowledge));
    found.excesses.push(excessOf(hit, node));
  }
  return found;
}

/** P(this report | it came through the channel), against the background's chance of the customer. */
export function leakFactor(hit: WeighedHit, node: KnowledgeNode): number {
  return shownFactor(hit, node) + node.leakMissed[hit.knowledge];
}

function shownFactor(hit: WeighedHit, node: KnowledgeNode): number {
  return (1 - missedShare) * hit.ratio * (hit.shown ? node.leak : node.leakUnshown)[hit.knowledge];
}

/** What a hit has over a miss, against the background. */
export function excessOf(hit: WeighedHit, node: KnowledgeNode): number {
  return shownFactor(hit, node) / node.background[hit.knowledge];
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

/** What a channel's evidence may come to by chance in the mean, in the order in which the strata did come, before it is held against it. */
const byChanceMax = 8;
const [silent] = knowledgeNodes([]);

/** So many reports of callers of whom nothing is said. */
export function silentCalls(reports: number, fromStart: boolean): Calls {
  const call = { knowledge: "unsaid" as const };
  return callsOf(
    Array.from({ length: reports }, () => call),
    fromStart,
  );
}

/**
 * What is taken off a channel's log evidence: the log of its expected Bayes factor under "no leak", so far as that times the
 * `weight` of its prior is above `byChanceMax` (and above one).
 * Over all orders of the strata that is at most 1, but not in every one: where a channel's shares grow, as of an account that is new or
 * serves other customers now, each late beginning has more hits by chance than the mean of all reports says (of sixty calls, the
 * account that was new halfway and read everyone from then on was named at 0.99). `chances`: of each report, the chance of a hit times its ratio.
 * A hit falls independently, and the factor of a report is linear in it, so the expected Bayes factor is that of the expected hits; what
 * callers know has the same expectation, whatever it is.
 */
export function byChance(
  chances: ArrayLike<number>,
  {
    calls,
    shares,
    weight,
  }: { readonly calls: Calls; readonly shares: readonly ShareNode[]; readonly weight: number },
): number {
  if (silent === undefined) return 0;
  const onset = onsetOf(calls, silent, shares);
  const allowed = Math.log(Math.max(1, byChanceMax / Math.max(1, weight)));
  if (byChanceAtMost(chances, onset) <= allowed) return 0;
  const expected: HitExcesses = { reports: [], kinds: [], excesses: [] };
  for (let report = 0; report < chances.length; report++) {
    expected.reports.push(report);
    expected.kinds.push(kinds.indexOf("unsaid"));
    expected.excesses.push((1 - missedShare) * (chances[report] ?? 0));
  }
  return Math.max(0, onsetLog(expected, onset) - allowed);
}

/**
 * A bound on the log of the expected Bayes factor that costs little: of a leak of any share s that began at any time it is the product of
 * 1 + s x over the reports since, for x what a report is expected to have over one of the background's, and so at most exp(sum of x).
 */
function byChanceAtMost(chances: ArrayLike<number>, { none }: Onset): number {
  let [since, most] = [0, 0];
  for (let report = chances.length - 1; report >= 0; report--) {
    since += (1 - missedShare) * ((chances[report] ?? 0) - 1);
    if (since > most) most = since;
  }
  return Math.log((Math.exp(most) - none) / (1 - none));
}
