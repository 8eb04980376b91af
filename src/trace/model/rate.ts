import { logGamma, logSumExp } from "../../stats/index.ts";

/** How often the calls of a leak come as a rise over the ordinary rate, and how often a rise comes without any leak. */
export interface RisePriors {
  readonly withLeak: number;
  readonly without: number;
}

export const risePriors: RisePriors = { withLeak: 0.8, without: 0.4 };

const weekMillis = 7 * 86_400_000;
const weeksMax = 520;

/**
 * The log likelihood ratio, leak against no leak, of the reports' rate alone: weekly counts with one constant rate, against a
 * change of rate at an unknown week. Scam waves without any leak raise the rate too, so the ratio is bounded by
 * the two priors (here between 1/3 and 2): the rate can support a leak, it can't establish one.
 */
export function rateLog(times: readonly number[], priors: RisePriors = risePriors): number {
  const counts = weeklyCounts(times);
  if (counts.length < 4) return 0;
  const rise = Math.exp(Math.min(500, changeLog(counts) - steadyLog(counts, 0, counts.length)));
  const mix = (weight: number): number => Math.log(1 - weight + weight * rise);
  return mix(priors.withLeak) - mix(priors.without);
}

function weeklyCounts(times: readonly number[]): readonly number[] {
  if (times.length === 0) return [];
  const start = Math.min(...times);
  const weeks = Math.min(weeksMax, Math.floor((Math.max(...times) - start) / weekMillis) + 1);
  const counts: number[] = Array.from({ length: weeks }, () => 0);
  for (const time of times) {
    const week = Math.min(weeks - 1, Math.floor((time - start) / weekMillis));
    counts[week] = (counts[week] ?? 0) + 1;
  }
  return counts;
}

/** Poisson counts with one rate from a Gamma(1, 1) prior; factorials of the counts cancel in every ratio. */
function steadyLog(counts: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += counts[i] ?? 0;
  return logGamma(sum + 1) - (sum + 1) * Math.log(to - from + 1);
}

function changeLog(counts: readonly number[]): number {
  const terms: number[] = [];
  for (let at = 1; at < counts.length; at++)
    terms.push(steadyLog(counts, 0, at) + steadyLog(counts, at, counts.length));
  return logSumExp(terms) - Math.log(terms.length);
}
