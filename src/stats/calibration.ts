import { clopperPearson, type Interval } from "./binomial.ts";

/** One statement of a method under test: what it said, and whether it was so. */
export interface Claim {
  readonly probability: number;
  readonly right: boolean;
}

/** Of all claims at `threshold` or above: how many, how many were right, and what the method itself expected. */
export interface CalibrationRow {
  readonly threshold: number;
  readonly claims: number;
  readonly right: number;
  readonly share: number;
  readonly stated: number;
  readonly interval: Interval;
}

export function calibrationAbove(
  claims: readonly Claim[],
  thresholds: readonly number[],
): readonly CalibrationRow[] {
  return thresholds.map((threshold) =>
    rowOf(
      claims.filter((claim) => claim.probability >= threshold),
      threshold,
    ),
  );
}

/** The same by bands [edges[i], edges[i+1]); the last band holds its upper edge. For the plot. */
export function calibrationBands(
  claims: readonly Claim[],
  edges: readonly number[],
): readonly CalibrationRow[] {
  return edges.slice(0, -1).map((low, i) => {
    const high = edges[i + 1] ?? 1;
    const last = i === edges.length - 2;
    const inside = (p: number): boolean => p >= low && (last ? p <= high : p < high);
    return rowOf(
      claims.filter((claim) => inside(claim.probability)),
      low,
    );
  });
}

function rowOf(claims: readonly Claim[], threshold: number): CalibrationRow {
  const right = claims.filter((claim) => claim.right).length;
  const stated = claims.reduce((sum, claim) => sum + claim.probability, 0);
  const n = claims.length;
  return {
    threshold,
    claims: n,
    right,
    share: n === 0 ? Number.NaN : right / n,
    stated: n === 0 ? Number.NaN : stated / n,
    interval: clopperPearson(right, n),
  };
}
