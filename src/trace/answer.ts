import type { ChannelKind, Intake, Knowledge } from "./model/evidence.ts";
import type { ContactFrom } from "./model/contact.ts";
import type { Needed } from "./model/needed.ts";
import type { Hypothesis } from "./model/posterior.ts";
import type { Settings } from "./model/settings.ts";
import type { LeakShare } from "./model/share.ts";

export type Verdict = Hypothesis | "undetermined";

/** What `whosaw trace --json` says, in the shape of docs/formats; everything beyond that contract is an addition. */
export interface TraceAnswer {
  readonly verdict: Verdict;
  readonly hypotheses: Readonly<Record<Hypothesis, number>>;
  readonly accounts: readonly AccountAnswer[];
  /** Given that there is a leak. Null where there are no reports to share. */
  readonly leakShare: LeakShare | null;
  readonly reports: Intake;
  /** 0 once decided; null if simulated futures mostly stay undecided however many reports come. */
  readonly reportsNeeded: number | null;
  readonly needed: Needed | null;
  /** The verdict in words, and what would change it. */
  readonly sentences: readonly string[];
  readonly wouldChange: readonly string[];
  /** Contact with support is judged from tickets; from days of being read where no tickets, or too few, are known. */
  readonly contactFrom: ContactFrom;
  /** For an outside breach: which part of the base, with its share of the outside probability. */
  readonly segments: readonly { readonly segment: string; readonly probability: number }[];
  readonly ladder: readonly LadderStep[];
  readonly used: readonly UsedAnswer[];
  readonly exposureUnknown: { readonly events: number; readonly accounts: number };
  readonly base: { readonly customers: number; readonly accounts: number };
  readonly settings: Settings;
}

export interface AccountAnswer {
  readonly actor: string;
  readonly probability: number;
  readonly together: readonly string[];
  /** Through the channel that speaks loudest for this account. */
  readonly kind: ChannelKind;
  readonly hits: number;
  /** Hits expected by chance among as many customers like the reporters. */
  readonly expectedHits: number;
  /** Customers this account had read by the last report, of the whole base. */
  readonly reach: number;
  /** What its prior is worth beside the mean account's: the more customers were exposed, the likelier a leak brings a report. */
  readonly priorWeight: number;
  readonly exposureUnknown: number;
  /** It can't be known which sessions are its own (no addresses, or too few days): insider and stolen account look alike. */
  readonly sessionsUnknown: boolean;
  readonly sentences: readonly string[];
  readonly reads: readonly ReadBehindHit[];
}

/** The reads that make one report a hit. Times are RFC 3339. */
export interface ReadBehindHit {
  readonly customer: string;
  readonly called: string;
  readonly kind: ChannelKind;
  readonly first: string;
  readonly last: string;
  readonly reads: number;
}

export interface UsedAnswer {
  readonly customer: string;
  readonly time: string;
  readonly knowledge: Knowledge;
  readonly stratum: string;
  readonly matched: number;
  /** Only where it is so: the customer is a canary. */
  readonly canary?: true;
}

/** The posterior after so many reports: every hypothesis, and the accounts that are shown at the end. */
export interface LadderStep {
  readonly reports: number;
  readonly time: string;
  readonly hypotheses: Readonly<Record<Hypothesis, number>>;
  readonly accounts: Readonly<Record<string, number>>;
}
