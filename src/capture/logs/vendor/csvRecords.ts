import { type RawRecord, utf8 } from "./jsonRecords.ts";
import { recordBytesMax } from "./normalised.ts";

const newline = 0x0a;
const quote = 0x22;

/**
 * Cuts a stream of CSV (RFC 4180) into records, which may run over several lines. After a record that can't be one it
 * goes on behind the record's first line, so that one lost quote costs one record and not the rest of the file.
 */
export class CsvFramer {
  readonly #bytesMax: number;
  readonly #delimiter: string;
  readonly #out: RawRecord[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  /** How far the record at the buffer's start was searched for its end. */
  #at = 0;
  #line = 1;
  /** Line breaks within the record so far. */
  #breaks = 0;
  #quoted = false;
  #skipping = false;

  constructor(delimiter = ",", bytesMax: number = recordBytesMax) {
    this.#delimiter = delimiter;
    this.#bytesMax = bytesMax;
  }

  /** The records that end within what has come so far; their cells are `csvCells` of the text. */
  push(chunk: Uint8Array): readonly RawRecord[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
    this.#scan(false);
    return this.#out.splice(0);
  }

  end(): readonly RawRecord[] {
    this.#scan(true);
    return this.#out.splice(0);
  }

  #scan(last: boolean): void {
    let start = 0;
    let at = this.#at;
    for (;;) {
      const end = this.#endOfRecord(at);
      if (end < 0 && this.#tooLong(start))
        start = this.#reject(start, `the record is longer than ${this.#bytesMax} bytes`);
      else if (end < 0 && last && start < this.#bytes.length) start = this.#take(start, this.#bytes.length);
      else if (end < 0) break;
      else start = this.#take(start, end);
      at = start;
    }
    this.#bytes = this.#bytes.subarray(start);
    this.#at = this.#bytes.length;
  }

  #tooLong(start: number): boolean {
    return !this.#skipping && this.#bytes.length - start > this.#bytesMax;
  }

  /** Where the record's line break stands, or -1. */
  #endOfRecord(from: number): number {
    for (let at = from; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at];
      if (byte === quote && !this.#skipping) this.#quoted = !this.#quoted;
      else if (byte === newline) {
        if (!this.#quoted) return at;
        this.#breaks++;
      }
    }
    return -1;
  }

  /** Takes the record that ends before `end`; says where the next one starts. */
  #take(start: number, end: number): number {
    const raw = this.#bytes.subarray(start, end);
    if (this.#skipping) return this.#next(end);
    if (this.#quoted) return this.#reject(start, "a quoted cell is not closed");
    if (raw.length > this.#bytesMax)
      return this.#reject(start, `the record is longer than ${this.#bytesMax} bytes`);
    const decoded = utf8(raw);
    const text = decoded === null ? null : withoutMark(decoded, this.#line).replace(/\r$/, "");
    if (text === null) return this.#reject(start, "not UTF-8");
    if (csvCells(text, this.#delimiter) === null) return this.#reject(start, "a quote stands where none may");
    if (text !== "") this.#out.push({ line: this.#line, text });
    return this.#next(end);
  }

  /** Rejects the record and goes on behind its first line. */
  #reject(start: number, reason: string): number {
    this.#out.push({ line: this.#line, reason });
    this.#quoted = false;
    this.#breaks = 0;
    const end = this.#bytes.indexOf(newline, start);
    if (end >= 0) return this.#next(end);
    // Its first line goes on in what is still to come.
    this.#skipping = true;
    return this.#bytes.length;
  }

  #next(end: number): number {
    this.#line += this.#breaks + 1;
    this.#breaks = 0;
    this.#quoted = false;
    this.#skipping = false;
    return end + 1;
  }
}

/** Without the byte order mark that spreadsheets write before the first record. */
function withoutMark(text: string, line: number): string {
  return line === 1 && text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** The cells of one record, or null where a quote stands within an unquoted cell or text behind a closing quote. */
export function csvCells(text: string, delimiter = ","): string[] | null {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0) return null;
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
      if (at < text.length && text[at] !== delimiter) return null;
    } else {
      const end = text.indexOf(delimiter, at);
      const cell = text.slice(at, end < 0 ? text.length : end);
      if (cell.includes('"')) return null;
      cells.push(cell);
      at = end < 0 ? text.length : end;
    }
    if (at >= text.length) return cells;
    at++;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}
