import { digamma, logGamma } from "../../stats/index.ts";
import type { KnowledgeNode } from "./knowledge.ts";
import { leakFactor, type WeighedHit } from "./likelihood.ts";
import { countKnowledge, kinds, type KnowledgeCounts } from "./onset.ts";

/**
 * Pseudo-counts of the Beta prior of the leak share, which is the same however many accounts leaked; how they split the leak among
 * them is as likely one way as another. (One Dirichlet over background and accounts would say that five accounts leak five sixths of all reports.)
 */
export interface MixturePrior {
  readonly background: number;
  readonly channel: number;
}

const roundsMax = 30;
/** Of the log evidence. */
const tolerance = 5e-3;

/**
 * The log evidence of a set of channels working together at one knowledge node: each report comes from the background or from one of
 * the channels, with unknown shares. The components are known, only the shares are not, so mean-field
 * variational Bayes (Bishop, Pattern Recognition and Machine Learning, 10.2) gives a tight lower bound; a test shows how tight. `split`:
 * how the channels share the leak.
 */
export function mixtureLog(
  channels: readonly (readonly WeighedHit[])[],
  reports: KnowledgeCounts,
  node: KnowledgeNode,
  prior: MixturePrior,
): { readonly log: number; readonly split: readonly number[] } {
  const rows = rowsOf(channels, reports, node);
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  const leak = Float64Array.of(prior.background, prior.channel);
  const split = new Float64Array(channels.length).fill(1);
  let leakPosterior = leak.map((a) => a + total / 2);
  let splitPosterior = split.map((a) => a + total / 2 / channels.length);
  const leakDivergence = divergenceTo(leak);
  const splitDivergence = divergenceTo(split);
  const parts = new Float64Array(channels.length + 1);
  let bound = -Infinity;
  for (let round = 0; round < roundsMax; round++) {
    const leakLogs = expectedLogs(leakPosterior);
    const splitLogs = expectedLogs(splitPosterior);
    const shares = sharesOf(leakLogs, splitLogs);
    const counts = new Float64Array(parts.length);
    let fit = -leakDivergence(leakPosterior, leakLogs) - splitDivergence(splitPosterior, splitLogs);
    for (const row of rows) fit += assign(row, shares, counts, parts);
    const [background = 0] = counts;
    leakPosterior = Float64Array.of(prior.background + background, prior.channel + total - background);
    splitPosterior = split.map((a, i) => a + (counts[i + 1] ?? 0));
    const better = fit - bound;
    bound = Math.max(fit, bound);
    if (better < tolerance) break;
  }
  const whole = splitPosterior.reduce((sum, a) => sum + a, 0);
  return { log: bound, split: [...splitPosterior].map((a) => a / whole) };
}

/** Of the background, then of each channel. */
function sharesOf(ofLeak: Float64Array, split: Float64Array): Float64Array {
  const background = ofLeak[0] ?? 0;
  const leak = ofLeak[1] ?? 0;
  const shares = new Float64Array(split.length + 1);
  shares[0] = Math.exp(background);
  for (let i = 0; i < split.length; i++) shares[i + 1] = Math.exp(leak + (split[i] ?? 0));
  return shares;
}

/** Reports of equal likelihoods: one that some channel hits, or all of one kind of knowledge that none does. */
interface Row {
  readonly weight: number;
  readonly likelihoods: Float64Array;
}

function rowsOf(
  channels: readonly (readonly WeighedHit[])[],
  reports: KnowledgeCounts,
  node: KnowledgeNode,
): readonly Row[] {
  const hit = new Map<number, Row & { readonly knowledge: WeighedHit["knowledge"] }>();
  const blank = (kind: WeighedHit["knowledge"]): Float64Array => {
    const likelihoods = new Float64Array(channels.length + 1).fill(node.leakMissed[kind]);
    likelihoods[0] = node.background[kind];
    return likelihoods;
  };
  for (const [i, hits] of channels.entries())
    for (const one of hits) {
      const row = hit.get(one.report) ?? {
        weight: 1,
        knowledge: one.knowledge,
        likelihoods: blank(one.knowledge),
      };
      hit.set(one.report, row);
      row.likelihoods[i + 1] = leakFactor(one, node);
    }
  const counts = countKnowledge([...hit.values()]);
  const missed = kinds.map((kind) => ({ weight: reports[kind] - counts[kind], likelihoods: blank(kind) }));
  return [...hit.values(), ...missed.filter(({ weight }) => weight > 0)];
}

/** Shares a row among the components, adds the parts to `counts`, and returns the log of their sum. */
function assign(row: Row, shares: Float64Array, counts: Float64Array, parts: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = (shares[i] ?? 0) * (row.likelihoods[i] ?? 0);
    parts[i] = part;
    sum += part;
  }
  for (let i = 0; i < parts.length; i++) counts[i] = (counts[i] ?? 0) + (row.weight * (parts[i] ?? 0)) / sum;
  return row.weight * Math.log(sum);
}

function expectedLogs(alpha: Float64Array): Float64Array {
  const whole = digamma(alpha.reduce((sum, a) => sum + a, 0));
  return alpha.map((a) => digamma(a) - whole);
}

/** Kullback-Leibler divergence of a Dirichlet distribution from this one, given the first one's expected logs. */
function divergenceTo(to: Float64Array): (from: Float64Array, logs: Float64Array) => number {
  const whole = logGamma(to.reduce((a, b) => a + b, 0));
  const each = to.map(logGamma);
  return (from, logs) => {
    let sum = logGamma(from.reduce((a, b) => a + b, 0)) - whole;
    for (let i = 0; i < from.length; i++) {
      const a = from[i] ?? 1;
      sum += (each[i] ?? 0) - logGamma(a) + (a - (to[i] ?? 1)) * (logs[i] ?? 0);
    }
    return sum;
  };
}
