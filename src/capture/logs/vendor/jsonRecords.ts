import { recordBytesMax } from "./normalised.ts";

/** A record as it stands in the file, or why it can't be had. `line` is that of its first byte. */
export type RawRecord =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly reason: string };

/** How deep a record may nest; OCSF's deepest paths are far below. */
export const jsonDepthMax = 100;

type Expect = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd";

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Cuts a stream of JSON into records: JSON Lines, values one after the other, the members of a list, or the members
 * of a list that an object holds under one of `wrapperKeys`. The grammar is followed byte by byte, so a record that
 * was cut off is noticed where the next one begins, not at the end of the file.
 * After a mistake it goes on at the next line (in a list: at the next line that begins with `{`).
 */
export class JsonFramer {
  readonly #wrapperKeys: readonly string[];
  readonly #bytesMax: number;
  readonly #out: RawRecord[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #line = 1;
  #stack: number[] = [];
  #expect: Expect = "value";
  #inString = false;
  #escaped = false;
  #inLiteral = false;
  /** Where the last string within a record starts. */
  #stringStart = 0;
  /** The record being read: where it starts, or -1. */
  #start = -1;
  #startLine = 1;
  /** How deep records lie: 0 at the top, 1 in a list, 2 in an object's list; -1 behind such a list. */
  #recordDepth = 0;
  #key = "";
  #skipping: "no" | "line" | "toBrace" = "no";
  #sawMistake = false;

  constructor(wrapperKeys: readonly string[], bytesMax: number = recordBytesMax) {
    this.#wrapperKeys = wrapperKeys;
    this.#bytesMax = bytesMax;
  }

  /** The records that end within what has come so far. */
  push(chunk: Uint8Array): readonly RawRecord[] {
    this.#bytes = this.#joined(chunk);
    this.#scan();
    return this.#out.splice(0);
  }

  /** What is left at the end of the file. */
  end(): readonly RawRecord[] {
    for (;;) {
      this.#endLiteral();
      if (this.#start < 0) break;
      this.#fail("the record is cut off");
      this.#scan();
    }
    if (this.#stack.length > 0 && !this.#sawMistake)
      this.#out.push({ line: this.#line, reason: "the file is cut off: its list is not closed" });
    return this.#out.splice(0);
  }

  #joined(chunk: Uint8Array): Buffer {
    const keep = this.#start < 0 ? this.#at : this.#start;
    if (this.#start >= 0) this.#start = 0;
    this.#stringStart -= keep;
    this.#at -= keep;
    return Buffer.concat([this.#bytes.subarray(keep), chunk]);
  }

  #scan(): void {
    while (this.#at < this.#bytes.length) {
      if (this.#start >= 0 && this.#at - this.#start >= this.#bytesMax) {
        this.#fail(`the record is longer than ${this.#bytesMax} bytes`);
        continue;
      }
      const byte = this.#bytes[this.#at] ?? 0;
      if (this.#skipping !== "no") this.#skip(byte);
      else if (this.#inString) this.#string(byte);
      else this.#outside(byte);
    }
  }

  /** Where the run of plain bytes of a string ends: at a quote, an escape, a control character, or the limit. */
  #plainEnd(): number {
    const bytes = this.#bytes;
    const end = this.#start < 0 ? bytes.length : Math.min(bytes.length, this.#start + this.#bytesMax);
    let at = this.#at;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === quote || byte === backslash || byte < 0x20) break;
    }
    return at;
  }

  #string(byte: number): void {
    const plain = this.#escaped ? this.#at : this.#plainEnd();
    if (plain > this.#at) {
      this.#at = plain;
      return;
    }
    if (byte < 0x20) return this.#fail("a string is not closed on its line");
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) {
      if (this.#expect === "key" || this.#expect === "keyOrEnd") {
        this.#key =
          this.#stack.length === 1 && this.#recordDepth === 0
            ? this.#bytes.toString("latin1", this.#stringStart + 1, this.#at)
            : "";
        this.#expect = "colon";
      } else this.#valueEnded(this.#at + 1);
      this.#inString = false;
    }
    this.#at++;
  }

  #outside(byte: number): void {
    if (isLiteralByte(byte)) {
      if (!this.#inLiteral && !this.#valueStarts()) return;
      this.#inLiteral = true;
      this.#at++;
      return;
    }
    this.#endLiteral();
    if (byte === newline) this.#line++;
    else if (byte === 0x20 || byte === 0x09 || byte === 0x0d || this.#isMark(byte)) {
      // White space says nothing.
    } else if (byte === quote) {
      if (this.#expect !== "key" && this.#expect !== "keyOrEnd" && !this.#valueStarts()) return;
      this.#inString = true;
      this.#stringStart = this.#at;
    } else if (byte === openBrace || byte === openBracket) return this.#open(byte);
    else if (byte === closeBrace || byte === closeBracket) return this.#close(byte);
    else if (byte === comma && this.#expect === "commaOrEnd" && this.#stack.length > 0)
      this.#expect = this.#stack.at(-1) === openBrace ? "key" : "value";
    else if (byte === colon && this.#expect === "colon") this.#expect = "value";
    else return this.#fail("not JSON");
    this.#at++;
  }

  /** The byte order mark that some programs write before the first value. */
  #isMark(byte: number): boolean {
    return (
      (byte === 0xef || byte === 0xbb || byte === 0xbf) &&
      this.#line === 1 &&
      this.#start < 0 &&
      this.#stack.length === 0 &&
      !this.#sawMistake
    );
  }

  #valueStarts(): boolean {
    if (this.#expect !== "value" && this.#expect !== "valueOrEnd") {
      this.#fail("not JSON");
      return false;
    }
    if (this.#stack.length === this.#recordDepth) {
      this.#start = this.#at;
      this.#startLine = this.#line;
    }
    return true;
  }

  #endLiteral(): void {
    if (!this.#inLiteral) return;
    this.#inLiteral = false;
    this.#valueEnded(this.#at);
  }

  #open(byte: number): void {
    if (this.#recordDepth === 0 && this.#isList(byte)) {
      this.#recordDepth = this.#stack.length + 1;
      this.#start = -1;
      this.#sawMistake = false;
    } else if (!this.#valueStarts()) return;
    else if (this.#stack.length >= jsonDepthMax)
      return this.#fail(`nested deeper than ${jsonDepthMax} levels`);
    this.#stack.push(byte);
    this.#expect = byte === openBrace ? "keyOrEnd" : "valueOrEnd";
    this.#at++;
  }

  /** A list of records opens here. */
  #isList(byte: number): boolean {
    if (byte !== openBracket || this.#expect !== "value") return false;
    return this.#stack.length === 0 || (this.#stack.length === 1 && this.#wrapperKeys.includes(this.#key));
  }

  #close(byte: number): void {
    const matches = this.#stack.at(-1) === (byte === closeBrace ? openBrace : openBracket);
    const allowed: Expect = byte === closeBrace ? "keyOrEnd" : "valueOrEnd";
    if (!matches || (this.#expect !== allowed && this.#expect !== "commaOrEnd"))
      return this.#fail("not JSON");
    this.#stack.pop();
    this.#at++;
    this.#valueEnded(this.#at);
  }

  #valueEnded(end: number): void {
    const depth = this.#stack.length;
    if (depth === this.#recordDepth && this.#start >= 0) {
      this.#emit(this.#bytes.subarray(this.#start, end));
      this.#start = -1;
    } else if (this.#recordDepth > depth) this.#recordDepth = -1;
    if (depth === 0) this.#recordDepth = 0;
    this.#expect = depth === 0 ? "value" : "commaOrEnd";
  }

  #emit(bytes: Uint8Array): void {
    const text = utf8(bytes);
    this.#out.push(
      text === null ? { line: this.#startLine, reason: "not UTF-8" } : { line: this.#startLine, text },
    );
  }

  /** Rejects the record that is being read, or the line where none could begin, and goes on behind its first line. */
  #fail(reason: string): void {
    const inRecord = this.#start >= 0;
    this.#out.push({ line: inRecord ? this.#startLine : this.#line, reason });
    this.#sawMistake = true;
    if (inRecord) {
      this.#at = this.#start;
      this.#line = this.#startLine;
    }
    this.#start = -1;
    this.#inString = false;
    this.#escaped = false;
    this.#inLiteral = false;
    if (this.#recordDepth > 0) {
      this.#stack.length = this.#recordDepth;
      this.#expect = "valueOrEnd";
    } else {
      this.#stack.length = 0;
      this.#recordDepth = 0;
      this.#expect = "value";
    }
    this.#skipping = "line";
  }

  #skip(byte: number): void {
    if (this.#skipping === "toBrace") {
      if (byte === openBrace) {
        this.#skipping = "no";
        return;
      }
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== comma && byte !== newline)
        this.#skipping = "line";
    }
    if (byte === newline) {
      this.#line++;
      if (this.#skipping === "line") this.#skipping = this.#recordDepth > 0 ? "toBrace" : "no";
    }
    this.#at++;
  }
}

function isLiteralByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of the bytes, or null if they are not UTF-8. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export interface Framer {
  push(chunk: Uint8Array): readonly RawRecord[];
  end(): readonly RawRecord[];
}

/** Runs a framer over a stream. */
export async function* framed(bytes: AsyncIterable<Uint8Array>, framer: Framer): AsyncGenerator<RawRecord> {
  for await (const chunk of bytes) yield* framer.push(chunk);
  yield* framer.end();
}

/** Frames JSON if the first character that says anything opens an object or a list, else what `other` makes. */
export class EitherFramer implements Framer {
  readonly #wrapperKeys: readonly string[];
  readonly #other: () => Framer;
  #chosen: Framer | null = null;
  /** Line breaks in chunks that say nothing, before the framer that counts lines is chosen. */
  #blankLines = 0;
  isJson = false;

  constructor(wrapperKeys: readonly string[], other: () => Framer) {
    this.#wrapperKeys = wrapperKeys;
    this.#other = other;
  }

  push(chunk: Uint8Array): readonly RawRecord[] {
    if (this.#chosen === null) {
      // Blanks and a byte order mark come before either.
      const first = chunk.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
      if (first === undefined) {
        this.#blankLines += chunk.filter((byte) => byte === newline).length;
        return [];
      }
      this.isJson = first === openBrace || first === openBracket;
      this.#chosen = this.isJson ? new JsonFramer(this.#wrapperKeys) : this.#other();
    }
    return this.#moved(this.#chosen.push(chunk));
  }

  end(): readonly RawRecord[] {
    return this.#moved(this.#chosen?.end() ?? []);
  }

  #moved(records: readonly RawRecord[]): readonly RawRecord[] {
    return this.#blankLines === 0
      ? records
      : records.map((record) => ({ ...record, line: record.line + this.#blankLines }));
  }
}
