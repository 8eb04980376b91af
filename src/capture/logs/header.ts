import { type Refusal, refusal } from "../../base/index.ts";
import { readRecord } from "./records.ts";

/** The first record of a CSV file and where the rows begin. */
export interface Header {
  readonly names: readonly string[];
  readonly delimiter: string;
  readonly carriageReturn: boolean;
  /** Bytes of the header, byte order mark included. */
  readonly bytes: number;
  /** Lines of the header; more than one when a name holds a line end. */
  readonly lines: number;
}

/** The longest header, in bytes. */
export const headerBytesMax: number = 1 << 18;

/** Bytes looked at to tell a text from something else when there is no header. */
const binaryLook = 4096;

const delimiters = [",", ";", "\t", "|"];

/** Reads the header from a file's first bytes. The delimiter is the one of , ; tab | that makes the most cells. */
export function readHeader(path: string, head: Buffer): Header | Refusal {
  const mark = head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  if (
    head.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])) ||
    head.subarray(0, 2).equals(Buffer.from([0xfe, 0xff]))
  )
    return refusal("input", `${path} is UTF-16`, "save it as UTF-8");
  const bytes = Buffer.concat([
    head.subarray(mark, headerBytesMax),
    Buffer.from(head.length < headerBytesMax ? "\n" : ""),
  ]);
  let best: Header | null = null;
  for (const delimiter of delimiters) {
    const record = readRecord(bytes, 0, delimiter.charCodeAt(0), true);
    if (record === null || "reason" in record) continue;
    if (best !== null && record.cells.length <= best.names.length) continue;
    best = {
      names: record.cells.map((name) => name.trim()),
      delimiter,
      carriageReturn: bytes[record.end - 2] === 13,
      bytes: mark + record.end,
      lines: record.lines,
    };
  }
  if (bytes.subarray(0, best?.bytes ?? binaryLook).includes(0))
    return refusal("input", `${path} is no text`, "give CSV, JSON Lines or Parquet");
  return (
    best ??
    refusal("input", `the first line of ${path} is no CSV header`, "name the columns in the first line")
  );
}
