import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { defect } from "../../base/index.ts";
import type { Row } from "./cells.ts";
import type { Journal, Progress } from "./journal.ts";
import type { LoadedTable, Loader, Segment, Unit } from "./loader.ts";
import type { Rejects } from "./rejects.ts";
import type { LineReader } from "./lineReader.ts";

/** One file on its way in: what is committed, and where the rest goes. */
export interface Run {
  readonly loader: Loader;
  readonly unit: Unit;
  readonly staging: string;
  readonly journal: Journal;
  readonly rejects: Rejects;
  progress: Progress;
}

/** What one segment added. */
export interface Added {
  readonly read: number;
  readonly rejected: number;
  readonly ignored: number;
  readonly exposureUnknown: number;
}

export const nothingAdded: Added = { read: 0, rejected: 0, ignored: 0, exposureUnknown: 0 };

/** The rows of a segment are in the unit's tables; from here on they survive a crash. */
export function commit(run: Run, added: Added, offset: number, line: number): void {
  const { progress } = run;
  run.progress = {
    ...progress,
    offset,
    line,
    read: progress.read + added.read,
    rejected: progress.rejected + added.rejected,
    ignored: progress.ignored + added.ignored,
    exposureUnknown: progress.exposureUnknown + added.exposureUnknown,
    rejectedBytes: run.rejects.bytes(),
  };
  run.journal.save(run.progress);
}

/** A file of rows in the store's own form, loaded when `send` is called. */
export interface RowsFile {
  readonly add: (row: Row) => void;
  readonly rows: () => number;
  readonly send: () => Promise<void>;
}

/** Characters gathered before they are written. */
const gatheredMax = 1 << 20;

export function openRows(run: Run, table: LoadedTable): RowsFile {
  const path = join(run.staging, `rows-${run.unit.import}-${table}.jsonl`);
  const file = openSync(path, "w", 0o600);
  let gathered: string[] = [];
  let [size, rows] = [0, 0];
  const flush = (): void => {
    const bytes = Buffer.from(gathered.join(""));
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    [gathered, size] = [[], 0];
  };
  return {
    rows: () => rows,
    add: (row) => {
      const text = `${JSON.stringify(row)}\n`;
      gathered.push(text);
      [size, rows] = [size + text.length, rows + 1];
      if (size > gatheredMax) flush();
    },
    send: async () => {
      flush();
      closeSync(file);
      if (rows > 0) await run.loader.loadRows(run.unit, table, path);
      rmSync(path, { force: true });
    },
  };
}

/**
 * Loads a segment whose records are lines: the engine takes what it is sure of, the careful reader decides the rest.
 * Every line is accounted for, or the import stops.
 */
export async function loadLines(run: Run, segment: Segment, lines: number, read: LineReader): Promise<Added> {
  const before = await run.loader.count(run.unit);
  const refused = await run.loader.loadSegment(run.unit, segment);
  if (refused !== null) defect(`lines that the importer cut were refused: ${refused.what}`);
  const sure = (await run.loader.count(run.unit)) - before;
  if (sure === lines) return { ...nothingAdded, read: lines };
  const numbers: number[] = [];
  for await (const { row } of run.loader.unsure(segment)) numbers.push(row);
  if (sure + numbers.length !== lines)
    defect(`a segment of ${lines} lines gave ${sure} rows and ${numbers.length} in doubt`);
  const rows = openRows(run, segment.plan.table);
  let rejected = 0;
  for (const [row, bytes] of pickLines(readFileSync(segment.path), numbers)) {
    const line = segment.firstLine + row;
    const result = read(bytes, line);
    if (result === null) continue;
    if ("row" in result) rows.add(result.row);
    else {
      rejected++;
      run.rejects.add(line, result.reason, bytes.toString("utf8").trimEnd());
    }
  }
  const accepted = rows.rows();
  await rows.send();
  return { ...nothingAdded, read: sure + accepted + rejected, rejected };
}

/** The lines with these numbers (ascending), each with its line end. */
function* pickLines(bytes: Buffer, numbers: readonly number[]): Generator<readonly [number, Buffer]> {
  let [at, line] = [0, 0];
  for (const number of numbers) {
    for (; line < number; line++) at = bytes.indexOf(10, at) + 1;
    const end = bytes.indexOf(10, at) + 1;
    yield [number, bytes.subarray(at, end)];
    [at, line] = [end, line + 1];
  }
}
