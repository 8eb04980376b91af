import type { Knowledge, UsedReport } from "./evidence.ts";
import type { KnowledgeNode } from "./knowledge.ts";
import type { ShareNode } from "./nodes.ts";

export type KnowledgeCounts = Readonly<Record<Knowledge, number>>;

export const kinds = ["exclusive", "much", "little", "unsaid"] as const;

export function countKnowledge(items: readonly { readonly knowledge: Knowledge }[]): KnowledgeCounts {
  const counts = { exclusive: 0, much: 0, little: 0, unsaid: 0 };
  for (const item of items) counts[item.knowledge]++;
  return counts;
}

/**
 * What every story hears: the reports in the order of the calls. `fromStart`: as if the leak had begun before the first of them, and
 * need not have produced any.
 */
export interface Calls {
  readonly knowledge: readonly Knowledge[];
  readonly counts: KnowledgeCounts;
  readonly fromStart: boolean;
}

export function callsOf(reports: readonly Pick<UsedReport, "knowledge">[], fromStart: boolean): Calls {
  return {
    knowledge: reports.map((report) => report.knowledge),
    counts: countKnowledge(reports),
    fromStart,
  };
}

/**
 * When a leak began: before any of the reports, each alike, and the calls before it are all background. So reports that miss a channel weigh
 * less before its first hit than among its hits. And a leak that produced none of the reports is no leak to them: at least one is the leak's.
 *
 * What is the same for every channel, at each share node, against the background's chances: the factors of a report that misses the
 * channel; the sum over beginnings up to each report of the prior over the product of the misses until then, which spans more
 * than a double does and so comes with a power of `blockSize`; and the whole where every report misses.
 */
export interface Onset {
  readonly reports: number;
  readonly nodes: number;
  /** By kind of knowledge and share node: what a unit of a hit's excess adds to its factor, over a miss's. */
  readonly gains: Float64Array;
  /** The log of the node's weight, of the background's chances and of the misses' factors over all reports. */
  readonly base: Float64Array;
  /** By share node and report. */
  readonly begun: Float64Array;
  readonly block: Int16Array;
  /** By share node: the whole of a channel that every report misses, over the misses' factors. */
  readonly missing: Float64Array;
  readonly missingBlock: Int16Array;
  /** The prior probability that the leak produced none of the reports, which is left out. */
  readonly none: number;
}

const blockSize = 2 ** 480;
const blockLog = Math.log(blockSize);
interface Kept {
  readonly shares: readonly ShareNode[];
  readonly onset: Onset;
}

const kept = new WeakMap<Calls, Map<KnowledgeNode, Kept>>();

export function onsetOf(calls: Calls, node: KnowledgeNode, shares: readonly ShareNode[]): Onset {
  const ofCalls = kept.get(calls) ?? new Map<KnowledgeNode, Kept>();
  kept.set(calls, ofCalls);
  const before = ofCalls.get(node);
  if (before?.shares === shares) return before.onset;
  const onset = makeOnset(calls, node, shares);
  ofCalls.set(node, { shares, onset });
  return onset;
}

function makeOnset(calls: Calls, node: KnowledgeNode, shares: readonly ShareNode[]): Onset {
  const { knowledge, counts, fromStart } = calls;
  const reports = knowledge.length;
  const missed = Float64Array.from(
    kinds.flatMap((kind) =>
      shares.map(({ share }) => 1 - share + (share * node.leakMissed[kind]) / node.background[kind]),
    ),
  );
  const background = kinds.reduce((sum, kind) => sum + counts[kind] * Math.log(node.background[kind]), 0);
  const none = fromStart ? 0 : nothingLeaked(reports, shares);
  const plain = Float64Array.from(shares, ({ logWeight }) => logWeight + background - Math.log(1 - none));
  const base = plain.map((log, i) =>
    kinds.reduce((sum, kind, k) => sum + counts[kind] * Math.log(missed[k * shares.length + i] ?? 1), log),
  );
  const begun = new Float64Array(shares.length * reports);
  const block = new Int16Array(shares.length * reports);
  const missing = new Float64Array(shares.length);
  const missingBlock = new Int16Array(shares.length);
  for (const [i, { share }] of shares.entries()) {
    const misses = Float64Array.from(
      knowledge,
      (kind) => missed[kinds.indexOf(kind) * shares.length + i] ?? 1,
    );
    sumBeginnings(misses, fromStart, { begun, block, from: i * reports });
    const log = missingLog(misses, share, fromStart) + (plain[i] ?? 0) - (base[i] ?? 0);
    const power = Math.max(0, Math.ceil(log / blockLog));
    missing[i] = Math.exp(log - power * blockLog);
    missingBlock[i] = power;
  }
  const gains = missed.map((miss, at) => (shares[at % shares.length]?.share ?? 0) / miss);
  return { reports, nodes: shares.length, gains, base, begun, block, missing, missingBlock, none };
}

/** The prior of a beginning before a report. */
function beginning(report: number, reports: number, fromStart: boolean): number {
  return fromStart ? (report === 0 ? 1 : 0) : 1 / reports;
}

/** The prior probability that a leak has produced none of the reports. */
function nothingLeaked(reports: number, shares: readonly ShareNode[]): number {
  if (reports === 0) return 0;
  return shares.reduce((sum, { share, logWeight }) => {
    let none = 0;
    for (let report = 0; report < reports; report++) none = (none + 1 / reports) * (1 - share);
    return sum + Math.exp(logWeight) * none;
  }, 0);
}

function sumBeginnings(
  misses: Float64Array,
  fromStart: boolean,
  { begun, block, from }: { readonly begun: Float64Array; readonly block: Int16Array; readonly from: number },
): void {
  // `factor`: one over the product of the misses before this report. It and the sum share a block.
  let [sum, factor, power] = [0, 1, 0];
  for (let report = 0; report < misses.length; report++) {
    const prior = beginning(report, misses.length, fromStart);
    if (prior > 0) sum += prior * factor;
    if (sum > blockSize) [sum, factor, power] = [sum / blockSize, factor / blockSize, power + 1];
    begun[from + report] = sum;
    block[from + report] = power;
    factor /= misses[report] ?? 1;
  }
}

/**
 * The log of the sum over beginnings of the prior times the product of the misses since, less the part in which nothing leaked; where the
 * leak began before the first report, with it. Kept in range by taking logs now and then.
 */
function missingLog(misses: Float64Array, share: number, fromStart: boolean): number {
  // Without any report nothing is left out.
  if (misses.length === 0) return 0;
  let [log, idle, leaking] = [0, 0, 0];
  for (let report = 0; report < misses.length; report++) {
    const miss = misses[report] ?? 1;
    const prior = beginning(report, misses.length, fromStart);
    const begun = prior === 0 ? idle : idle + prior * Math.exp(-log);
    leaking = leaking * miss + begun * (miss - (1 - share));
    idle = begun * (1 - share);
    const size = idle + leaking;
    if (size > 1e100 || size < 1e-100)
      [log, idle, leaking] = [log + Math.log(size), idle / size, leaking / size];
  }
  return log + Math.log(fromStart ? idle + leaking : leaking);
}

/** The reports that a channel hits, in the order of the calls: P(report | leak) over P(report | background), less that of a miss. */
export interface HitExcesses {
  readonly reports: number[];
  /** Places in `kinds`. */
  readonly kinds: number[];
  readonly excesses: number[];
}

/** The integrand at each share node. */
export function onsetTerms(hits: HitExcesses, onset: Onset): readonly number[] {
  const terms = new Float64Array(onset.nodes);
  fillTerms(hits, onset, terms);
  return [...terms];
}

/** The log of the sum of `onsetTerms`. Thousands of accounts are asked for nothing else, so their terms share one array. */
export function onsetLog(hits: HitExcesses, onset: Onset): number {
  if (scratch.length !== onset.nodes) scratch = new Float64Array(onset.nodes);
  const terms = scratch;
  const top = fillTerms(hits, onset, terms);
  let sum = 0;
  for (let i = 0; i < terms.length; i++) {
    const below = (terms[i] ?? 0) - top;
    if (below > negligible) sum += Math.exp(below);
  }
  return top + Math.log(sum);
}

let scratch = new Float64Array(0);
/** A term this far below the largest, in logs, is lost in rounding. */
const negligible = -40;

/**
 * Fills in the terms, and returns the largest. By Horner's rule over the hits: a beginning before a hit gains the hit's factor over a
 * miss's. So the cost is the number of hits, and no term is negative.
 */
function fillTerms(
  { reports, kinds: ofKind, excesses }: HitExcesses,
  onset: Onset,
  terms: Float64Array,
): number {
  const { reports: size, nodes, gains, base, begun, block, missing, missingBlock } = onset;
  const count = reports.length;
  let top = -Infinity;
  for (let i = 0; i < nodes; i++) {
    let gained = 0;
    // `gained` is in units of so many blocks.
    let power = 0;
    for (let hit = 0; hit < count; hit++) {
      const gain = (excesses[hit] ?? 0) * (gains[(ofKind[hit] ?? 0) * nodes + i] ?? 0);
      const place = i * size + (reports[hit] ?? 0);
      const at = block[place] ?? 0;
      for (; power < at; power++) gained /= blockSize;
      let sum = begun[place] ?? 0;
      if (power > at) sum *= blockSize ** (at - power);
      gained += (gained + sum) * gain;
      if (gained > blockSize) {
        gained /= blockSize;
        power++;
      }
    }
    const at = missingBlock[i] ?? 0;
    for (; power < at; power++) gained /= blockSize;
    const rest = (missing[i] ?? 0) * (power === at ? 1 : blockSize ** (at - power));
    const term = (base[i] ?? 0) + Math.log(gained + rest) + power * blockLog;
    terms[i] = term;
    if (term > top) top = term;
  }
  return top;
}
