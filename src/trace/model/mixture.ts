import { digamma, logGamma } from "../../stats/index.ts";
import type { KnowledgeNode } from "./knowledge.ts";
import {
  backgroundLog,
  countKnowledge,
  type KnowledgeCounts,
  leakFactor,
  type WeighedHit,
} from "./likelihood.ts";

/** Pseudo-counts of the Dirichlet prior over (background, each channel). */
export interface MixturePrior {
  readonly background: number;
  readonly channel: number;
}

const roundsMax = 30;
/** Of the log evidence. */
const tolerance = 5e-3;

/**
 * The log evidence of a set of channels working together at one knowledge node: each report comes from the background or from one of
 * the channels, with unknown shares that have a Dirichlet prior. The components are known, only the shares are not, so mean-field
 * variational Bayes (Bishop, Pattern Recognition and Machine Learning, 10.2) gives a tight lower bound; a test shows how tight.
 */
export function mixtureLog(
  channels: readonly (readonly WeighedHit[])[],
  reports: KnowledgeCounts,
  node: KnowledgeNode,
  prior: MixturePrior,
): number {
  const rows = hitRows(channels, node);
  const hitCounts = countKnowledge(rows);
  const misses = {
    exclusive: reports.exclusive - hitCounts.exclusive,
    much: reports.much - hitCounts.much,
    little: reports.little - hitCounts.little,
    unsaid: reports.unsaid - hitCounts.unsaid,
  };
  const missCount = misses.exclusive + misses.much + misses.little + misses.unsaid;
  const missLog = backgroundLog(misses, node);
  const alpha = Float64Array.from([prior.background, ...channels.map(() => prior.channel)]);
  let posterior = alpha.map((a, i) => a + (i === 0 ? missCount : 0) + rows.length / alpha.length);
  const parts = new Float64Array(alpha.length);
  let bound = -Infinity;
  for (let round = 0; round < roundsMax; round++) {
    const logShares = expectedLogs(posterior);
    const counts = alpha.map((a, i) => a + (i === 0 ? missCount : 0));
    const shares = logShares.map(Math.exp);
    let fit = missCount * (logShares[0] ?? 0) + missLog - divergence(posterior, alpha, logShares);
    for (const row of rows) fit += assign(row.likelihoods, shares, counts, parts);
    posterior = counts;
    if (fit - bound < tolerance) return Math.max(fit, bound);
    bound = fit;
  }
  return bound;
}

interface HitRow {
  readonly knowledge: WeighedHit["knowledge"];
  readonly likelihoods: Float64Array;
}

function hitRows(channels: readonly (readonly WeighedHit[])[], node: KnowledgeNode): readonly HitRow[] {
  const rows = new Map<number, HitRow>();
  for (const [i, hits] of channels.entries())
    for (const hit of hits) {
      let row = rows.get(hit.report);
      if (row === undefined) {
        row = { knowledge: hit.knowledge, likelihoods: new Float64Array(channels.length + 1) };
        row.likelihoods[0] = node.background[hit.knowledge];
        rows.set(hit.report, row);
      }
      row.likelihoods[i + 1] = leakFactor(hit, node);
    }
  return [...rows.values()];
}

/** Shares one report among the components, adds the parts to `counts`, and returns the log of their sum. */
function assign(
  likelihoods: Float64Array,
  shares: Float64Array,
  counts: Float64Array,
  parts: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = (shares[i] ?? 0) * (likelihoods[i] ?? 0);
    parts[i] = part;
    sum += part;
  }
  for (let i = 0; i < parts.length; i++) counts[i] = (counts[i] ?? 0) + (parts[i] ?? 0) / sum;
  return Math.log(sum);
}

function expectedLogs(alpha: Float64Array): Float64Array {
  const whole = digamma(alpha.reduce((sum, a) => sum + a, 0));
  return alpha.map((a) => digamma(a) - whole);
}

/** Kullback-Leibler divergence of one Dirichlet distribution from another; `logs` are the first one's expected logs. */
function divergence(from: Float64Array, to: Float64Array, logs: Float64Array): number {
  let sum = logGamma(from.reduce((a, b) => a + b, 0)) - logGamma(to.reduce((a, b) => a + b, 0));
  for (const [i, a] of from.entries()) {
    const b = to[i] ?? 1;
    sum += logGamma(b) - logGamma(a) + (a - b) * (logs[i] ?? 0);
  }
  return sum;
}
