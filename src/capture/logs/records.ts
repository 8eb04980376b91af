/**
 * RFC 4180 records, read with care: a record that breaks the rules costs its own first line and nothing behind it.
 * A quote may only open a cell at its start, and only a delimiter, a line end or a second quote may follow the closing one.
 */

/** The longest record, in bytes. A quote that isn't closed within it was never meant as one. */
export const recordBytesMax: number = 1 << 20;

export type RawRecord =
  | {
      readonly cells: readonly string[];
      readonly start: number;
      readonly end: number;
      readonly lines: number;
    }
  | { readonly reason: string; readonly start: number; readonly end: number; readonly lines: number };

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;

/**
 * The record that starts at `start`, or null when the bytes end within it and more may come. `bytes` must end with a
 * line end when `final`.
 */
export function readRecord(
  bytes: Buffer,
  start: number,
  delimiter: number,
  final: boolean,
): RawRecord | null {
  const cells: string[] = [];
  let at = start;
  let lines = 1;
  for (;;) {
    if (bytes[at] === quote) {
      const close = closingQuote(bytes, at + 1, start + recordBytesMax);
      if (close === null) return unfinished(bytes, start, final, "a quote is opened and not closed");
      const text = bytes.toString("utf8", at + 1, close).replaceAll('""', '"');
      lines += countLines(bytes, at + 1, close);
      cells.push(text);
      at = close + 1;
      if (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) at++;
      if (at >= bytes.length) return final ? broken(bytes, start, "the file ends within a record") : null;
      if (bytes[at] !== delimiter && bytes[at] !== lineFeed)
        return broken(bytes, start, "text follows a closing quote");
    } else {
      const end = plainEnd(bytes, at, delimiter);
      if (end === null) return unfinished(bytes, start, final, "the file ends within a record");
      const cut = bytes[end] === lineFeed && bytes[end - 1] === carriageReturn && end > at ? end - 1 : end;
      const text = bytes.toString("utf8", at, cut);
      if (text.includes('"')) return broken(bytes, start, "a quote stands inside an unquoted cell");
      cells.push(text);
      at = end;
    }
    if (bytes[at] === lineFeed) {
      if (at - start > recordBytesMax) return broken(bytes, start, `longer than ${recordBytesMax} bytes`);
      return { cells, start, end: at + 1, lines };
    }
    at++;
  }
}

function closingQuote(bytes: Buffer, from: number, bound: number): number | null {
  for (let at = bytes.indexOf(quote, from); at >= 0 && at < bound; at = bytes.indexOf(quote, at + 2))
    if (bytes[at + 1] !== quote) return at + 1 < bytes.length ? at : null;
  return null;
}

function plainEnd(bytes: Buffer, from: number, delimiter: number): number | null {
  for (let at = from; at < bytes.length; at++)
    if (bytes[at] === delimiter || bytes[at] === lineFeed) return at;
  return null;
}

function unfinished(bytes: Buffer, start: number, final: boolean, reason: string): RawRecord | null {
  return final || bytes.length - start > recordBytesMax ? broken(bytes, start, reason) : null;
}

/** The record's first line is lost; reading goes on behind it. */
function broken(bytes: Buffer, start: number, reason: string): RawRecord | null {
  const end = bytes.indexOf(lineFeed, start);
  return end < 0 ? null : { reason, start, end: end + 1, lines: 1 };
}

export function countLines(bytes: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < to; at = bytes.indexOf(lineFeed, at + 1))
    lines++;
  return lines;
}

/**
 * How many bytes from `start` hold whole records that any RFC 4180 reader takes alike: `cells` cells each, quotes only
 * where they belong, no line ends within them. `regular` is false when something else is found.
 */
export function scanQuoted(
  bytes: Buffer,
  delimiter: number,
  cells: number,
): { readonly regular: boolean; readonly end: number; readonly lines: number } {
  let [at, end, lines, count] = [0, 0, 0, 1];
  const length = bytes.length;
  while (at < length) {
    // At the start of a cell.
    if (bytes[at] === quote) {
      at = bytes.indexOf(quote, at + 1);
      while (at >= 0 && bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2);
      if (at < 0) break;
      at++;
      if (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) at++;
    } else {
      while (at < length && bytes[at] !== delimiter && bytes[at] !== lineFeed) {
        if (bytes[at] === quote) return { regular: false, end, lines };
        at++;
      }
    }
    if (at >= length) break;
    if (bytes[at] === delimiter) count++;
    else if (bytes[at] === lineFeed) {
      if (count !== cells) return { regular: false, end, lines };
      [end, lines, count] = [at + 1, lines + 1, 1];
    } else return { regular: false, end, lines };
    at++;
  }
  // A line end inside a quoted cell would shift every line number behind it.
  return countLines(bytes, 0, end) === lines
    ? { regular: true, end, lines }
    : { regular: false, end: 0, lines: 0 };
}
