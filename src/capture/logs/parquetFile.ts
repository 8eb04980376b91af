import { symlinkSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { defect, isRefusal, type Refusal, refusal } from "../../base/index.ts";
import type { TableName } from "../../domain/index.ts";
import { readCells } from "./cells.ts";
import { planColumns, type Renaming } from "./columns.ts";
import { openLists } from "./lists.ts";
import type { Loader, Plan, Segment } from "./loader.ts";
import { commit, nothingAdded, openRows, type Run } from "./run.ts";
import type { Source } from "./source.ts";

/** A Parquet file: the engine reads it where it stands, and a line is a row's number from 1. */
export interface ParquetFile {
  readonly plan: Plan;
  readonly rows: number;
  readonly bytes: number;
  /** A name in the staging folder: the engine takes * ? { } in a path for a pattern. */
  readonly link: string;
  readonly notices: readonly string[];
}

interface Opening {
  readonly loader: Loader;
  readonly staging: string;
}

export async function openParquet(
  { loader, staging }: Opening,
  source: Source,
  table: TableName,
  renaming: Renaming | null,
): Promise<ParquetFile | Refusal> {
  if (!source.parquet)
    return refusal(
      "input",
      `${source.path} is no Parquet file`,
      "say with --format what it is: csv, jsonl, parquet",
    );
  const link = join(staging, `parquet-${source.sha256}`);
  rmSync(link, { force: true });
  symlinkSync(resolve(source.path), link);
  const look = await loader.lookInto(link);
  if (isRefusal(look)) return refusal("input", `${source.path} is no whole Parquet file`, look.todo);
  const planned = planColumns(table, look.columns, renaming);
  if (isRefusal(planned)) return { ...planned, what: `${source.path}: ${planned.what}` };
  return { ...planned, rows: look.rows, bytes: source.bytes, link };
}

/** All rows in one step: an interrupted Parquet import begins again. */
export async function loadParquet(
  run: Run,
  file: ParquetFile,
  onRead: (bytes: number) => void,
): Promise<Refusal | null> {
  const lists = openLists();
  for (const { is, cell } of file.plan.columns) {
    if (is.kind !== "list" || cell === null) continue;
    const name = file.plan.cells[cell] ?? defect("a cell without a name");
    for (const text of await run.loader.distinctCells(file.link, name)) lists.learn(text);
  }
  const segment: Segment = {
    path: file.link,
    form: { kind: "parquet" },
    plan: file.plan,
    firstLine: 1,
    checkUtf8: true,
    lists: lists.known,
  };
  const before = await run.loader.count(run.unit);
  const stopTelling = tellProgress(run, file, before, onRead);
  const refused = await run.loader.loadSegment(run.unit, segment).finally(stopTelling);
  if (refused !== null) return refusal("input", "is damaged; nothing of it was imported", refused.todo);
  const sure = (await run.loader.count(run.unit)) - before;
  const doubtful = sure === file.rows ? { accepted: 0, rejected: 0 } : await decide(run, file.plan, segment);
  const read = sure + doubtful.accepted + doubtful.rejected;
  if (read !== file.rows) defect(`a Parquet file of ${file.rows} rows gave ${read}`);
  commit(run, { ...nothingAdded, read, rejected: doubtful.rejected }, 0, file.rows + 1);
  return null;
}

const tellMillis = 1_000;

/** The engine reads the file in one statement; how far it is shows in the rows that have arrived. Gives what ends the telling. */
function tellProgress(
  run: Run,
  file: ParquetFile,
  before: number,
  onRead: (bytes: number) => void,
): () => void {
  let told = 0;
  let asking = false;
  const tell = async (): Promise<void> => {
    const rows = await run.loader.count(run.unit);
    const share = Math.min(1, (rows - before) / Math.max(1, file.rows));
    onRead(Math.floor(share * file.bytes) - told);
    told = Math.floor(share * file.bytes);
  };
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    // The load itself tells what went wrong; its progress need not.
    void tell()
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  }, tellMillis);
  return () => clearInterval(timer);
}

async function decide(
  run: Run,
  plan: Plan,
  segment: Segment,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  const rows = openRows(run, plan.table);
  let rejected = 0;
  for await (const { row, cells, utf8 } of run.loader.unsure(segment)) {
    const texts = cells ?? defect("a Parquet row without cells");
    const result = utf8 ? readCells(plan, texts, row + 1) : { reason: "the row is not UTF-8" };
    if ("row" in result) rows.add(result.row);
    else {
      rejected++;
      run.rejects.add(row + 1, result.reason, JSON.stringify(texts));
    }
  }
  const accepted = rows.rows();
  await rows.send();
  return { accepted, rejected };
}
