/**
 * The composition root: reads the configuration, opens the store, hands the rooms what they need.
 * Promises: a desk is opened once, asked many things, and closed; what can't be opened is a refusal that says what to do.
 */
export { type Configuration, type GatewayConfiguration, readConfiguration } from "./configuration/index.ts";
export type { Change } from "./configuration/changes.ts";
export type { Mistake } from "./configuration/file.ts";
export { type Reloaded, watchConfiguration, type WatchedConfiguration } from "./configuration/watch.ts";
export {
  type Desk,
  type DeskOptions,
  type ImportWish,
  type Imported,
  type TimedTrace as TraceAnswer,
  openDesk,
} from "./desk.ts";
export {
  type Agreement,
  type Asked,
  type ErasureWish,
  type LogPlace,
  type NewKey,
  type Outcome,
  type Recovery,
  approve,
  approverChange,
  approvers,
  openProposals,
  proposeErasure,
  recoverLoss,
  rotateKey,
  textToSign,
} from "./deciding/index.ts";
export {
  type ApproverKey,
  type Order,
  type Proposal,
  isEncryptedKey,
  makeApproverKey,
  readApproverKey,
} from "../record/index.ts";
export type { FileAnswer } from "../capture/index.ts";
export { type EvidenceAnswer, type EvidenceWish } from "./evidence.ts";
export { type ExportAnswer, type ExportFormat, type ExportWish, exportFormats } from "./exporting.ts";
export { storeRefusal } from "../store/index.ts";
export { type WrittenKept, writeKept } from "./kept.ts";
export { proposeMapFor, readMap } from "./maps.ts";
export { type RunningWitness, type WitnessWish, runWitness } from "./witness.ts";
export { type Rebuilt, rebuild } from "./rebuild.ts";
export {
  type CanaryPlace,
  type CanaryWish,
  listCanaries,
  plantCanary,
  removeCanary,
} from "./gateway/canary.ts";
export { serve, type ServeOptions, type Serving, type ServingStatus } from "./gateway/serve.ts";
export { openTrial, type Trial, type TrialOptions } from "./gateway/trial.ts";
export { restoreActor, type Restored, type StoppingWish, suspendActor } from "./gateway/stopping.ts";
export { type Suspended } from "./gateway/suspending.ts";
export { type AskedOnce, listQuestions } from "./live/questions.ts";
export { type ReportsFile, readReports, reportsBytesMax } from "./reports-file.ts";
export {
  type Refreshed,
  type SeenOnce,
  type Span,
  type WhatSaw,
  type WhoSaw,
  always,
} from "../explain/index.ts";
export { type Scope, type ScopeQuestion } from "../trace/index.ts";
export { initialise, type Initialised, type InitWish, verifierOf } from "./init/index.ts";
export type { Check } from "./doctor/check.ts";
export { type DoctorWish, examine } from "./doctor/index.ts";
export { notAnAddress } from "./control.ts";
