import { seededRandom } from "../../base/index.ts";
import type { ChannelEvidence, ChannelKind, Evidence, UsedReport } from "./evidence.ts";
import { addReach } from "./reach.ts";

const dayMillis = 86_400_000;
const start = Date.UTC(2019, 7, 1);

/** An evidence by hand: for each channel, which reports it hits and what share of the base it had exposed. */
export interface Sketch {
  readonly reports: number;
  readonly accounts?: number;
  readonly customers?: number;
  readonly matched?: number;
  readonly knowledge?: (report: number) => UsedReport["knowledge"];
  /** Accounts of which it can't be known which sessions are unfamiliar. */
  readonly sessionsUnknown?: readonly string[];
  readonly channels: readonly {
    readonly actor: string;
    readonly kind?: ChannelKind;
    readonly hits: readonly number[];
    readonly share: number;
  }[];
}

export function sketch(of: Sketch): Evidence {
  const customers = of.customers ?? 1_000_000;
  const matched = of.matched ?? 100_000;
  const reports = Array.from({ length: of.reports }, (_, i): UsedReport => {
    const knowledge = of.knowledge?.(i) ?? "unsaid";
    return {
      customer: `c${i}`,
      time: start + i * dayMillis,
      knew: knowledge === "exclusive" ? ["ticket"] : [],
      knowledge,
      knowable: true,
      stratum: "en, consumer; no ticket before",
      matched,
    };
  });
  return {
    reports,
    intake: { given: of.reports, used: of.reports, unknownCustomer: 0, duplicates: 0 },
    customers,
    accounts: of.accounts ?? 100,
    reaches: {
      all: reachesOf(of, "all", customers),
      unexplained: reachesOf(of, "unexplained", customers),
      unfamiliar: reachesOf(of, "unfamiliar", customers),
    },
    channels: of.channels.map(({ actor, kind, hits, share }): ChannelEvidence => ({
      actor,
      kind: kind ?? "all",
      hits: hits.map((report) => ({
        report,
        shown: true,
        first: start - dayMillis,
        last: start - 1000,
        reads: 2,
      })),
      exposed: reports.map(() => Math.round(share * matched)),
      reach: reports.map(() => Math.round(share * customers)),
    })),
    segments: [],
    contactFrom: "tickets",
    sessionsUnknown: new Set(of.sessionsUnknown),
    exposureUnknown: new Map(),
  };
}

/** Accounts without a channel here had exposed some thousand customers. */
function reachesOf(of: Sketch, kind: ChannelKind, customers: number): readonly (readonly number[])[] {
  const told = of.channels.filter((channel) => (channel.kind ?? "all") === kind);
  const others = Array.from({ length: Math.max(0, (of.accounts ?? 100) - told.length) }, () => 1500);
  const counts: number[] = [];
  for (const reach of [...told.map(({ share }) => Math.round(share * customers)), ...others])
    addReach(counts, reach);
  return Array.from({ length: of.reports }, () => counts);
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Calls that come anyway, and accounts whose share of the base was one thing before the call `from`, and another since. */
export function changed(of: {
  readonly reports: number;
  readonly from: number;
  readonly accounts: number;
  readonly shares: readonly [number, number];
  readonly reach: readonly [number, number];
  readonly seed: number;
  readonly kind?: ChannelKind;
  /** Whether it can't be known which of their sessions are unfamiliar. */
  readonly sessionsUnknown?: boolean;
}): Evidence {
  const random = seededRandom(of.seed);
  const at = (pair: readonly [number, number], report: number): number => pair[report < of.from ? 0 : 1];
  const channels = range(0, of.accounts).map((account) => ({
    actor: `new-${account}`,
    kind: of.kind ?? ("all" as const),
    hits: range(0, of.reports).filter((report) => random() < at(of.shares, report)),
    share: 1,
  }));
  const sessionsUnknown = of.sessionsUnknown === true ? channels.map(({ actor }) => actor) : [];
  const made = sketch({ reports: of.reports, channels, sessionsUnknown });
  return {
    ...made,
    channels: made.channels
      .filter(({ hits }) => hits.length > 0)
      .map((channel) => ({
        ...channel,
        exposed: channel.exposed.map((n, report) => Math.round(n * at(of.shares, report))),
        reach: channel.reach.map((n, report) => Math.round(n * at(of.reach, report))),
      })),
  };
}
