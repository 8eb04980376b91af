import type { ModelSettings } from "./settings.ts";

/** What a channel's likelihood ratios are made of; a segment has the same shape. */
export interface Exposure {
  readonly exposed: readonly number[];
  readonly reach: readonly number[];
}

/**
 * For each report, how much likelier a hit is if the call came through the channel than by chance: 1 / d, where d is the
 * share of matched customers exposed. The share in the report's stratum is drawn towards the channel's share of the base
 * (a stratum in which the channel exposed one customer would else make one hit decide), then averaged with the mean over
 * all reports. Given the strata, hits by chance are independent with those shares p, and d is concave in p with the same
 * mean, so by Jensen's inequality the expected Bayes factor under "no leak" stays at most 1: the averaging costs power, never
 * validity. The result is bounded by 1/contamination.
 */
export function likelihoodRatios(
  exposure: Exposure,
  matched: readonly number[],
  customers: number,
  model: ModelSettings,
): Float64Array {
  const shares = exposureShares(exposure, matched, customers, model.shrinkage);
  let sum = 0;
  for (let report = 0; report < shares.length; report++) sum += shares[report] ?? 0;
  const mean = sum / Math.max(1, shares.length);
  for (let report = 0; report < shares.length; report++) {
    const ratio = 1 / (model.stratumWeight * (shares[report] ?? 0) + (1 - model.stratumWeight) * mean);
    shares[report] = ratio / (1 - model.contamination + model.contamination * ratio);
  }
  return shares;
}

/**
 * For each report: the chance that a customer like the reporter had been exposed through the channel. Small counts are only ever
 * drawn up: drawing a wholly exposed small stratum down to the base's share would turn each of its hits into evidence against
 * the account that reads them all by duty (a service that copies every customer with a ticket was named that way once).
 */
export function exposureShares(
  exposure: Exposure,
  matched: readonly number[],
  customers: number,
  shrinkage: number,
): Float64Array {
  const shares = new Float64Array(matched.length);
  for (let report = 0; report < matched.length; report++) {
    const n = matched[report] ?? 0;
    // At least one customer: the hit itself says that the channel is not empty.
    const base = Math.max(1, exposure.reach[report] ?? 0) / Math.max(1, customers);
    const exposed = exposure.exposed[report] ?? 0;
    const drawn = (exposed + shrinkage) / (n + shrinkage / base);
    shares[report] = n === 0 ? drawn : Math.max(exposed / n, drawn);
  }
  return shares;
}
