import { userInfo } from "node:os";
import { type Clock, type Json, type Refusal, isRefusal } from "../base/index.ts";
import { type Instant, formatInstant } from "../domain/index.ts";
import type { FileTask, ImportRecord, LogPlace } from "../capture/index.ts";
import type { LogWriter } from "./live/running.ts";
import { type LogOptions, openWriter } from "./witness.ts";
import { keepFile } from "./kept.ts";

/** What writes imports into the log, and keeps what was imported beside it. */
export interface ImportKeeper {
  readonly recordImport: (record: ImportRecord, task: FileTask) => Promise<LogPlace | Refusal>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the log of a data directory for imports. An import is one entry: the file's SHA-256, its counts, how it was read and
 * who ran it; the file itself is kept under its digest in `files/`, compressed and sealed, unless `keep` is false. The log proves what was
 * imported; the kept file is what the store can be rebuilt from.
 */
export async function openKeeper(
  data: string,
  options: LogOptions & { readonly keep: boolean },
): Promise<ImportKeeper | Refusal> {
  const log = await openWriter(data, options);
  if (isRefusal(log)) return log;
  return {
    recordImport: (record, task) => recordImport(log.recorder, { data, ...options }, { record, task }),
    close: log.close,
  };
}

async function recordImport(
  recorder: LogWriter,
  { data, clock, keep }: { readonly data: string; readonly clock: Clock; readonly keep: boolean },
  { record, task }: { readonly record: ImportRecord; readonly task: FileTask },
): Promise<LogPlace | Refusal> {
  const kept = keep ? await keepFile(data, record.sha256, task.path) : null;
  if (isRefusal(kept)) return kept;
  const {
    import: number,
    file,
    table,
    format,
    sha256,
    bytes,
    read,
    imported,
    duplicates,
    rejected,
    ignored,
    exposureUnknown,
  } = record;
  const receipt = await recorder.append({
    kind: "import",
    time: formatInstant(clock() as Instant),
    import: number,
    file,
    table,
    format,
    map: (task.map ?? task.renaming) as Json,
    sha256,
    bytes,
    read,
    imported,
    duplicates,
    rejected,
    ignored,
    exposureUnknown,
    kept,
    by: userInfo().username,
  });
  return isRefusal(receipt) ? receipt : { log: receipt.log, index: receipt.index };
}
