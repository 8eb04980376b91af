import { parseCustomerId, parseInstant, splitFields, joinFields, idBytesMax } from "../../domain/index.ts";
import type { CellKind, Column, Plan } from "./loader.ts";

/** The longest list cell, in bytes of UTF-8: sixteen ids' worth; every list is met again as one LowCardinality word. */
export const listBytesMax: number = 16 * idBytesMax;

/** A row as the store's tables hold it, ready for JSON. */
export type Row = Readonly<Record<string, string | number | null | Readonly<Record<string, string>>>>;

export interface Bad {
  readonly reason: string;
}

export function isBad(value: object): value is Bad {
  return "reason" in value;
}

/** The meaning of a record's cells, by the parsers of the domain. Reasons name the column, never the value. */
export function readCells(plan: Plan, cells: readonly string[], line: number): { readonly row: Row } | Bad {
  const row: Record<string, string | number | null | Record<string, string>> = { line };
  for (const column of plan.columns) {
    const cell = column.cell === null ? column.constant : (cells[column.cell] ?? "");
    const value = readCell(column.is, cell);
    if (value === undefined) return { reason: reasonFor(column, cell) };
    row[column.name] = value;
  }
  if (plan.segments !== null) {
    const segments: Record<string, string> = {};
    for (const { name, cell } of plan.segments) {
      const value = cells[cell] ?? "";
      if (!isText(value))
        return { reason: `${name} is longer than ${idBytesMax} bytes or holds control characters` };
      if (value !== "") segments[name] = value;
    }
    row["segments"] = segments;
  }
  return { row };
}

function readCell(is: CellKind, cell: string): string | null | undefined {
  if (is.kind === "id") return parseCustomerId(cell) ?? undefined;
  if (is.kind === "text") return isText(cell) ? cell : undefined;
  if (is.kind === "list") return readList(cell);
  if (is.kind === "oneOf") return cell === "" ? is.empty : is.values.includes(cell) ? cell : undefined;
  if (is.kind === "timeOrNone" && cell === "") return null;
  const instant = parseInstant(cell);
  // The store's own text of a time: 2019-05-01 12:00:00.000, in UTC.
  return instant === null ? undefined : new Date(instant).toISOString().slice(0, 23).replace("T", " ");
}

/** A list cell in its one form, undefined when it is too long or holds control characters. */
export function readList(cell: string): string | undefined {
  if (!cell.isWellFormed() || Buffer.byteLength(cell) > listBytesMax) return undefined;
  const list = joinFields(splitFields(cell));
  return /[\u0000-\u001f\u007f]/.test(list) ? undefined : list;
}

/** Text that isn't an id: the same bounds, and it may be empty. */
function isText(cell: string): boolean {
  return cell === "" || parseCustomerId(cell) !== null;
}

function reasonFor(column: Column, cell: string): string {
  const { name, is } = column;
  if (cell === "") return `${name} is empty`;
  if (is.kind === "time" || is.kind === "timeOrNone") return `${name} is no time that whosaw reads`;
  if (is.kind === "oneOf") return `${name} is none of ${is.values.join(", ")}`;
  if (is.kind === "list") return `${name} is longer than ${listBytesMax} bytes or holds control characters`;
  return `${name} is longer than ${idBytesMax} bytes or holds control characters`;
}
