import { type Random, seededRandom } from "../base/index.ts";

/**
 * A stream of chance for one purpose. Purposes don't share a stream, so that a desk with a thief and its twin
 * without one have the same honest rows, and one more report doesn't change who read what.
 */
export function stream(seed: number, purpose: string): Random {
  // FNV-1a, 32 bits: enough to keep a dozen purposes apart.
  let hash = 0x811c9dc5;
  for (let at = 0; at < purpose.length; at++) hash = Math.imul(hash ^ purpose.charCodeAt(at), 0x01000193);
  return seededRandom(
    (hash >>> 0) * 0x20_0000 + (Math.imul(seed | 0, 0x9e3779b1) >>> 0) + Math.trunc(seed / 0x1_0000_0000),
  );
}

/** An integer, uniform on [0, bound). */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** Uniform on [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}

/** Standard normal (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Heavy tail with median 1: exp(sigma z). */
export function logNormal(random: Random, sigma: number): number {
  return Math.exp(sigma * normal(random));
}

/** Gamma with the given shape and mean (Marsaglia and Tsang 2000; shapes below 1 by their boost). */
export function gamma(random: Random, shape: number, mean: number): number {
  const boosted = shape < 1 ? shape + 1 : shape;
  const d = boosted - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    const boost = shape < 1 ? (1 - random()) ** (1 / shape) : 1;
    return (d * v * boost * mean) / shape;
  }
}

/** Poisson: Knuth's product up to a mean of 30, the rounded normal above, where its error is far below the desk's own noise. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > floor; product *= random()) count++;
  return count;
}

/** One of the list, each alike. */
export function oneOf<Thing>(random: Random, things: readonly Thing[]): Thing | undefined {
  return things[below(random, things.length)];
}
