/** The sequencer: an entry in, a durable receipt out. Keys, recovery, proofs. */
export {
  lookAtGap,
  openSequencer as openRecorder,
  type Recorder,
  type RecorderOptions,
  type Witnesses,
} from "./open.ts";
export { type Gap } from "./recover.ts";
export { type RecorderStatus } from "./recorder.ts";
export { type Receipt } from "./receipt.ts";
export { batchEntriesMax, queueBytesMax, queueEntriesMax } from "./queue.ts";
export { missingLog } from "./head.ts";
export { LogReader, openReader, type ProvedEntry, type StoredEntry } from "./reader.ts";
export { approvalText, type LogEntry, type Said } from "../tlog/index.ts";
export { erasureStretchesMax, type Stretch } from "./deciding/erase.ts";
export { type Approved, type CarriedOut, type ShredHolder } from "./deciding/decisions.ts";
export { approvalsNeeded, type Ledger, type Proposal } from "./deciding/ledger.ts";
export {
  orderJson,
  parseOrder,
  type ApproverOrder,
  type ErasureOrder,
  type Order,
  type ShreddingOrder,
} from "./deciding/order.ts";
export { bundleEntriesMax, makeBundle, type Bundle, type BundleLog, type BundleOrder } from "./bundle.ts";
export { openWitness, Witness, type WitnessAnswer, type WitnessOptions } from "./witness.ts";
export { requestBytesMax, witnessServer } from "./witnessServer.ts";
export { witnessMillisMax, type AskWitness, type WitnessAddress } from "./cosigning.ts";
export { type WitnessStatus } from "./witnessing.ts";
export {
  isSealedText,
  openSealing,
  sealedTextBytesMax,
  type Opening,
  type Person,
  type SealedText,
  type Sealing,
} from "./people/sealing.ts";
export {
  isEncryptedKey,
  makeApproverKey,
  readApproverKey,
  type ApproverKey,
} from "./deciding/approverKey.ts";
export { fileKey, newFileKey, shredFileKey } from "./people/fileKeys.ts";
export { SealedFileError, openingStream, sealingStream } from "./people/sealedFile.ts";
