import { betaQuantile } from "./beta.ts";

/** An interval on [0, 1]. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The exact two-sided interval of Clopper and Pearson (Biometrika 26, 1934) for a share, from `hits` of `trials`.
 * It covers at least `confidence`, whatever the truth; with no trials it is all of [0, 1].
 */
export function clopperPearson(hits: number, trials: number, confidence = 0.95): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  return {
    low: hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1),
    high: hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits),
  };
}
