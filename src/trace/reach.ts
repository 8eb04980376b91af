import type { Engine } from "../explain/index.ts";
import type { Evidence, ReachCounts } from "./model/evidence.ts";
import { addReach } from "./model/reach.ts";
import { sessionsUnknown } from "./queries/customers.ts";
import { reachGains } from "./queries/reach.ts";
import { channelKinds, type HitChannel, keyOf } from "./reads.ts";

const dayMillis = 86_400_000;

/** The store's times lie between 1900 and 2299: calls before and after have seen nothing, and everything. */
const daysMin = -26_000;
const daysMax = 121_000;

/** How many customers were exposed before each report, by the end of its day. */
export interface Reach {
  /** Through the channels that were asked for, by their keys: for each report. */
  readonly reach: ReadonlyMap<string, readonly number[]>;
  /** Through every account's. */
  readonly reaches: Evidence["reaches"];
}

/** `cutoffs`: of each report, the moment before which reads count. */
export async function reachOf(
  engine: Engine,
  {
    channels,
    cutoffs,
    suffix,
  }: {
    readonly channels: readonly HitChannel[];
    readonly cutoffs: readonly number[];
    readonly suffix: string;
  },
): Promise<Reach> {
  const days = [...new Set(cutoffs.map(dayOf))].sort((a, b) => a - b);
  if (days.length === 0) return { reach: new Map(), reaches: { all: [], unexplained: [], unfamiliar: [] } };
  const [rows, unknown] = await Promise.all([
    engine.query<{ actor: string; kind: number; gains: number[] }>(reachGains(suffix, days.length), {
      first: days[0] ?? 0,
      last: days.at(-1) ?? 0,
      places: placesOf(days),
    }),
    engine.query<{ actor: string }>(sessionsUnknown(suffix)),
  ]);
  const strange = new Set(unknown.map(({ actor }) => actor));
  const wanted = new Set(channels.map(keyOf));
  const placeOf = new Map(days.map((day, at) => [day, at]));
  const places = cutoffs.map((cutoff) => placeOf.get(dayOf(cutoff)) ?? 0);
  const reach = new Map<string, readonly number[]>();
  const counted = {
    all: days.map(noCounts),
    unexplained: days.map(noCounts),
    unfamiliar: days.map(noCounts),
  };
  for (const { actor, kind: number, gains } of rows) {
    const kind = channelKinds[number] ?? "all";
    for (let at = 1; at < gains.length; at++) gains[at] = (gains[at] ?? 0) + (gains[at - 1] ?? 0);
    countIn(counted[kind], gains);
    // A stolen account of which it can't be known which sessions are unfamiliar may have leaked any of its reads.
    if (kind === "all" && strange.has(actor)) countIn(counted.unfamiliar, gains);
    const key = keyOf({ kind, actor });
    if (!wanted.has(key)) continue;
    const ofReports = places.map((at) => gains[at] ?? 0);
    reach.set(key, ofReports);
  }
  const forReports = (byDay: readonly ReachCounts[]): readonly ReachCounts[] =>
    places.map((at) => byDay[at] ?? []);
  return {
    reach,
    reaches: {
      all: forReports(counted.all),
      unexplained: forReports(counted.unexplained),
      unfamiliar: forReports(counted.unfamiliar),
    },
  };
}

function dayOf(cutoff: number): number {
  return Math.min(daysMax, Math.max(daysMin, Math.floor(cutoff / dayMillis)));
}

/** For each day from the first to the last of these: the place of the first of them that isn't before it. */
function placesOf(days: readonly number[]): readonly number[] {
  return days.flatMap((day, at) => {
    const before = days[at - 1] ?? day - 1;
    return Array.from({ length: day - before }, () => at);
  });
}

function noCounts(): number[] {
  return [];
}

/** Takes one account in, on each day. */
function countIn(counted: readonly number[][], reach: readonly number[]): void {
  for (const [day, counts] of counted.entries()) addReach(counts, reach[day] ?? 0);
}
