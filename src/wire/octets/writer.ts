import { type Fault, type FaultCode, kept } from "./fault.ts";
import type { Frame } from "../frame/frame.ts";
import { chosenLongBytes } from "./chosen-limit.ts";
import { longFrameBytesCeiling, longFrameBytesMax } from "./limits.ts";

const capacityBytesFirst = 8192;
/** The next buffer is as large as the last was, but no larger than this, so that an idle writer doesn't hold a burst's. */
const capacityBytesKept: number = 128 * 1024;
const nothing: Buffer = Buffer.alloc(0);

/**
 * Collects encoded messages into one buffer. The first mistake in a message sticks until `end`, which then takes the whole
 * message back: a message goes out complete or not at all, and its length word is always computed, never copied.
 */
export class Writer {
  readonly longBytesMax: number;
  #bytes: Buffer = nothing;
  #capacity: number = capacityBytesFirst;
  #at = 0;
  #start = 0;
  #word = 0;
  #bytesMax = 0;
  #fault: FaultCode | null = null;

  /** @param longBytesMax frame bytes allowed to messages that hold SQL, rows or errors. */
  constructor(longBytesMax: number = longFrameBytesMax) {
    this.longBytesMax = chosenLongBytes(longBytesMax);
  }

  /** Bytes collected and not yet taken. */
  get length(): number {
    return this.#at;
  }

  /** Gives away what was collected and starts afresh; the given bytes are never written again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#at);
    if (taken.length > 0) this.#capacity = Math.min(this.#bytes.length, capacityBytesKept);
    this.#bytes = nothing;
    this.#at = 0;
    return taken;
  }

  /** Opens a message: its type byte (none in the startup phase) and room for its length, which may reach `bytesMax`. */
  begin(type: number | null, bytesMax: number): void {
    this.#start = this.#at;
    this.#fault = null;
    this.#bytesMax = bytesMax === longFrameBytesCeiling ? this.longBytesMax : bytesMax;
    if (type !== null) this.uint8(type);
    this.#word = this.#at;
    if (this.#room(4)) this.#at += 4;
  }

  /** Closes the message, or takes it back and says why. */
  end(message: string): Fault | null {
    const length = this.#at - this.#word;
    if (this.#fault === null && length > this.#bytesMax) this.#fault = "message_over_max";
    if (this.#fault === null) {
      this.#bytes.writeUInt32BE(length, this.#word);
      return null;
    }
    this.#at = this.#start;
    return kept(this.#fault, message);
  }

  /**
   * Appends a frame as it came. Its length was checked by the framer that made it, and its bytes are only as good as the
   * decoding that the caller did: what wasn't decoded must not be passed on (I2).
   */
  frame(frame: Frame): void {
    this.#fault = null;
    this.#start = this.#at;
    this.#bytesMax = longFrameBytesCeiling;
    this.slice(frame.bytes, frame.start, frame.end);
  }

  fail(code: FaultCode): void {
    this.#fault ??= code;
  }

  uint8(value: number): void {
    if (this.#fits(value, 0, 0xff) && this.#room(1)) this.#at = this.#bytes.writeUInt8(value, this.#at);
  }

  int16(value: number): void {
    if (this.#fits(value, -0x8000, 0x7fff) && this.#room(2))
      this.#at = this.#bytes.writeInt16BE(value, this.#at);
  }

  uint16(value: number): void {
    if (this.#fits(value, 0, 0xffff) && this.#room(2)) this.#at = this.#bytes.writeUInt16BE(value, this.#at);
  }

  int32(value: number): void {
    if (this.#fits(value, -0x8000_0000, 0x7fff_ffff) && this.#room(4))
      this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  uint32(value: number): void {
    if (this.#fits(value, 0, 0xffff_ffff) && this.#room(4))
      this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  count(count: number, countMax: number): void {
    if (count > countMax) this.fail("count_over_max");
    else this.uint16(count);
  }

  /** Text and its NUL. A NUL inside would end it early and let the rest be read as the next field. */
  text(value: string): void {
    if (value.includes("\0")) return this.fail("nul_in_text");
    if (!value.isWellFormed()) return this.fail("lone_surrogate");
    if (!this.#room(Buffer.byteLength(value) + 1)) return;
    this.#at += this.#bytes.write(value, this.#at, "utf8");
    this.#at = this.#bytes.writeUInt8(0, this.#at);
  }

  block(value: Buffer): void {
    this.slice(value, 0, value.length);
  }

  /** The bytes [start, end) of a block, without making a view of them. */
  slice(from: Buffer, start: number, end: number): void {
    if (this.#room(end - start)) this.#at += from.copy(this.#bytes, this.#at, start, end);
  }

  #fits(value: number, min: number, max: number): boolean {
    if (Number.isInteger(value) && value >= min && value <= max) return true;
    this.fail("number_out_of_range");
    return false;
  }

  #room(length: number): boolean {
    if (this.#fault !== null) return false;
    const needed = this.#at + length;
    if (needed <= this.#bytes.length) return true;
    // Checked before growing: an oversized message must not cost its size first.
    if (needed - this.#start > this.#bytesMax + 1) {
      this.fail("message_over_max");
      return false;
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, this.#capacity));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
    return true;
  }
}
