/** The sequencer: an entry in, a durable receipt out. Keys, recovery, proofs. */
export { openSequencer as openRecorder, type Recorder, type RecorderOptions } from "./open.ts";
export { type RecorderStatus } from "./recorder.ts";
export { type Receipt } from "./receipt.ts";
export { batchEntriesMax, queueBytesMax, queueEntriesMax } from "./queue.ts";
export { LogReader, openReader, type ProvedEntry, type StoredEntry } from "./reader.ts";
export { type LogEntry, type Said } from "../tlog/index.ts";
export { erasureApproversMin, erasureStretchesMax, type ErasureOrder, type Stretch } from "./erase.ts";
export { bundleEntriesMax, makeBundle, type Bundle, type BundleOrder } from "./bundle.ts";
