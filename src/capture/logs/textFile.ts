import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isRefusal, type Refusal } from "../../base/index.ts";
import { type TableName, tables } from "../../domain/index.ts";
import { type Planned, planColumns, type Renaming } from "./columns.ts";
import { headerBytesMax, readHeader } from "./header.ts";
import { csvLines, csvRow, jsonLines, type LineReader } from "./lineReader.ts";
import { type Lists, openLists } from "./lists.ts";
import type { Form, Plan, Segment } from "./loader.ts";
import { cutPieces, type Piece } from "./pieces.ts";
import { readRecord } from "./records.ts";
import { type Added, commit, loadLines, nothingAdded, openRows, type Run } from "./run.ts";
import { readText, type Source } from "./source.ts";

/** How a text file is read: found out once, before its rows. */
export interface TextFile {
  readonly source: Source;
  readonly plan: Plan;
  readonly form: Form & { readonly kind: "lines" | "json" };
  readonly headerBytes: number;
  readonly headerLines: number;
  readonly notices: readonly string[];
}

export interface Sizes {
  /** Text read before it is cut: an irregular record costs the careful reading of one such piece. */
  readonly pieceBytes: number;
  /** Text that the engine parses at once. */
  readonly segmentBytes: number;
}

export const defaultSizes: Sizes = { pieceBytes: 4 << 20, segmentBytes: 256 << 20 };

/** A text file and how much of it is taken at once. */
export type SizedText = TextFile & { readonly sizes: Sizes };

/** Lines whose list cells are learnt before the engine is asked. */
const sampleLines = 2_000;

export async function openText(
  source: Source,
  format: "csv" | "jsonl",
  { table, renaming }: { readonly table: TableName; readonly renaming: Renaming | null },
): Promise<TextFile | Refusal> {
  if (format === "jsonl") {
    const planned = planJson(table, renaming);
    return isRefusal(planned)
      ? planned
      : { source, ...planned, form: { kind: "json" }, headerBytes: 0, headerLines: 0 };
  }
  const header = readHeader(source.path, await headOf(source));
  if (isRefusal(header)) return header;
  const planned = planColumns(table, header.names, renaming);
  if (isRefusal(planned)) return { ...planned, what: `${source.path}: ${planned.what}` };
  const { delimiter, carriageReturn, bytes, lines } = header;
  const form = { kind: "lines", delimiter, carriageReturn } as const;
  return { source, ...planned, form, headerBytes: bytes, headerLines: lines };
}

/** JSON Lines have no header: the names are the table's own, or those that the map gives them. */
function planJson(table: TableName, renaming: Renaming | null): Planned | Refusal {
  const spec = tables[table];
  const renamed = Object.entries(renaming?.rename ?? {});
  const own = [...spec.required, ...spec.optional].filter(
    (name) => !renamed.some(([, column]) => column === name) && !(name in (renaming?.constant ?? {})),
  );
  return planColumns(table, [...own, ...renamed.map(([source]) => source)], renaming);
}

async function headOf(source: Source): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of readText(source, () => undefined)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= headerBytesMax) break;
  }
  return Buffer.concat(pieces);
}

/** Reads the file from where the journal says, segment by segment; each is committed before the next is. */
export async function loadText(run: Run, file: SizedText, onRead: (bytes: number) => void): Promise<void> {
  const lists = openLists();
  const reading = { plan: file.plan, lists };
  const reader =
    file.form.kind === "json" ? jsonLines(reading) : csvLines(file.plan, file.form.delimiter, lists);
  const resumed = run.progress.offset > 0;
  const pieces = cutPieces(readText(file.source, onRead), {
    delimiter: file.form.kind === "json" ? null : file.form.delimiter,
    cells: file.plan.cells.length,
    pieceBytes: file.sizes.pieceBytes,
    offset: resumed ? run.progress.offset : file.headerBytes,
    line: resumed ? run.progress.line : file.headerLines + 1,
  });
  const gather = gatherer(run, file, reader, lists);
  let sampled = false;
  try {
    for await (const piece of pieces) {
      if (!sampled) sample(piece, reader);
      sampled = true;
      await gather.add(piece);
    }
    await gather.end();
  } finally {
    await gather.abandon();
  }
}

function sample(piece: Piece, reader: LineReader): void {
  if (piece.kind === "careful") return;
  let at = 0;
  for (let line = 0; line < sampleLines && at < piece.bytes.length; line++) {
    const end = piece.bytes.indexOf(10, at) + 1;
    reader(piece.bytes.subarray(at, end), line);
    at = end;
  }
}

interface Gatherer {
  readonly add: (piece: Piece) => Promise<void>;
  readonly end: () => Promise<void>;
  /** Waits for what the engine still does, so that nothing works behind the importer's back. */
  readonly abandon: () => Promise<void>;
}

interface Open {
  readonly kind: Piece["kind"];
  readonly utf8: boolean;
  readonly path: string;
  readonly handle: number;
  readonly firstLine: number;
  bytes: number;
  lines: number;
  end: number;
}

/** Pieces of one kind become one segment; the engine parses a segment while the next is gathered. */
function gatherer(run: Run, file: SizedText, reader: LineReader, lists: Lists): Gatherer {
  let open: Open | null = null;
  let working: Promise<void> = Promise.resolve();
  let turn = 0;
  const enqueue = async (work: () => Promise<void>): Promise<void> => {
    await working;
    working = work();
    // The failure is met at the next await; until then nobody else may call it unhandled.
    working.catch(() => undefined);
  };
  const flush = async (): Promise<void> => {
    const done = open;
    open = null;
    if (done === null) return;
    closeSync(done.handle);
    await enqueue(async () => {
      const added = await loadLines(run, segmentOf(file, done, lists), done.lines, reader);
      rmSync(done.path, { force: true });
      commit(run, added, done.end, done.firstLine + done.lines);
    });
  };
  return {
    add: async (piece) => {
      if (
        open !== null &&
        (open.kind !== piece.kind || open.utf8 !== piece.utf8 || open.bytes >= file.sizes.segmentBytes)
      )
        await flush();
      if (piece.kind === "careful" || carefulTable(file)) {
        await enqueue(async () => loadCarefully(run, file, piece, { reader, lists }));
        return;
      }
      open ??= start(run, piece, turn++ % 2);
      for (let at = 0; at < piece.bytes.length;) at += writeSync(open.handle, piece.bytes, at);
      open.bytes += piece.bytes.length;
      open.lines += piece.lines;
      open.end = piece.end;
    },
    end: async () => {
      await flush();
      await working;
    },
    abandon: async () => {
      if (open !== null) closeSync(open.handle);
      open = null;
      await working.catch(() => undefined);
    },
  };
}

/** A customer's further members differ from line to line in JSON, so that no plan fits all lines. */
function carefulTable(file: TextFile): boolean {
  return file.form.kind === "json" && file.plan.segments !== null;
}

function start(run: Run, piece: Piece, turn: number): Open {
  const path = join(run.staging, `segment-${run.unit.import}-${turn}`);
  const handle = openSync(path, "w", 0o600);
  const { kind, utf8, firstLine } = piece;
  return { kind, utf8, path, handle, firstLine, bytes: 0, lines: 0, end: piece.end };
}

function segmentOf(file: TextFile, open: Open, lists: Lists): Segment {
  const form: Form =
    open.kind === "quoted" && file.form.kind === "lines"
      ? { kind: "quoted", delimiter: file.form.delimiter }
      : file.form;
  return {
    path: open.path,
    form,
    plan: file.plan,
    firstLine: open.firstLine,
    checkUtf8: !open.utf8,
    lists: lists.known,
  };
}

interface Care {
  readonly reader: LineReader;
  readonly lists: Lists;
}

async function loadCarefully(run: Run, file: TextFile, piece: Piece, care: Care): Promise<void> {
  const rows = openRows(run, file.plan.table);
  let rejected = 0;
  const reject = (line: number, reason: string, text: string): void => {
    rejected++;
    run.rejects.add(line, reason, text);
  };
  if (piece.overlong) reject(piece.firstLine, "the line is too long", piece.bytes.toString("utf8"));
  else
    for (const { bytes, line, result } of carefulRecords(file, piece, care)) {
      if (result === null) continue;
      if ("row" in result) rows.add(result.row);
      else reject(line, result.reason, bytes.toString("utf8").trimEnd());
    }
  const added: Added = { ...nothingAdded, read: rows.rows() + rejected, rejected };
  await rows.send();
  commit(run, added, piece.end, piece.firstLine + piece.lines);
}

interface CarefulRecord {
  readonly bytes: Buffer;
  readonly line: number;
  readonly result: ReturnType<LineReader>;
}

function* carefulRecords(file: TextFile, piece: Piece, { reader, lists }: Care): Generator<CarefulRecord> {
  let [at, line] = [0, piece.firstLine];
  while (at < piece.bytes.length) {
    if (file.form.kind === "json") {
      const end = piece.bytes.indexOf(10, at) + 1;
      const bytes = piece.bytes.subarray(at, end);
      yield { bytes, line, result: reader(bytes, line) };
      [at, line] = [end, line + 1];
      continue;
    }
    const record = readRecord(piece.bytes, at, file.form.delimiter.charCodeAt(0), true);
    if (record === null) return;
    const bytes = piece.bytes.subarray(at, record.end);
    const result =
      "reason" in record ? record : csvRow({ plan: file.plan, lists }, bytes, record.cells, line);
    if (record.lines > 1 && result !== null && "reason" in result) {
      // A record over several lines that makes no row may have swallowed good lines: only its first is lost.
      const end = piece.bytes.indexOf(10, at) + 1;
      yield { bytes: piece.bytes.subarray(at, end), line, result };
      [at, line] = [end, line + 1];
      continue;
    }
    yield { bytes, line, result };
    [at, line] = [record.end, line + record.lines];
  }
}
