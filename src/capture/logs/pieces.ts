import { isUtf8 } from "node:buffer";
import { countLines, recordBytesMax, readRecord, scanQuoted } from "./records.ts";

/** Some megabytes of whole records, and the way they must be read. */
export interface Piece {
  /**
   * `lines`: every record is a line; `quoted`: quotes, but every record is a line and has the right number of cells;
   * `careful`: anything else.
   */
  readonly kind: "lines" | "quoted" | "careful";
  readonly bytes: Buffer;
  readonly firstLine: number;
  readonly lines: number;
  readonly utf8: boolean;
  /** Where the piece ends in the text. */
  readonly end: number;
  /** A line too long to be kept: its first bytes are all there is. */
  readonly overlong: boolean;
}

export interface Cutting {
  readonly delimiter: string | null;
  readonly cells: number;
  readonly pieceBytes: number;
  /** Where in the text to begin, and the number of the line there. */
  readonly offset: number;
  readonly line: number;
}

const lineFeed = 10;
const quote = 34;

/** Cuts a text at its record ends. The last record may lack its line end. */
export async function* cutPieces(text: AsyncIterable<Buffer>, cutting: Cutting): AsyncGenerator<Piece> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let skip = cutting.offset;
  let [end, line, discarding] = [cutting.offset, cutting.line, false];
  const cut = function* (final: boolean): Generator<Piece> {
    let bytes = Buffer.concat(held);
    if (final && bytes.length > 0 && bytes.at(-1) !== lineFeed)
      bytes = Buffer.concat([bytes, Buffer.of(lineFeed)]);
    let start = 0;
    while (start < bytes.length) {
      const rest = bytes.subarray(start);
      if (discarding) {
        const close = rest.indexOf(lineFeed);
        const gone = close < 0 ? rest.length : close + 1;
        [start, end, discarding] = [start + gone, end + gone, close < 0];
        if (!discarding) line++;
        continue;
      }
      const piece = takePiece(rest, cutting, final);
      if (piece === null) {
        if (rest.length <= recordBytesMax || rest.includes(lineFeed)) break;
        // One line beyond every bound: what it said is not kept, that it was there is.
        yield {
          kind: "careful",
          bytes: rest.subarray(0, 256),
          firstLine: line,
          lines: 1,
          utf8: true,
          end,
          overlong: true,
        };
        discarding = true;
        continue;
      }
      [start, end] = [start + piece.bytes.length, end + piece.bytes.length];
      yield { ...piece, firstLine: line, end, overlong: false };
      line += piece.lines;
    }
    held = start < bytes.length ? [bytes.subarray(start)] : [];
    heldBytes = bytes.length - start;
  };
  for await (const chunk of text) {
    const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    held.push(fresh);
    heldBytes += fresh.length;
    if (heldBytes >= cutting.pieceBytes) yield* cut(false);
  }
  yield* cut(true);
}

type Taken = Pick<Piece, "kind" | "bytes" | "lines" | "utf8">;

function takePiece(bytes: Buffer, cutting: Cutting, final: boolean): Taken | null {
  if (cutting.delimiter === null || !bytes.includes(quote)) return takeLines(bytes);
  const delimiter = cutting.delimiter.charCodeAt(0);
  const scan = scanQuoted(bytes, delimiter, cutting.cells);
  if (scan.regular && scan.end > 0) return whole("quoted", bytes.subarray(0, scan.end), scan.lines);
  return takeCarefully(bytes, delimiter, final);
}

function takeLines(bytes: Buffer): Taken | null {
  const end = bytes.lastIndexOf(lineFeed) + 1;
  if (end === 0) return null;
  const taken = bytes.subarray(0, end);
  return whole("lines", taken, countLines(taken, 0, end));
}

function takeCarefully(bytes: Buffer, delimiter: number, final: boolean): Taken | null {
  let end = 0;
  let lines = 0;
  for (;;) {
    const record = end < bytes.length ? readRecord(bytes, end, delimiter, final) : null;
    if (record === null) break;
    end = record.end;
    lines += record.lines;
  }
  return end === 0 ? null : whole("careful", bytes.subarray(0, end), lines);
}

function whole(kind: Piece["kind"], bytes: Buffer, lines: number): Taken {
  return { kind, bytes, lines, utf8: isUtf8(bytes) };
}
