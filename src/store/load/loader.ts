import { type Refusal, defect, refusal } from "../../base/index.ts";
import type { Params, Settings } from "../client.ts";
import type { Store } from "../store.ts";
import { StoreError } from "../storeError.ts";
import { compareUnit } from "./compare.ts";
import { incoming, ready } from "./privateTables.ts";
import type { LoadSegment, LoadTable, LoadUnit } from "./plan.ts";
import { identifier, parquetText, segmentSql } from "./segmentSql.ts";

export interface ImportEntry {
  readonly import: number;
  readonly file: string;
  readonly table: string;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly read: number;
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly ignored: number;
  readonly exposureUnknown: number;
  /** Epoch milliseconds. */
  readonly started: number;
  readonly finished: number;
  /** The log and the index of the entry that tells of this import; '' and -1 where nothing was recorded. */
  readonly log: string;
  readonly entry: number;
}

/** A row that SQL is not sure of; `cells` only where the source has no lines, `utf8` false where they aren't text. */
export interface LoadUnsure {
  readonly row: number;
  readonly cells: readonly string[] | null;
  readonly utf8: boolean;
}

/** The bulk import's half that knows SQL. Nothing a question reads changes before `move`. */
export interface StoreLoader {
  readonly nextImport: () => Promise<number>;
  readonly findImport: (sha256: string, table: string, format: string) => Promise<ImportEntry | null>;
  readonly begin: (unit: LoadUnit) => Promise<void>;
  readonly rewind: (unit: LoadUnit, line: number) => Promise<void>;
  readonly loadSegment: (unit: LoadUnit, segment: LoadSegment) => Promise<Refusal | null>;
  readonly unsure: (segment: LoadSegment) => AsyncIterable<LoadUnsure>;
  readonly loadRows: (unit: LoadUnit, table: LoadTable, path: string) => Promise<void>;
  readonly count: (unit: LoadUnit) => Promise<number>;
  readonly lookInto: (
    path: string,
  ) => Promise<{ readonly columns: readonly string[]; readonly rows: number } | Refusal>;
  readonly distinctCells: (path: string, column: string) => Promise<readonly string[]>;
  readonly compare: (unit: LoadUnit) => Promise<{ readonly imported: number; readonly duplicates: number }>;
  readonly move: (unit: LoadUnit) => Promise<void>;
  readonly record: (row: ImportEntry) => Promise<void>;
  readonly drop: (unit: LoadUnit) => Promise<void>;
}

/** Rows a part is made of while loading: fewer parts to read later; measured, beyond two million the sorting no longer shares the processors. */
const blockRows = 2_000_000;
const loading = {
  min_insert_block_size_rows: blockRows,
  min_insert_block_size_bytes: 0,
  max_insert_block_size: blockRows,
  max_insert_threads: 2,
  // Every row is counted before equal ones are set aside.
  optimize_on_insert: 0,
};
/** List cells of a Parquet file that are looked at before it is loaded. */
const distinctCellsMax = 4096;

export function openLoader(store: Store): StoreLoader {
  const types = new Map<string, ReadonlyMap<string, string>>();
  const sqlOf = (segment: LoadSegment): ReturnType<typeof segmentSql> =>
    segmentSql(segment, types.get(segment.path) ?? new Map());
  return {
    nextImport: async () => nextImport(store),
    findImport: async (sha256, table, format) => findImport(store, { sha256, table, format }),
    begin: async (unit) => begin(store, unit),
    rewind: async (unit, line) => rewind(store, unit, line),
    loadSegment: async (unit, segment) => loadSegment(store, unit, { segment, sql: sqlOf(segment) }),
    unsure: (segment) => unsure(store, segment, sqlOf(segment)),
    loadRows: async (unit, table, path) => loadRows(store, unit, { table, path }),
    count: async (unit) => countUnit(store, unit),
    lookInto: async (path) => {
      const look = await lookInto(store, path);
      if ("kind" in look) return look;
      types.set(path, look.types);
      return { columns: [...look.types.keys()], rows: look.rows };
    },
    distinctCells: async (path, column) => {
      const type = types.get(path)?.get(column) ?? defect(`no column ${column}`);
      return distinctCells(store, path, parquetText(identifier(column), type));
    },
    compare: async (unit) => compareUnit(store, unit),
    move: async (unit) => move(store, unit),
    record: async (row) => record(store, row),
    drop: async (unit) => {
      for (const table of unit.tables)
        for (const name of [incoming(unit, table), ready(unit, table)])
          await store.command(`DROP TABLE IF EXISTS ${name} SYNC`);
    },
  };
}

async function nextImport(store: Store): Promise<number> {
  const [row] = await store.query<{ last: number }>("SELECT max(import) AS last FROM imports");
  return (row?.last ?? 0) + 1;
}

async function findImport(
  store: Store,
  file: { readonly sha256: string; readonly table: string; readonly format: string },
): Promise<ImportEntry | null> {
  const [row] = await store.query<ImportEntry>(
    "SELECT import, file, table, format, sha256, bytes, read, imported, duplicates, rejected, ignored," +
      " exposure_unknown AS exposureUnknown, toUnixTimestamp64Milli(started) AS started," +
      " toUnixTimestamp64Milli(finished) AS finished, log, entry" +
      " FROM imports FINAL WHERE sha256 = {sha256:String} AND table = {table:String}" +
      " AND format = {format:String} ORDER BY import LIMIT 1",
    file,
  );
  return row ?? null;
}

async function begin(store: Store, unit: LoadUnit): Promise<void> {
  for (const table of unit.tables) {
    await store.command(`CREATE TABLE IF NOT EXISTS ${incoming(unit, table)} AS ${table}`);
    // An import that an older whosaw began: rows move only between tables that are alike.
    if (table === "sightings")
      await store.command(
        `ALTER TABLE ${incoming(unit, table)} ADD COLUMN IF NOT EXISTS probed LowCardinality(String) DEFAULT ''`,
      );
    // Merging would take the processor that parsing needs, and would join equal rows before they are counted.
    await store.command(`SYSTEM STOP MERGES ${incoming(unit, table)}`);
  }
}

async function rewind(store: Store, unit: LoadUnit, line: number): Promise<void> {
  for (const table of unit.tables) {
    const name = incoming(unit, table);
    if (line === 0) await store.command(`TRUNCATE TABLE ${name} SYNC`);
    else {
      // A mutation needs merges to be allowed.
      await store.command(`SYSTEM START MERGES ${name}`);
      await store.command(
        `ALTER TABLE ${name} DELETE WHERE line > {line:UInt32}`,
        { line },
        { mutations_sync: 2 },
      );
      await store.command(`SYSTEM STOP MERGES ${name}`);
    }
  }
}

interface ToLoad {
  readonly segment: LoadSegment;
  readonly sql: ReturnType<typeof segmentSql>;
}

async function loadSegment(store: Store, unit: LoadUnit, { segment, sql }: ToLoad): Promise<Refusal | null> {
  const names = segment.plan.columns.map((column) => identifier(column.name));
  if (segment.plan.segments !== null) names.push("segments");
  const columns = [...names, "import", "line"];
  const into = `${incoming(unit, segment.plan.table)} (${columns.join(", ")})`;
  const rows = `SELECT ${[...sql.values, "{import:UInt32}", "toUInt32({firstLine:UInt64} + r)"]
    .map((value, at) => `${value} AS ${columns[at] ?? ""}`)
    .join(", ")} FROM (${sql.rows}) WHERE ${sql.sure}`;
  const params = { ...sql.params, import: unit.import, firstLine: segment.firstLine };
  try {
    await fill(store, { into, rows, params, settings: { ...loading, ...sql.settings } });
    return null;
  } catch (error) {
    // Lines are cut and checked before; only a Parquet file can still turn out to be damaged.
    if (segment.form.kind === "parquet" && error instanceof StoreError && isOfTheFile(error))
      return refusal("input", `${segment.path} is damaged`, "write it again, or fetch it again");
    throw error;
  }
}

/** ClickHouse's numbers for what no file can be blamed for: time, disk, memory, too many parts. */
const notOfTheFile: readonly (number | null)[] = [159, 241, 243, 252];

function isOfTheFile(error: StoreError): boolean {
  return error.kind === "query" && !notOfTheFile.includes(error.code);
}

async function* unsure(
  store: Store,
  segment: LoadSegment,
  sql: ReturnType<typeof segmentSql>,
): AsyncGenerator<LoadUnsure> {
  const parquet = segment.form.kind === "parquet";
  const cells = parquet
    ? `[${sql.cells.join(", ")}] AS cells, ${sql.utf8} AS utf8`
    : "NULL AS cells, true AS utf8";
  const parser = await store.parser();
  yield* parser.stream<LoadUnsure>(
    `SELECT r AS row, ${cells} FROM (${sql.rows}) WHERE NOT (${sql.sure}) ORDER BY r`,
    sql.params,
    sql.settings,
  );
}

async function loadRows(
  store: Store,
  unit: LoadUnit,
  { table, path }: { readonly table: LoadTable; readonly path: string },
): Promise<void> {
  const columns = await columnsOf(store, table);
  const names = columns.map(({ name }) => identifier(name)).join(", ");
  await fill(store, {
    into: `${incoming(unit, table)} (${names})`,
    rows: "SELECT * REPLACE ({import:UInt32} AS import) FROM file({path:String}, 'JSONEachRow', {shape:String})",
    params: {
      import: unit.import,
      path,
      shape: columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", "),
    },
    settings: { ...loading, date_time_input_format: "basic" },
  });
}

interface Filling {
  /** A table and its columns. */
  readonly into: string;
  /** What to select from files of this machine. */
  readonly rows: string;
  readonly params: Params;
  readonly settings: Settings;
}

/** Rows of files into a table: by the engine alone where it is the store's own, else over the wire in its own format. */
async function fill(store: Store, { into, rows, params, settings }: Filling): Promise<void> {
  if (store.embedded) return store.command(`INSERT INTO ${into} ${rows}`, params, settings);
  const parser = await store.parser();
  const bytes = await parser.read(rows, "Native", params, settings);
  await store.write(`INSERT INTO ${into} FORMAT Native`, bytes, loading);
}

async function columnsOf(
  store: Store,
  table: LoadTable,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  return store.query(
    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}" +
      " AND default_kind = '' ORDER BY position",
    { table },
  );
}

async function countUnit(store: Store, unit: LoadUnit): Promise<number> {
  let rows = 0;
  for (const table of unit.tables) {
    const [row] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM ${incoming(unit, table)}`);
    rows += row?.rows ?? 0;
  }
  return rows;
}

async function lookInto(
  store: Store,
  path: string,
): Promise<{ readonly types: ReadonlyMap<string, string>; readonly rows: number } | Refusal> {
  const parser = await store.parser();
  try {
    const columns = await parser.query<{ name: string; type: string }>(
      "DESCRIBE file({path:String}, 'Parquet')",
      {
        path,
      },
    );
    const [row] = await parser.query<{ rows: number }>(
      "SELECT count() AS rows FROM file({path:String}, 'Parquet')",
      {
        path,
      },
    );
    return {
      types: new Map(columns.map(({ name, type }) => [name, type])),
      rows: row?.rows ?? defect("a count without a row"),
    };
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "query") throw error;
    return refusal("input", `${path} is no whole Parquet file`, "write it again, or give CSV or JSON Lines");
  }
}

async function distinctCells(store: Store, path: string, text: string): Promise<readonly string[]> {
  const parser = await store.parser();
  const rows = await parser.query<{ cell: string }>(
    `SELECT DISTINCT ${text} AS cell FROM file({path:String}, 'Parquet') WHERE isValidUTF8(cell) LIMIT ${distinctCellsMax}`,
    { path },
  );
  return rows.map(({ cell }) => cell);
}

/**
 * A crash between the engine's commit and the emptying of the private table leaves rows in both: those already visible
 * are known by their import's number and taken out first, so that the move can be made again.
 */
async function move(store: Store, unit: LoadUnit): Promise<void> {
  for (const table of unit.tables) {
    const from = (await exists(store, ready(unit, table))) ? ready(unit, table) : incoming(unit, table);
    if (!(await exists(store, from))) continue;
    const [left] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM ${from}`);
    if ((left?.rows ?? 0) === 0) continue;
    const [there] = await store.query<{ rows: number }>(
      `SELECT count() AS rows FROM ${table} WHERE import = {import:UInt32}`,
      { import: unit.import },
    );
    if ((there?.rows ?? 0) > 0)
      await store.command(
        `ALTER TABLE ${table} DELETE WHERE import = {import:UInt32}`,
        { import: unit.import },
        { mutations_sync: 2 },
      );
    await store.command(`ALTER TABLE ${from} MOVE PARTITION tuple() TO TABLE ${table}`);
  }
}

async function exists(store: Store, name: string): Promise<boolean> {
  const [row] = await store.query<{ found: number }>(
    "SELECT count() AS found FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
    { name },
  );
  return (row?.found ?? 0) > 0;
}

async function record(store: Store, row: ImportEntry): Promise<void> {
  const { exposureUnknown, started, finished, ...rest } = row;
  await store.insert("imports", [
    { ...rest, exposure_unknown: exposureUnknown, started: timeText(started), finished: timeText(finished) },
  ]);
}

function timeText(millis: number): string {
  return new Date(millis).toISOString().slice(0, 23).replace("T", " ");
}
