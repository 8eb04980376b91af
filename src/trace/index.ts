/** Reports in, verdict and accounts out. */
export {
  type ChannelEvidence,
  type ChannelKind,
  type Evidence,
  firstReports,
  type Hit,
  type Intake,
  type Knowledge,
  type SegmentEvidence,
  type UsedReport,
} from "./model/evidence.ts";
export { type GivenReport, type KnownReport, usableReports } from "./model/intake.ts";
export { defaultSettings, type ModelSettings, type Priors, type Settings } from "./model/settings.ts";
export { stratumOf } from "./model/strata.ts";
export { channelEvidence, type Hypothesis, stories, type Story } from "./model/posterior.ts";
export { accountPosteriors, type AccountPosterior } from "./model/account.ts";
export { contactDaysMax, type ContactFrom, contactReachMax, ticketCoverageMin } from "./model/contact.ts";
export { briefNetworkDays, sharedNetworkActors } from "./model/familiar.ts";
export { type Scope, type ScopeQuestion, scope, scopeCsv } from "./scope/scope.ts";
export { createdName, createdSteps, monthOf } from "./model/segments.ts";
export { decided, hypothesisSums, infer, mentioned, verdictOf } from "./infer.ts";
export type { AccountAnswer, LadderStep, ReadBehindHit, TraceAnswer, Verdict } from "./answer.ts";
export { type EvidenceOptions, evidenceFromStore, matchedMaxDefault } from "./evidence.ts";
export {
  forgetReach,
  isReachFresh,
  type Progress,
  type ReachBuild,
  refreshReach,
  startReach,
} from "./refresh.ts";
export { reportsMax, type TraceOptions, traceReports } from "./trace.ts";
export { tracePage } from "./report/page.ts";
export { type Measured, parseMeasured } from "./report/measured.ts";
