import { isRefusal, type Refusal, refusal } from "../../base/index.ts";
import { readCells } from "./cells.ts";
import { planColumns, type Renaming } from "./columns.ts";
import type { LoadedTable, Plan } from "./loader.ts";
import { type ColumnMap, type MappedRow, parseTimeFormat, rowMapper } from "./map/index.ts";
import { type Added, commit, nothingAdded, openRows, type Run, type RowsFile } from "./run.ts";
import { readText, type Source } from "./source.ts";
import { csvCells, CsvFramer, framed } from "./vendor/index.ts";

/** Mapped rows gathered before they are loaded. */
const rowsMax = 500_000;

/**
 * The part of a map that the engine's own road can follow: other names and constants. Null where cells must be read
 * differently than the table reads them, which goes row by row.
 */
export function renamingOf(map: ColumnMap): Renaming | null {
  const standard = parseTimeFormat("standard");
  const plain = map.columns.every(
    ({ time, separator, values }) =>
      (time === null || JSON.stringify(time) === JSON.stringify(standard)) &&
      separator === ";" &&
      Object.keys(values).length === 0,
  );
  if (!plain || map.nulls.length > 0 || map.skip.length > 0 || map.delimiter !== ",") return null;
  return {
    rename: Object.fromEntries(map.columns.map(({ target, from }) => [from, target])),
    constant: map.constants,
  };
}

interface Mapped {
  readonly source: Source;
  readonly map: ColumnMap;
}

/** The names under which mapped cells reach the table, in one order for every row. */
function targetsOf(map: ColumnMap): readonly string[] {
  return [...map.columns.map(({ target }) => target), ...Object.keys(map.constants)];
}

/** Refuses a map that its table can't take; the file's own header is met when it is read. */
export function planMapped(
  map: ColumnMap,
): { readonly plan: Plan; readonly notices: readonly string[] } | Refusal {
  return planColumns(map.table, targetsOf(map), null);
}

/**
 * Loads a CSV whose cells the map reads: each record by the map, then by the table's own rules. One commit, at the end:
 * an interrupted import of such a file begins again.
 */
export async function loadMapped(
  run: Run,
  { source, map, plan }: Mapped & { readonly plan: Plan },
  onRead: (bytes: number) => void,
): Promise<Refusal | null> {
  const targets = targetsOf(map);
  let mapper: ((cells: readonly string[]) => MappedRow) | null = null;
  let batch = openBatch(run, plan.table);
  let total = nothingAdded;
  for await (const record of framed(readText(source, onRead), new CsvFramer(map.delimiter))) {
    const cells = "reason" in record ? null : csvCells(record.text, map.delimiter);
    if (mapper === null) {
      const made =
        cells === null
          ? refusal("input", `the first line of ${source.path} is no header`, "name the columns there")
          : rowMapper(map, cells);
      if (isRefusal(made)) return made;
      mapper = made;
      continue;
    }
    const mapped: MappedRow =
      cells === null
        ? { kind: "rejected", reason: "reason" in record ? record.reason : "a quote stands where none may" }
        : mapper(cells);
    batch.add(mapped, { line: record.line, plan, targets });
    if (batch.records() < rowsMax) continue;
    total = sum(total, await batch.send());
    batch = openBatch(run, plan.table);
  }
  if (mapper === null) return refusal("input", `${source.path} is empty`, "give a header and rows");
  total = sum(total, await batch.send());
  commit(run, total, 0, 0);
  return null;
}

function sum(a: Added, b: Added): Added {
  return {
    ...nothingAdded,
    read: a.read + b.read,
    rejected: a.rejected + b.rejected,
    ignored: a.ignored + b.ignored,
  };
}

interface Place {
  readonly line: number;
  readonly plan: Plan;
  readonly targets: readonly string[];
}

function openBatch(
  run: Run,
  table: LoadedTable,
): { add: (mapped: MappedRow, place: Place) => void; records: () => number; send: () => Promise<Added> } {
  const rows: RowsFile = openRows(run, table);
  let [read, rejected, ignored] = [0, 0, 0];
  const reject = (line: number, reason: string): void => {
    rejected++;
    // The source's own text stays in its file: the line number finds it there.
    run.rejects.add(line, reason, "");
  };
  return {
    records: () => read,
    add: (mapped, { line, plan, targets }) => {
      read++;
      if (mapped.kind === "skipped") ignored++;
      else if (mapped.kind === "rejected") reject(line, mapped.reason);
      else {
        const result = readCells(
          plan,
          targets.map((target) => mapped.cells[target] ?? ""),
          line,
        );
        if ("row" in result) rows.add(result.row);
        else reject(line, result.reason);
      }
    },
    send: async () => {
      await rows.send();
      return { ...nothingAdded, read, rejected, ignored };
    },
  };
}
