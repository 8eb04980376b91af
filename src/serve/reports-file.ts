import { readFile, stat } from "node:fs/promises";
import { isUtf8 } from "node:buffer";
import { parse } from "csv-parse/sync";
import { type Clock, type Refusal, isRefusal, refusal, systemClock } from "../base/index.ts";
import {
  type CustomerId,
  type Instant,
  type Report,
  parseCustomerId,
  parseInstant,
  splitFields,
} from "../domain/index.ts";
import { reportsMax } from "../trace/index.ts";

/** A file of reports is what people wrote down; ten million of them is another kind of file. */
export const reportsBytesMax: number = 256 * 2 ** 20;

export interface ReportsFile {
  readonly reports: readonly Report[];
  /** Lines that break a rule, with the reason: told to the user, and the exit code says so. */
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}

/** Reads `customer,time[,knew,note]` as CSV or JSON Lines; `-` is stdin. The note is not kept. */
export async function readReports(file: string, clock: Clock = systemClock): Promise<ReportsFile | Refusal> {
  const read = await readFileOfReports(file, clock() + clockSkewMillis);
  if (isRefusal(read)) return read;
  if (read.reports.length > reportsMax)
    return refusal(
      "input",
      `${file} holds ${read.reports.length} reports; at most ${reportsMax} are weighed at once`,
      "Is it the right file? Give the reports of the wave in question.",
    );
  return read;
}

/** How far a call may lie ahead of this machine's clock: a zone taken for UTC. */
const clockSkewMillis = 86_400_000;

async function readFileOfReports(file: string, latest: number): Promise<ReportsFile | Refusal> {
  const bytes = await bytesOf(file);
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (!isUtf8(bytes))
    return refusal("input", `${file} is not UTF-8`, "Save it as UTF-8 (CSV or JSON Lines).");
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (text.trim() === "")
    return refusal("input", `${file} is empty`, "Give at least a header: customer,time,knew,note.");
  return text.trimStart().startsWith("{") ? fromLines(text, latest) : fromCsv(file, text, latest);
}

async function bytesOf(file: string): Promise<Buffer | Refusal> {
  try {
    if (file === "-") {
      const pieces: Buffer[] = [];
      for await (const piece of process.stdin) pieces.push(Buffer.from(piece as Uint8Array));
      return Buffer.concat(pieces);
    }
    const { size } = await stat(file);
    if (size > reportsBytesMax)
      return refusal(
        "input",
        `${file} has ${size} bytes, more than reports have (${reportsBytesMax})`,
        "Is it the right file?",
      );
    return await readFile(file);
  } catch (error) {
    return refusal(
      "input",
      `can't read the reports ${file}: ${error instanceof Error ? error.message : String(error)}`,
      "Name a file of reports: customer,time,knew,note.",
    );
  }
}

function fromCsv(file: string, text: string, latest: number): ReportsFile | Refusal {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: delimiterOf(text),
    }) as never;
  } catch (error) {
    return refusal(
      "input",
      `${file}: ${error instanceof Error ? error.message : String(error)}`,
      "Mend the quotes there.",
    );
  }
  const [head, ...rows] = records;
  const names = (head?.record ?? []).map((name) => name.trim().toLowerCase());
  const missing = ["customer", "time"].filter((name) => !names.includes(name));
  if (missing.length > 0) {
    return refusal(
      "input",
      `${file} has no column ${missing.join(", ")}; found ${names.slice(0, 20).join(", ")}`,
      "The first line must name the columns: customer,time,knew,note.",
    );
  }
  return collect(
    rows.map(({ record, info }) => ({
      line: info.lines,
      cells:
        record.length === names.length
          ? Object.fromEntries(names.map((name, i) => [name, record[i] ?? ""]))
          : `${record.length} cells where the header has ${names.length}`,
    })),
    latest,
  );
}

function delimiterOf(text: string): string {
  const head = text.slice(0, text.indexOf("\n") < 0 ? text.length : text.indexOf("\n"));
  return [",", ";", "\t"].find((delimiter) => head.includes(delimiter)) ?? ",";
}

function fromLines(text: string, latest: number): ReportsFile {
  return collect(
    text
      .split("\n")
      .flatMap((line, i) => (line.trim() === "" ? [] : [{ line: i + 1, cells: jsonCells(line) }])),
    latest,
  );
}

function jsonCells(line: string): Record<string, string> | string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "no JSON object";
    return Object.fromEntries(
      Object.entries(value).map(([name, cell]) => [name.toLowerCase(), cellText(cell)]),
    );
  } catch {
    return "no JSON";
  }
}

function cellText(cell: unknown): string {
  if (Array.isArray(cell)) return cell.map(cellText).join(";");
  return typeof cell === "string" || typeof cell === "number" ? String(cell) : "";
}

function collect(
  rows: readonly { line: number; cells: Record<string, string> | string }[],
  latest: number,
): ReportsFile {
  const reports: Report[] = [];
  const rejected: { line: number; reason: string }[] = [];
  for (const { line, cells } of rows) {
    const report = typeof cells === "string" ? cells : reportOf(cells, latest);
    if (typeof report === "string") rejected.push({ line, reason: report });
    else reports.push(report);
  }
  return { reports, rejected };
}

function reportOf(cells: Readonly<Record<string, string>>, latest: number): Report | string {
  const customer: CustomerId | null = parseCustomerId((cells["customer"] ?? "").trim());
  if (customer === null) return "customer is no id (1 to 256 bytes, no control characters)";
  const time: Instant | null = parseInstant((cells["time"] ?? "").trim());
  if (time === null) return "time is no time";
  // Every read lies before a call that hasn't come yet: a mistyped year would make each of them a hit.
  if (time > latest) return "the call lies in the future";
  return { customer, time, knew: splitFields((cells["knew"] ?? "").toLowerCase()) };
}
