import type { ContactFrom } from "./contact.ts";

/**
 * What the verdict is reached from, and all of it: pure counts, no rows. Two extractors fill it (typed arrays in memory,
 * SQL over the store) and must agree to the last count.
 */
export interface Evidence {
  /** The reports that count, in the order of the calls. */
  readonly reports: readonly UsedReport[];
  readonly intake: Intake;
  /** Customers in the base, and accounts that could have read them. */
  readonly customers: number;
  readonly accounts: number;
  /** Of all accounts, by kind of channel and for each report: how many had exposed how many customers before the call. */
  readonly reaches: Readonly<Record<ChannelKind, readonly ReachCounts[]>>;
  /** One for each account and kind through which at least one reporting customer was exposed before the call. */
  readonly channels: readonly ChannelEvidence[];
  readonly segments: readonly SegmentEvidence[];
  readonly contactFrom: ContactFrom;
  /** Accounts with a hit of which it can't be known which sessions are unfamiliar: an insider and a stolen account look alike. */
  readonly sessionsUnknown: ReadonlySet<string>;
  /** List and search events that do not say which customers they showed, by account. */
  readonly exposureUnknown: ReadonlyMap<string, number>;
}

/** At place i: accounts that had exposed 2^i customers or more, and fewer than 2^(i+1). Who had exposed nobody isn't in it. */
export type ReachCounts = readonly number[];

export interface Intake {
  readonly given: number;
  readonly used: number;
  readonly unknownCustomer: number;
  readonly duplicates: number;
}

/**
 * What the caller knew: a fact only this database holds; else several ordinary facts (`much`) or one (`little`); or the report
 * does not say.
 */
export type Knowledge = "exclusive" | "much" | "little" | "unsaid";

export interface UsedReport {
  readonly customer: string;
  /** When the call came, epoch milliseconds. */
  readonly time: number;
  readonly knew: readonly string[];
  readonly knowledge: Knowledge;
  /** Whether this database held an exclusive fact of the customer before the call. */
  readonly knowable: boolean;
  /** The stratum's name, for people. */
  readonly stratum: string;
  /** Customers in the reporter's stratum at the time of the call (or how many of them were looked at). */
  readonly matched: number;
  /** The customer is invented, to be found out by: nobody has it by chance. */
  readonly canary?: boolean;
}

/** `all` its reads, its `unexplained` reads, or its reads in `unfamiliar` sessions. */
export type ChannelKind = "all" | "unexplained" | "unfamiliar";

export interface ChannelEvidence {
  readonly actor: string;
  readonly kind: ChannelKind;
  readonly hits: readonly Hit[];
  /** For each report: of its `matched` customers, how many this channel had exposed before the call. */
  readonly exposed: readonly number[];
  /** For each report: how many customers of the whole base this channel had exposed before the call. */
  readonly reach: readonly number[];
}

/** A reporting customer exposed through the channel before the call, with every exclusive fact the caller knew. */
export interface Hit {
  readonly report: number;
  /** Whether the channel had shown an exclusive fact of the customer (or does not say what it showed). */
  readonly shown: boolean;
  readonly first: number;
  readonly last: number;
  readonly reads: number;
}

/** A part of the base that could have been copied from outside: who of the reporters and of their likes is in it. */
export interface SegmentEvidence {
  readonly name: string;
  readonly inside: readonly boolean[];
  readonly exposed: readonly number[];
  readonly size: number;
}

/** The evidence as it stood after the first `count` reports. A channel's counts of later ones stay behind, where nothing looks. */
export function firstReports(evidence: Evidence, count: number): Evidence {
  return {
    ...evidence,
    reports: evidence.reports.slice(0, count),
    intake: { ...evidence.intake, used: count },
    channels: evidence.channels.flatMap((channel) => {
      let early = 0;
      for (const { report } of channel.hits) if (report < count) early++;
      if (early === 0) return [];
      if (early === channel.hits.length) return [channel];
      // Not cut off: five thousand accounts' counts, copied for every step of the ladder, are most of a trace's time.
      return [{ ...channel, hits: channel.hits.filter(({ report }) => report < count) }];
    }),
    segments: evidence.segments.map((segment) => ({
      ...segment,
      inside: segment.inside.slice(0, count),
      exposed: segment.exposed.slice(0, count),
    })),
  };
}
