import { type Refusal, refusal } from "../../../base/index.ts";
import { formatInstant, joinFields, splitFields } from "../../../domain/index.ts";
import { type ColumnMap, listTargets, type MappedColumn } from "./columnMap.ts";
import { timeReader } from "./timeFormat.ts";

/** A row of the table, cell by column; '' where nothing is said. */
export type MappedRow =
  | { readonly kind: "row"; readonly cells: { readonly [target: string]: string } }
  | { readonly kind: "skipped" }
  | { readonly kind: "rejected"; readonly reason: string };

/**
 * The map applied to rows of a file with this header: what any engine that applies it must agree with. Times come out as
 * RFC 3339 in UTC, lists sorted and joined by `;`. Ids and required cells are not judged here: that is the table's own check.
 * A refusal names the columns that the file doesn't have.
 */
export function rowMapper(
  map: ColumnMap,
  header: readonly string[],
): ((cells: readonly string[]) => MappedRow) | Refusal {
  const names = header.map((name, at) => (at === 0 ? name.replace(/^\ufeff/, "") : name).trim());
  const wanted = [...map.columns.map((column) => column.from), ...map.skip.map((rule) => rule.column)];
  const missing = [...new Set(wanted.filter((name) => !names.includes(name)))];
  if (missing.length > 0)
    return refusal(
      "input",
      `the file has no column ${missing.join(", ")}`,
      "correct the map, or propose one anew",
    );
  const doubled = wanted.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (doubled.length > 0)
    return refusal(
      "input",
      `the file has two columns ${doubled.join(", ")}`,
      "rename one of them in the file",
    );
  const columns = map.columns.map((column) => ({
    target: column.target,
    at: names.indexOf(column.from),
    read: cellReader(column),
  }));
  const skips = map.skip.map((rule) => ({ at: names.indexOf(rule.column), is: new Set(rule.is) }));
  const nulls = new Set(["", ...map.nulls]);
  return (cells) => {
    if (cells.length !== names.length)
      return { kind: "rejected", reason: "it has not as many cells as the header" };
    if (skips.some((rule) => rule.is.has(cells[rule.at]?.trim() ?? ""))) return { kind: "skipped" };
    const row: { [target: string]: string } = { ...map.constants };
    for (const { target, at, read } of columns) {
      const cell = cells[at]?.trim() ?? "";
      const value = nulls.has(cell) ? "" : read(cell);
      if (value === null) return { kind: "rejected", reason: `${target} can't be read as the map says` };
      row[target] = value;
    }
    return { kind: "row", cells: row };
  };
}

/** What a cell means, or null if the map doesn't say. */
function cellReader(column: MappedColumn): (cell: string) => string | null {
  if (column.time !== null) {
    const read = timeReader(column.time);
    return (cell) => {
      const instant = read(cell);
      return instant === null ? null : formatInstant(instant);
    };
  }
  const values = new Map(Object.entries(column.values));
  const translated = (cell: string): string | null => (values.size === 0 ? cell : (values.get(cell) ?? null));
  if (!listTargets.has(column.target)) return translated;
  return (cell) => {
    const members = cell.split(column.separator).map((member) => translated(member.trim()));
    return members.every((member) => member !== null) ? joinFields(splitFields(members.join(";"))) : null;
  };
}
