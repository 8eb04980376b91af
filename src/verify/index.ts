/** The independent verifier: a log's or a bundle's files and a public key in, a verdict out. Offline; shares nothing with the recorder but the formats. */
export { verifyFiles, verifyLog, type Verdict, type VerifyOptions } from "./verifyLog.ts";
export { bundleFilesMax, verifyBundle, type BundleOptions, type BundleVerdict } from "./verifyBundle.ts";
export {
  bundleLimits,
  isBundleFolder,
  openBundle,
  type BundleFiles,
  type BundleLimits,
} from "./openBundle.ts";
export { isCheckpointText, isVerifierKeyText } from "./given.ts";
export { type WitnessPolicy } from "./signers.ts";
export { problemCodes, problemsMax, type Problem, type ProblemCode } from "./problem.ts";
export { type Approver, type Erasure, type ShreddingNote, type Stretch } from "./decisions.ts";
export { type GapNote } from "./statements.ts";
export { type ReadFile } from "./files.ts";
