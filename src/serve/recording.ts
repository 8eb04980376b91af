import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, type Json, type Refusal, isRefusal, refusal } from "../base/index.ts";
import { type Instant, formatInstant } from "../domain/index.ts";
import type { FileTask, ImportRecord, LogPlace } from "../capture/index.ts";
import type { LogWriter } from "./live/running.ts";
import { type LogOptions, openWriter } from "./witness.ts";

/** What writes imports into the log, and keeps what was imported beside it. */
export interface ImportKeeper {
  readonly recordImport: (record: ImportRecord, task: FileTask) => Promise<LogPlace | Refusal>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the log of a data directory for imports. An import is one entry: the file's SHA-256, its counts, how it was read and
 * who ran it; the file itself is kept under its digest in `files/`, compressed, unless `keep` is false. The log proves what was
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

/** Parquet and archives are small already; gzip over them costs time and saves nothing. */
const compressed = /\.(gz|zst|zstd|parquet)$/i;

/** Copies the file to `files/`, durably and once: the same content has the same name. Gives the name below `files/`. */
async function keepFile(data: string, sha256: string, path: string): Promise<string | Refusal> {
  const name = compressed.test(path) ? sha256 : `${sha256}.gz`;
  const folder = join(data, "files");
  if (existsSync(join(folder, name))) return name;
  const part = join(folder, `${name}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const into = createWriteStream(part, { mode: 0o600, flush: true });
    // Level 1: three quarters of what the slower ones save, in a quarter of their time.
    await (compressed.test(path)
      ? pipeline(createReadStream(path), into)
      : pipeline(createReadStream(path), createGzip({ level: 1 }), into));
    await rename(part, join(folder, name));
    const handle = await open(folder, "r");
    await handle.sync();
    await handle.close();
    return name;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(
      "input",
      `can't keep ${path} in ${folder}: ${why}`,
      "Make room, or import with --no-keep; nothing of the file was imported.",
    );
  }
}
