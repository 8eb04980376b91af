/** Everything the verdict depends on besides the evidence. Written into every answer. */
export interface Settings {
  readonly priors: Priors;
  /** Facts only this database holds: a caller who knows one has it from here. */
  readonly onlyHere: readonly string[];
  /** Facts that any caller has, whatever leaked: they don't count as known. */
  readonly everyCallerKnows: readonly string[];
  /** Reads this close before the call don't count: clocks differ, and taking the report is itself a read. */
  readonly clockToleranceHours: number;
  readonly model: ModelSettings;
  /** Of the forward simulation. */
  readonly seed: number;
}

/** Probabilities before any report is heard. */
export interface Priors {
  readonly hypotheses: {
    readonly insider: number;
    readonly stolen_account: number;
    readonly outside_breach: number;
    readonly no_leak: number;
  };
  /** P(1 account), P(2), ... working together, given a leak through accounts. */
  readonly accountsTogether: readonly number[];
  /** Given an insider: the leak holds all the account's reads, or only the unexplained ones. */
  readonly unexplainedShare: number;
  /** Given an outside breach: it took the whole base rather than a segment. */
  readonly wholeBaseShare: number;
  /** Of customers who were exposed, the share who are called and tell of it: each order of size from `least` to `most` alike. */
  readonly reporting: ReportingRange;
}

/** Shares above 0, up to 1. */
export interface ReportingRange {
  readonly least: number;
  readonly most: number;
}

export interface ModelSettings {
  /**
   * The share of reports that may come from anywhere, as an enemy would have it: it bounds what one report can say
   * at 1 : 1/contamination (Huber's least favourable mixture, Ann. Math. Stat. 36, 1965). It keeps one invented report from naming
   * anybody, not two or three of somebody who knows whom an account read.
   */
  readonly contamination: number;
  /**
   * How much a report's own stratum, against the mean over all reports, sets the chance of a hit (0 to 1). Hits of a leak lie in the
   * strata that its channel reads most, so the mean says more, and it is no less valid; measured in docs/decisions/0005.
   */
  readonly stratumWeight: number;
  /** Pseudo-hits that draw a stratum's share towards the channel's share of the whole base. */
  readonly shrinkage: number;
  /**
   * As `contamination`, of reports that name a canary: 1 : 1/canaryContamination is the most that one says. By chance it takes a
   * mistyped id (one in a hundred) that is a canary's of all ids (fifty in a million).
   */
  readonly canaryContamination: number;
  /** Beta prior of the leak share, of the reports since it began: the background's and each channel's pseudo-count. */
  readonly backgroundCount: number;
  readonly channelCount: number;
}

export const defaultSettings: Settings = {
  priors: {
    hypotheses: { insider: 1 / 6, stolen_account: 1 / 6, outside_breach: 1 / 6, no_leak: 1 / 2 },
    accountsTogether: [0.7, 0.15, 0.05, 0.05, 0.05],
    unexplainedShare: 0.5,
    wholeBaseShare: 0.5,
    reporting: { least: 0.0005, most: 0.1 },
  },
  onlyHere: [
    "ticket",
    "ticket_number",
    "case",
    "case_number",
    "order",
    "license",
    "subscription",
    "contract",
  ],
  everyCallerKnows: ["phone", "phone_number", "telephone", "mobile"],
  clockToleranceHours: 6,
  model: {
    contamination: 0.001,
    canaryContamination: 1e-6,
    stratumWeight: 0,
    shrinkage: 2,
    backgroundCount: 1,
    channelCount: 1,
  },
  seed: 20_191_105,
};
