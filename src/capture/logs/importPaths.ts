import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isRefusal, type Refusal, refusal } from "../../base/index.ts";
import { type TableName, tableNames } from "../../domain/index.ts";
import { type Desk, type FileAnswer, type FileTask, importFile } from "./importFile.ts";
import { type Format, formats, isFormat, isVendorFormat } from "./formats.ts";
import type { ColumnMap } from "./map/index.ts";
import { renamingOf } from "./mappedFile.ts";
import { unreadable } from "./source.ts";
import type { VendorOptions } from "./vendor/index.ts";

export interface ImportAnswer {
  readonly tables: readonly FileAnswer[];
}

export interface ImportOptions extends Desk {
  readonly as?: string;
  readonly format?: string;
  /** What another CSV's columns are. */
  readonly map?: ColumnMap;
  /** What a foreign log doesn't say of itself. */
  readonly vendor?: VendorOptions;
}

/** Imports files and folders, in the order given. The first refusal ends it; what was imported before stays. */
export async function importPaths(
  paths: readonly string[],
  options: ImportOptions,
): Promise<ImportAnswer | Refusal> {
  const tasks: FileTask[] = [];
  for (const path of paths) {
    const found = tasksOf(path, options);
    if (isRefusal(found)) return found;
    tasks.push(...found);
  }
  const answers: FileAnswer[] = [];
  for (const task of tasks) {
    const answer = await importFile(options, task);
    if (isRefusal(answer)) return answer;
    answers.push(answer);
  }
  return { tables: answers };
}

function tasksOf(path: string, options: ImportOptions): readonly FileTask[] | Refusal {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (error) {
    return unreadable(path, error);
  }
  if (!folder) {
    const task = taskOf(path, options);
    return isRefusal(task) ? task : [task];
  }
  const tasks = readdirSync(path)
    .sort()
    .filter((name) => tableOf(name) !== null && formatOf(name) !== null && !name.endsWith(".rejected.jsonl"))
    .map((name) => taskOf(join(path, name), options));
  if (tasks.length === 0)
    return refusal(
      "input",
      `${path} holds no input table`,
      `name the files ${tableNames.join(".csv, ")}.csv`,
    );
  const refused = tasks.find(isRefusal);
  return refused ?? tasks.filter((task): task is FileTask => !isRefusal(task));
}

function taskOf(path: string, options: ImportOptions): FileTask | Refusal {
  const format = options.format ?? formatOf(basename(path)) ?? "csv";
  if (!isFormat(format))
    return refusal("input", `there is no format ${format}`, `use one of ${formats.join(", ")}`);
  const vendor = options.vendor ?? {};
  // Other systems' logs are accesses, whatever the file is called.
  if (isVendorFormat(format)) return { path, table: "accesses", format, renaming: null, map: null, vendor };
  const map = options.map ?? null;
  const table = map?.table ?? options.as ?? tableOf(basename(path));
  if (table === null || !isTable(table))
    return refusal(
      "input",
      options.as === undefined
        ? `${basename(path)} is named like no input table`
        : `there is no table ${options.as}`,
      `say with --as which it is: ${tableNames.join(", ")}`,
    );
  if (map !== null && format !== "csv")
    return refusal(
      "input",
      `${basename(path)} is no CSV`,
      "a map names the columns of a CSV; leave --map out",
    );
  // What the engine can follow goes its fast road; the rest is read by the map, row by row.
  const renaming = map === null ? null : renamingOf(map);
  return { path, table, format, renaming, map: renaming === null ? map : null, vendor };
}

function isTable(name: string): name is TableName {
  return (tableNames as readonly string[]).includes(name);
}

/** `accesses.csv.gz`, `accesses-2019-05.jsonl`: the name up to its first dot, dash or digit names the table. */
function tableOf(name: string): TableName | null {
  const stem = name.toLowerCase().split(/[.-]/)[0] ?? "";
  return isTable(stem) ? stem : null;
}

function formatOf(name: string): Format | null {
  const plain = name.toLowerCase().replace(/\.(gz|zst|zstd)$/, "");
  if (/\.(csv|tsv|txt)$/.test(plain)) return "csv";
  if (/\.(jsonl|ndjson|json)$/.test(plain)) return "jsonl";
  return plain.endsWith(".parquet") ? "parquet" : null;
}
