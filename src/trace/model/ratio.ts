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
 * validity. Where the strata come in one order and not another, `byChance` holds. The result, for each report, is bounded by 1/contamination.
 */
export function likelihoodRatios(
  exposure: Exposure,
  matched: readonly number[],
  customers: number,
  model: ModelSettings,
): (report: number) => number {
  return ratiosFrom(exposure, { matched, customers, model, sums: new Map() });
}

/** Sums of shares over the first reports, by exposure: the same exposure asked about more reports goes on from there. */
export type ShareSums = Map<Exposure["exposed"], ShareSum>;

interface ShareSum {
  readonly reach: Exposure["reach"];
  readonly reports: number;
  readonly sum: number;
}

/** What `sums` holds must be of the same customers, model, and matched customers (or the first of them). */
export interface RatioContext {
  readonly matched: readonly number[];
  readonly customers: number;
  readonly model: ModelSettings;
  readonly sums: ShareSums;
}

/** `likelihoodRatios`, for who asks of one exposure again and again, as reports come in. */
export function ratiosFrom(exposure: Exposure, context: RatioContext): (report: number) => number {
  const { matched, customers, model } = context;
  const { contamination, shrinkage, stratumWeight } = model;
  const share = (report: number): number =>
    shareOf(exposure, report, { matched: matched[report] ?? 0, customers, shrinkage });
  const mean = shareSum(exposure, context) / Math.max(1, matched.length);
  return (report) => {
    const own = stratumWeight === 0 ? 0 : stratumWeight * share(report);
    const ratio = 1 / (own + (1 - stratumWeight) * mean);
    return ratio / (1 - contamination + contamination * ratio);
  };
}

/** For each report, the chance of a hit times its ratio: its mean is one, or less by what bounds the ratios. */
export function hitChances(exposure: Exposure, context: RatioContext): Float64Array {
  const { matched, customers, model } = context;
  const ratioOf = ratiosFrom(exposure, context);
  const chances = exposureShares(exposure, matched, customers, model.shrinkage);
  for (let report = 0; report < chances.length; report++)
    chances[report] = (chances[report] ?? 0) * ratioOf(report);
  return chances;
}

function shareSum(exposure: Exposure, { matched, customers, model, sums }: RatioContext): number {
  const known = sums.get(exposure.exposed);
  const goesOn = known !== undefined && known.reach === exposure.reach && known.reports <= matched.length;
  let sum = goesOn ? known.sum : 0;
  const base = { matched: 0, customers, shrinkage: model.shrinkage };
  for (let report = goesOn ? known.reports : 0; report < matched.length; report++) {
    base.matched = matched[report] ?? 0;
    sum += shareOf(exposure, report, base);
  }
  sums.set(exposure.exposed, { reach: exposure.reach, reports: matched.length, sum });
  return sum;
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
  // A loop, and one object for all: thousands of accounts are asked for theirs, at every step of the ladder.
  const shares = new Float64Array(matched.length);
  const base = { matched: 0, customers, shrinkage };
  for (let report = 0; report < shares.length; report++) {
    base.matched = matched[report] ?? 0;
    shares[report] = shareOf(exposure, report, base);
  }
  return shares;
}

interface Base {
  readonly matched: number;
  readonly customers: number;
  readonly shrinkage: number;
}

function shareOf({ exposed, reach }: Exposure, report: number, base: Base): number {
  const { matched, customers, shrinkage } = base;
  // At least one customer: the hit itself says that the channel is not empty.
  const ofBase = Math.max(1, reach[report] ?? 0) / Math.max(1, customers);
  const found = exposed[report] ?? 0;
  const drawn = (found + shrinkage) / (matched + shrinkage / ofBase);
  return matched === 0 ? drawn : Math.max(found / matched, drawn);
}
