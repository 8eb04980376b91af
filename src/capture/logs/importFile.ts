import { readdirSync, readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { type Clock, isRefusal, type Refusal, refusal, makeFolder } from "../../base/index.ts";
import type { TableName } from "../../domain/index.ts";
import type { Renaming } from "./columns.ts";
import type { ColumnMap } from "./map/index.ts";
import type { Format } from "./formats.ts";
import { type LogPlace, openJournal, type Progress } from "./journal.ts";
import type { ImportRecord, Loader, Unit } from "./loader.ts";
import { openRejects } from "./rejects.ts";
import type { Run } from "./run.ts";
import { DamagedSource, lookAt, type Source } from "./source.ts";
import { type Opened, openFile } from "./openFile.ts";
import type { Sizes } from "./textFile.ts";
import type { VendorOptions } from "./vendor/index.ts";

/** The answer for one file (docs/formats: `import`), with what only this program adds. */
export interface FileAnswer {
  readonly table: string;
  readonly file: string;
  readonly read: number;
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Where the rejected lines are; null when there are none. */
  readonly rejectedFile: string | null;
  /** Records that are no read of a customer (logins and the like). */
  readonly ignored: number;
  /** Reads that don't say which customers came back; counted in `imported` too. */
  readonly exposureUnknown: number;
  /** True: an interrupted import was taken up again. */
  readonly resumed: boolean;
  readonly notices: readonly string[];
}

/** What an import works with; disk folders are made when missing. */
export interface Desk {
  readonly loader: Loader;
  /** Half-done work. */
  readonly staging: string;
  /** Rejected lines, for the user to mend. */
  readonly rejected: string;
  readonly clock: Clock;
  /** Bytes cut, and bytes parsed, at once; the defaults are for files of gigabytes. */
  readonly sizes?: Sizes;
  /** Writes the import into the log before any of its rows can be read; what can't be recorded is not imported. */
  readonly recordImport?: (record: ImportRecord, task: FileTask) => Promise<LogPlace | Refusal>;
  readonly onProgress: (progress: {
    readonly file: string;
    readonly bytes: number;
    readonly total: number;
  }) => void;
}

export interface FileTask {
  readonly path: string;
  readonly table: TableName;
  readonly format: Format;
  readonly renaming: Renaming | null;
  /** How the cells of another CSV are read; null where the table reads them itself. */
  readonly map: ColumnMap | null;
  readonly vendor: VendorOptions;
  /** An import that the log already tells of, taken in anew under its own number and name. */
  readonly told?: ToldImport;
}

/** What the log says of an import. */
export interface ToldImport {
  readonly number: number;
  readonly file: string;
  readonly sha256: string;
  readonly place: LogPlace;
}

export async function importFile(desk: Desk, task: FileTask): Promise<FileAnswer | Refusal> {
  makeFolder(desk.staging, 0o700);
  const source = await lookAt(task.path);
  if (isRefusal(source)) return source;
  const format = formatName(task);
  const journal = openJournal(
    desk.staging,
    source.sha256,
    `${task.table}-${createHash("sha256").update(format).digest("hex").slice(0, 8)}`,
  );
  const left = journal.load();
  const earlier = await desk.loader.findImport(source.sha256, task.table, format);
  if (earlier !== null && left === null) return again(desk, task, earlier);
  const file = await openFile(desk, source, task).catch((error: unknown) => {
    if (error instanceof DamagedSource) return damaged(source, error);
    throw error;
  });
  if (isRefusal(file)) return file;
  const progress = left ?? fresh(task.told?.number ?? (await nextNumber(desk)), desk.clock());
  const unit: Unit = { import: progress.import, tables: file.tables };
  const rejects = openRejects(desk.rejected, { ...source, known: left !== null });
  rejects.rewind(progress.rejectedBytes);
  const run: Run = { loader: desk.loader, unit, staging: desk.staging, journal, rejects, progress };
  journal.save(progress);
  try {
    await desk.loader.begin(unit);
    if (progress.state === "loading") {
      await desk.loader.rewind(unit, Math.max(0, progress.line - 1));
      const refused = await loadWhole(run, source, file, desk);
      if (refused !== null) return refused;
    }
    const record = await settle(run, { source, task, format, desk });
    if (isRefusal(record)) return record;
    return {
      ...answerOf(task, record),
      rejectedFile: record.rejected > 0 ? rejects.path : null,
      resumed: left !== null,
      notices: file.notices,
    };
  } finally {
    file.close();
    rejects.close();
  }
}

/** Loads all of a file or none of it: a damaged archive, or a file that changed meanwhile, leaves nothing behind. */
async function loadWhole(run: Run, source: Source, file: Opened, desk: Desk): Promise<Refusal | null> {
  let bytes = 0;
  const giveUp = async (what: string, todo: string): Promise<Refusal> => {
    await desk.loader.drop(run.unit);
    run.rejects.rewind(0);
    run.journal.remove();
    return refusal("input", `${source.path} ${what}`, todo);
  };
  try {
    const refused = await file.load(run, (more) => {
      bytes += more;
      desk.onProgress({ file: source.path, bytes, total: source.bytes });
    });
    if (refused !== null) return giveUp(refused.what, refused.todo);
  } catch (error) {
    if (error instanceof DamagedSource) return giveUp(damageText(error), "fetch the file again");
    throw error;
  }
  const now = statSync(source.path, { throwIfNoEntry: false });
  if (now?.size !== source.bytes || now.mtimeMs !== source.modified)
    return giveUp("changed while it was read; nothing of it was imported", "import it when it is complete");
  return null;
}

function damageText(error: DamagedSource): string {
  return `is damaged: ${error.message}; nothing of it was imported`;
}

function damaged(source: Source, error: DamagedSource): Refusal {
  return refusal("input", `${source.path} ${damageText(error)}`, "fetch the file again");
}

interface Settling {
  readonly source: Source;
  readonly task: FileTask;
  readonly format: string;
  readonly desk: Desk;
}

/** Duplicates set aside, rows made visible, the import written down: each step may be taken again after a crash. */
async function settle(run: Run, { source, task, format, desk }: Settling): Promise<ImportRecord | Refusal> {
  if (run.progress.state === "loading") {
    const { imported, duplicates } = await run.loader.compare(run.unit);
    run.progress = { ...run.progress, state: "moving", imported, duplicates };
    run.journal.save(run.progress);
  }
  const { read, imported, duplicates, rejected, ignored, exposureUnknown, started } = run.progress;
  const draft: ImportRecord = {
    import: run.unit.import,
    file: task.told?.file ?? basename(source.path),
    table: task.table,
    format,
    sha256: task.told?.sha256 ?? source.sha256,
    bytes: source.bytes,
    read,
    imported,
    duplicates,
    rejected,
    ignored,
    exposureUnknown,
    started,
    finished: desk.clock(),
    log: "",
    entry: -1,
  };
  const place = run.progress.place ?? task.told?.place ?? (await desk.recordImport?.(draft, task)) ?? null;
  if (isRefusal(place)) return place;
  if (place !== null) {
    run.progress = { ...run.progress, place };
    run.journal.save(run.progress);
  }
  const record = place === null ? draft : { ...draft, log: place.log, entry: place.index };
  await run.loader.move(run.unit);
  await run.loader.record(record);
  await run.loader.drop(run.unit);
  run.journal.remove();
  return record;
}

/** The file's content is known: whatever it says is there already. */
function again(desk: Desk, task: FileTask, earlier: ImportRecord): FileAnswer {
  const rejects = openRejects(desk.rejected, { path: task.path, sha256: earlier.sha256, known: true });
  const kept = rejects.bytes() > 0;
  rejects.close();
  const duplicates = earlier.imported + earlier.duplicates;
  return {
    ...answerOf(task, { ...earlier, imported: 0, duplicates }),
    rejectedFile: earlier.rejected > 0 && kept ? rejects.path : null,
    resumed: false,
    notices: [`${task.path}: this file was imported before`],
  };
}

function answerOf(
  task: FileTask,
  record: ImportRecord,
): Omit<FileAnswer, "rejectedFile" | "resumed" | "notices"> {
  const { read, imported, duplicates, rejected, ignored, exposureUnknown } = record;
  return {
    table: task.table,
    file: task.path,
    read,
    imported,
    duplicates,
    rejected,
    ignored,
    exposureUnknown,
  };
}

function fresh(number: number, started: number): Progress {
  const nothing = {
    read: 0,
    rejected: 0,
    ignored: 0,
    exposureUnknown: 0,
    rejectedBytes: 0,
    imported: 0,
    duplicates: 0,
  };
  return { import: number, started, state: "loading", offset: 0, line: 0, ...nothing };
}

/** Interrupted imports keep their numbers. */
async function nextNumber(desk: Desk): Promise<number> {
  const taken = readdirSync(desk.staging)
    .filter((name) => /^import-.*\.json$/.test(name))
    .map((name) => numberIn(join(desk.staging, name)));
  return Math.max(await desk.loader.nextImport(), ...taken.map((number) => number + 1));
}

function numberIn(path: string): number {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as Progress).import;
  } catch {
    return 0;
  }
}

/** The format as the store remembers it: the same bytes read by another map are another import. */
function formatName(task: FileTask): string {
  const way = task.map ?? task.renaming;
  if (way === null) return task.format;
  const map = createHash("sha256").update(JSON.stringify(way)).digest("hex").slice(0, 12);
  return `${task.format} map ${map}`;
}
