import { createHash } from "node:crypto";
import { createWriteStream, existsSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, type Refusal, isRefusal, makeFolder, refusal } from "../base/index.ts";
import { csvHeader, csvLine, ecsLine, type Exported, ocsfLine } from "../connect/index.ts";
import { type Instant, formatInstant } from "../domain/index.ts";
import { always } from "../explain/index.ts";
import { type Store, storeRefusal } from "../store/index.ts";
import { type ExportFilter, type Staged, stageRows } from "./export-rows.ts";
import type { LogWriter } from "./live/running.ts";
import { type LogOptions, openWriter } from "./witness.ts";

export const exportFormats = ["ocsf", "ecs", "csv", "parquet"] as const;

export type ExportFormat = (typeof exportFormats)[number];

/** A new file, or a text taken piece by piece as it is read (standard output). */
export type ExportTarget =
  | { readonly file: string; readonly overwrite: boolean }
  | { readonly write: (text: string) => void };

export interface ExportWish {
  readonly format: ExportFormat;
  readonly filter: ExportFilter;
  readonly to: ExportTarget;
  /** Sightings classed, then rows written, of how many. */
  readonly onProgress?: (phase: "classing" | "writing", done: number, total: number) => void;
  /** Sightings classed at once. */
  readonly sightingsPerSlice?: number;
}

/** What was exported, as the log tells it. */
export interface ExportAnswer {
  readonly format: ExportFormat;
  /** The file; "-" for standard output. */
  readonly file: string;
  readonly sightings: number;
  /** Events of the span that don't say which customers they showed. `csv` and `parquet` count them and hold none. */
  readonly exposureUnknown: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The log's entry that tells of this export. */
  readonly receipt: { readonly log: string; readonly index: number };
}

/** Where a directory of data is, and what time it is there. */
export interface ExportPlace extends LogOptions {
  readonly store: Store;
}

/**
 * Writes every sighting of a filter for others to read. An export discloses who saw whom, so that it is itself recorded: the rows
 * are written to a file that only this user can read, the log says what is in it (its SHA-256), and only then it gets its name, or
 * goes to standard output. If the log refuses, nothing is left behind.
 */
export async function exportSightings(place: ExportPlace, wish: ExportWish): Promise<ExportAnswer | Refusal> {
  const refused = unfitTarget(wish);
  if (refused !== null) return refused;
  const log = await openWriter(place.store.data, place);
  if (isRefusal(log)) return log;
  const part = partOf(place.store, wish.to);
  try {
    return await exportInto(part, { place, wish, recorder: log.recorder });
  } catch (error) {
    return refusalOf(error, wish.to);
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
    await log.close();
  }
}

interface Export {
  readonly place: ExportPlace;
  readonly wish: ExportWish;
  readonly recorder: LogWriter;
}

async function exportInto(part: string, { place, wish, recorder }: Export): Promise<ExportAnswer | Refusal> {
  const tell = wish.onProgress ?? ((): void => undefined);
  const staged = await stageRows(place.store, wish.filter, {
    clock: place.clock,
    onProgress: (done, total) => tell("classing", done, total),
    ...(wish.sightingsPerSlice === undefined ? {} : { sightingsPerSlice: wish.sightingsPerSlice }),
  });
  if (isRefusal(staged)) return staged;
  const { sightings, exposureUnknown, drop } = staged;
  const written = await writePart(part, staged, { format: wish.format, tell }).finally(drop);
  const file = "file" in wish.to ? wish.to.file : "-";
  const answer = { format: wish.format, file, sightings, exposureUnknown, ...written };
  const receipt = await recordExport(recorder, place.clock, { ...answer, filter: wish.filter });
  if (isRefusal(receipt)) return receipt;
  return (await release(part, wish.to)) ?? { ...answer, receipt };
}

/** Bytes gathered before they are handed on: a row at a time would cost more than the row. */
const chunkCharacters = 65_536;

async function writePart(
  part: string,
  staged: Staged,
  { format, tell }: { readonly format: ExportFormat; readonly tell: NonNullable<ExportWish["onProgress"]> },
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const digest = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(piece: Buffer, _, done) {
      digest.update(piece);
      bytes += piece.length;
      done(null, piece);
    },
  });
  const from = format === "parquet" ? await staged.parquet() : Readable.from(texts(format, staged, tell));
  makeFolder(dirname(part), 0o700);
  await rm(part, { force: true });
  await pipeline(from, measure, createWriteStream(part, { flags: "wx", mode: 0o600, flush: true }));
  return { bytes, sha256: digest.digest("hex") };
}

/** The lines of a text format. A table of accesses has no row for an event that names no customer. */
async function* texts(
  format: "ocsf" | "ecs" | "csv",
  staged: Staged,
  tell: NonNullable<ExportWish["onProgress"]>,
): AsyncGenerator<Buffer> {
  const unknown = format !== "csv";
  const total = staged.sightings + (unknown ? staged.exposureUnknown : 0);
  let text = format === "csv" ? csvHeader : "";
  let done = 0;
  for await (const row of staged.rows({ unknown })) {
    text += line(format, row);
    done++;
    if (text.length < chunkCharacters) continue;
    yield Buffer.from(text);
    text = "";
    tell("writing", done, total);
  }
  if (text !== "") yield Buffer.from(text);
  tell("writing", done, total);
}

function line(format: "ocsf" | "ecs" | "csv", row: Exported): string {
  if (format === "csv") return row.known ? csvLine(row) : "";
  return format === "ocsf" ? ocsfLine(row) : ecsLine(row);
}

async function recordExport(
  recorder: LogWriter,
  clock: Clock,
  { filter, ...told }: Omit<ExportAnswer, "receipt"> & { readonly filter: ExportFilter },
): Promise<{ readonly log: string; readonly index: number } | Refusal> {
  const { since, until, actor, customer } = filter;
  const receipt = await recorder.append({
    kind: "export",
    time: formatInstant(clock() as Instant),
    ...told,
    filter: {
      from: since === always.since ? null : formatInstant(since),
      to: until === always.until ? null : formatInstant(until),
      actor,
      customer,
    },
    by: userInfo().username,
  });
  return isRefusal(receipt) ? receipt : { log: receipt.log, index: receipt.index };
}

/** Beside the file, so that a rename is enough; for standard output in the data directory, whose staging may be deleted. */
function partOf(store: Store, to: ExportTarget): string {
  return "file" in to
    ? `${resolve(to.file)}.part`
    : join(store.data, "staging", `export-${process.pid}.part`);
}

export function unfitTarget({ to, format }: Pick<ExportWish, "to" | "format">): Refusal | null {
  if (!("file" in to))
    return format === "parquet" ? refusal("usage", "parquet is no text", "Name a file with --out.") : null;
  if (to.file === "") return refusal("usage", "the file has no name", "Name it with --out.");
  const there = statSync(to.file, { throwIfNoEntry: false });
  if (there === undefined)
    return existsSync(dirname(resolve(to.file)))
      ? null
      : refusal("input", `there is no folder ${dirname(to.file)}`, "Name a file in a folder that exists.");
  if (!there.isFile())
    return refusal("input", `${to.file} is no file`, "Name a file, or - for standard output.");
  return to.overwrite
    ? null
    : refusal("refused", `${to.file} is there already`, "Name another file, or overwrite it with --force.");
}

/** Gives the rows out: from here on somebody may have read them. */
export async function release(part: string, to: ExportTarget): Promise<Refusal | null> {
  if ("write" in to) {
    const spool = await open(part, "r");
    // A reader who goes away (`| head`) ends the program at once: what nobody reads any more is gone by then.
    await rm(part);
    for await (const text of spool.createReadStream({ encoding: "utf8" })) to.write(text as string);
    return null;
  }
  if (!to.overwrite && existsSync(to.file))
    return refusal(
      "refused",
      `${to.file} came up meanwhile`,
      "Name another file, or overwrite it with --force.",
    );
  await rename(part, to.file);
  const folder = await open(dirname(resolve(to.file)), "r");
  await folder.sync();
  await folder.close();
  return null;
}

export function refusalOf(error: unknown, to: ExportTarget): Refusal {
  const refused = storeRefusal(error);
  if (refused !== null) return refused;
  if (!(error instanceof Error) || !("syscall" in error)) throw error;
  const where = "file" in to ? to.file : "standard output";
  return refusal(
    "input",
    `can't write ${where}: ${error.message}`,
    "Make room, or name a file that you may write.",
  );
}
