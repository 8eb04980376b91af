/**
 * What leaves the building. An evidence bundle: the readable report, the provenance in CASE's words, the steps to verify.
 * Promises: facts in, files' texts out; no disk, no clock, no network. Nothing in a text that the facts don't say.
 */
export {
  type EvidenceAttachment,
  type EvidenceEvent,
  type EvidenceFacts,
  type EvidenceImport,
  type EvidenceScope,
  type EvidenceSighting,
  type ExplanationClass,
} from "./evidence/facts.ts";
export { reportSightingsMax, reportPage } from "./evidence/report.ts";
export { type Provenance, provenance } from "./evidence/provenance.ts";
export { policyText } from "./evidence/policy.ts";
export { stepsText } from "./evidence/steps.ts";
export { unknownCsv } from "./evidence/unknown.ts";
