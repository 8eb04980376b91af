import { isUtf8 } from "node:buffer";
import { type Bad, isBad, readCells, type Row } from "./cells.ts";
import type { Lists } from "./lists.ts";
import type { Plan } from "./loader.ts";
import { readRecord, recordBytesMax } from "./records.ts";

/** One line as text: a row, a reason, or nothing where the line is blank. */
export type LineReader = (line: Buffer, number: number) => { readonly row: Row } | Bad | null;

/** The careful reading of one line of CSV; it ends with its line end. */
export function csvLines(plan: Plan, delimiter: string, lists: Lists): LineReader {
  return (line, number) => {
    const record = readRecord(line, 0, delimiter.charCodeAt(0), true);
    if (record === null) return { reason: "the file ends within a record" };
    return "reason" in record
      ? record
      : csvRow({ plan, lists }, line.subarray(0, record.end), record.cells, number);
  };
}

/** What the rows of a file are read by. */
export interface Reading {
  readonly plan: Plan;
  readonly lists: Lists;
}

/** A record's cells as a row; null for a blank line, which holds no record. */
export function csvRow(
  { plan, lists }: Reading,
  bytes: Buffer,
  cells: readonly string[],
  number: number,
): { readonly row: Row } | Bad | null {
  if (cells.length === 1 && (cells[0] ?? "").trim() === "" && !bytes.includes(34)) return null;
  if (!isUtf8(bytes)) return { reason: "the line is not UTF-8" };
  if (bytes.length > recordBytesMax) return { reason: `longer than ${recordBytesMax} bytes` };
  if (cells.length !== plan.cells.length)
    return { reason: `${cells.length} cells where the header names ${plan.cells.length}` };
  learnLists({ plan, lists }, cells);
  return readCells(plan, cells, number);
}

function learnLists({ plan, lists }: Reading, cells: readonly string[]): void {
  for (const { is, cell } of plan.columns)
    if (is.kind === "list" && cell !== null) lists.learn(cells[cell] ?? "");
}

/** The careful reading of one line of JSON Lines. */
export function jsonLines({ plan, lists }: Reading): LineReader {
  return (line, number) => {
    if (!isUtf8(line)) return { reason: "the line is not UTF-8" };
    if (line.length > recordBytesMax) return { reason: `longer than ${recordBytesMax} bytes` };
    const text = line.toString("utf8").trim();
    if (text === "") return null;
    const value = parseObject(text);
    if (value === null) return { reason: "no JSON object" };
    const own = ownPlan(plan, value);
    const cells: string[] = [];
    for (const name of own.cells) {
      const cell = memberText(value[name]);
      if (cell === null) return { reason: `${name} is neither text, an exact number nor a list of texts` };
      cells.push(cell);
    }
    const read = readCells(own, cells, number);
    if (!isBad(read)) learnLists({ plan: own, lists }, cells);
    return read;
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

/** Further members of a customer are segments, and each line may have its own. */
function ownPlan(plan: Plan, value: JsonObject): Plan {
  if (plan.segments === null) return plan;
  const others = Object.keys(value).filter((name) => !plan.cells.includes(name));
  const segments = others.map((name, at) => ({ name: name.toLowerCase(), cell: plan.cells.length + at }));
  return { ...plan, cells: [...plan.cells, ...others], segments };
}

/** The text that a CSV cell would hold, or null where there is none. */
function memberText(value: unknown): string | null {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.startsWith("[") ? (listText(parseList(value)) ?? value) : value;
  if (typeof value === "number")
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
      ? String(value)
      : null;
  return listText(value);
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function listText(value: unknown): string | null {
  if (!Array.isArray(value) || !value.every((member) => typeof member === "string")) return null;
  return value.join(";");
}
