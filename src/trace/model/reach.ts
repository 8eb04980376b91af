import type { ChannelEvidence, ChannelKind, Evidence } from "./evidence.ts";
import { missedShare } from "./knowledge.ts";
import type { WeighedHit } from "./likelihood.ts";
import type { ModelSettings, ReportingRange } from "./settings.ts";

const steps = 4096;

/** The chance that a leak of so many customers brings any report at all, over the range of shares who tell. */
export function bringsReport(customers: number, { least, most }: ReportingRange): number {
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const share = least * (most / least) ** ((i + 0.5) / steps);
    sum -= Math.expm1(-share * customers);
  }
  return sum / steps;
}

/** The place in `ReachCounts` of who exposed so many customers: the power of two. From 1 to 2^32 - 1 of them. */
function placeOfReach(customers: number): number {
  return 31 - Math.clz32(customers);
}

/** Counts an account in that exposed so many customers; one that exposed nobody has no place. */
export function addReach(counts: number[], customers: number): void {
  if (customers < 1) return;
  const place = placeOfReach(customers);
  while (counts.length <= place) counts.push(0);
  counts[place] = (counts[place] ?? 0) + 1;
}

/** Of a channel in a place of `ReachCounts`: of the middle of its power of two. */
function bringsReportAt(place: number, range: ReportingRange): number {
  const known = places.get(range) ?? [];
  places.set(range, known);
  return (known[place] ??= bringsReport(Math.SQRT2 * 2 ** place, range));
}

const places = new WeakMap<ReportingRange, number[]>();

/**
 * What an account's prior is worth beside the mean account's, in stories of this kind of channel. The prior is even over all accounts,
 * but a leak of which there are reports has brought one, and an account that exposed three customers hardly brings any. So its part is
 * the chance that it does over the mean of that chance, except for reads that no log holds, which may be anybody's. Over all accounts the
 * parts come to their number. Where it can't be known which of its sessions are unfamiliar, that mustn't speak against an
 * account: its part is no larger than what all its reads make it.
 */
export function accountWeights(
  evidence: Evidence,
  kind: ChannelKind,
  range: ReportingRange,
): (channel: ChannelEvidence) => number {
  const among = weightsAmong(evidence, kind, range);
  if (kind !== "unfamiliar") return among;
  const amongAll = weightsAmong(evidence, "all", range);
  return (channel) => (channel.kind === "all" ? Math.min(among(channel), amongAll(channel)) : among(channel));
}

function weightsAmong(
  { accounts, reaches, reports }: Evidence,
  kind: ChannelKind,
  range: ReportingRange,
): (channel: ChannelEvidence) => number {
  const last = reports.length - 1;
  const counts = reaches[kind][last] ?? [];
  const all = counts.reduce((sum, count, place) => sum + count * bringsReportAt(place, range), 0);
  if (all === 0) return () => 1;
  return ({ reach }) => {
    const chance = bringsReportAt(placeOfReach(Math.max(1, reach[last] ?? 1)), range);
    return ((1 - missedShare) * chance * accounts) / all + missedShare;
  };
}

/**
 * The same weight, so far as its hits leave room for it: with it they say no more than as many times what `contamination` lets one report say.
 * Else one report would name whoever alone has reads of this kind. What is over stays with the accounts that no report points to.
 */
export function boundedWeight(
  weight: number,
  hits: readonly WeighedHit[],
  { contamination }: ModelSettings,
): number {
  let room = 1;
  for (const { ratio } of hits) if (room < weight) room *= Math.max(1, 1 / (contamination * ratio));
  return Math.min(weight, room);
}
