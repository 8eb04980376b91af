import { isUtf8 } from "node:buffer";
import type { FaultCode } from "./fault.ts";

const nothing: Buffer = Buffer.alloc(0);

/**
 * A cursor over one frame's body. The first mistake sticks: from then on every read gives zero, an empty text or an empty
 * view, so that a codec reads straight through and its caller asks `fault` once, at the end. It never throws and never
 * reads outside the body. Blocks are views of the frame, not copies.
 *
 * Text is UTF-8 up to its NUL. Bytes that aren't UTF-8 are a fault, not replaced: two different names must not become one.
 * A session must therefore run with client_encoding = UTF8.
 */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at = 0;
  #fault: FaultCode | null = null;

  /** @param body the body and nothing else: a text without its NUL must not be looked for in the next frame. */
  constructor(body: Buffer) {
    this.#bytes = body;
    this.#end = body.length;
  }

  get fault(): FaultCode | null {
    return this.#fault;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Only the first mistake counts; what follows it is its echo. */
  fail(code: FaultCode): void {
    this.#fault ??= code;
    this.#at = this.#end;
  }

  uint8(): number {
    return this.#has(1) ? this.#bytes.readUInt8(this.#move(1)) : 0;
  }

  int16(): number {
    return this.#has(2) ? this.#bytes.readInt16BE(this.#move(2)) : 0;
  }

  uint16(): number {
    return this.#has(2) ? this.#bytes.readUInt16BE(this.#move(2)) : 0;
  }

  int32(): number {
    return this.#has(4) ? this.#bytes.readInt32BE(this.#move(4)) : 0;
  }

  uint32(): number {
    return this.#has(4) ? this.#bytes.readUInt32BE(this.#move(4)) : 0;
  }

  /** A 32-bit number that can only be this one: the code of an authentication or startup request. */
  code(expected: number): void {
    if (this.int32() !== expected) this.fail("unknown_value");
  }

  /** A 16-bit count. It is read unsigned, as PostgreSQL does, so a "negative" count is only a large one. */
  count(countMax: number): number {
    const count = this.uint16();
    if (count <= countMax) return count;
    this.fail("count_over_max");
    return 0;
  }

  /**
   * `count` items of at least `bytesEach`; the room for them is checked before the first is read, so a large count in a
   * small frame allocates nothing.
   */
  list<Item>(count: number, bytesEach: number, item: (from: Reader) => Item): readonly Item[] {
    const items: Item[] = [];
    if (!this.#has(count * bytesEach)) return items;
    for (let index = 0; index < count && this.#fault === null; index++) items.push(item(this));
    return items;
  }

  text(): string {
    const stop = this.#bytes.indexOf(0, this.#at);
    if (stop === -1) {
      this.fail("unterminated_text");
      return "";
    }
    const start = this.#at;
    this.#at = stop + 1;
    if (isUtf8(this.#bytes.subarray(start, stop))) return this.#bytes.toString("utf8", start, stop);
    this.fail("invalid_utf8");
    return "";
  }

  /** The next `length` bytes as a view. */
  block(length: number): Buffer {
    if (length < 0) {
      this.fail("negative_length");
      return nothing;
    }
    if (!this.#has(length)) return nothing;
    const start = this.#move(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.block(this.remaining);
  }

  #has(length: number): boolean {
    if (this.#at + length <= this.#end && this.#fault === null) return true;
    this.fail("truncated");
    return false;
  }

  #move(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
