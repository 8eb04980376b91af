import { unreadBytesMax, unreadChunksMax } from "../octets/limits.ts";

const nothing: Buffer = Buffer.alloc(0);
const gatherBytesFirst = 4096;

/**
 * Makes contiguous runs of bytes out of chunks of any size. A run that lies in one chunk is used where it is; only a run
 * that crosses chunks is copied, and the copy grows with what has arrived (at most twice that), never with what a length
 * word promises: a peer that announces 64 MiB and sends nothing costs nothing.
 */
export class Assembler {
  #block: Buffer = nothing;
  #at = 0;
  #end = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The last block made here. Only it may be written to: a chunk that was fed belongs to whoever holds its frames. */
  #gathered: Buffer = nothing;

  /** The block that holds the run that `have` last confirmed, from `at`. */
  get block(): Buffer {
    return this.#block;
  }

  get at(): number {
    return this.#at;
  }

  /** Bytes that were fed and are not part of a frame yet. */
  get unread(): number {
    return this.#end - this.#at + this.#waitingBytes;
  }

  /**
   * Takes a chunk, which its giver must not write to afterwards. A chunk of any size is taken when none waits; if others
   * wait, only up to `unreadBytesMax` and `unreadChunksMax` in all. @returns false if that was exceeded.
   */
  feed(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (this.#waiting.length > 0 && this.unread + chunk.length > unreadBytesMax) return false;
    if (this.#waiting.length >= unreadChunksMax) return false;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    return true;
  }

  /** Are `length` bytes there, in one piece? Makes it so if they have arrived. */
  have(length: number): boolean {
    while (this.#end - this.#at < length) {
      const chunk = this.#waiting[0];
      if (chunk === undefined) return this.#idle();
      if (this.#end === this.#at) {
        this.#waiting.shift();
        this.#waitingBytes -= chunk.length;
        this.#use(chunk);
      } else this.#gather(chunk, length);
    }
    return true;
  }

  /** Hands out the next `length` bytes, which `have` has confirmed. @returns where they start in `block`. */
  take(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }

  /** Forgets everything: after a fault nothing that was fed may be read. */
  clear(): void {
    this.#use(nothing);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Lets go of a block that was read to its end: a quiet connection must not keep its last large frame alive. */
  #idle(): false {
    if (this.#end === this.#at) this.#use(nothing);
    return false;
  }

  #use(block: Buffer): void {
    this.#block = block;
    this.#gathered = nothing;
    this.#at = 0;
    this.#end = block.length;
  }

  #gather(chunk: Buffer, length: number): void {
    const had = this.#end - this.#at;
    const taken = Math.min(length - had, chunk.length);
    this.#grow(had + taken, length);
    chunk.copy(this.#block, this.#end, 0, taken);
    this.#end += taken;
    this.#waitingBytes -= taken;
    if (taken === chunk.length) this.#waiting.shift();
    else this.#waiting[0] = chunk.subarray(taken);
  }

  /** A gathered block is never longer than the run it is for, so nothing is ever added after a frame handed out. */
  #grow(needed: number, length: number): void {
    if (this.#block === this.#gathered && this.#at + needed <= this.#block.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(length, Math.max(needed * 2, gatherBytesFirst)));
    this.#end = this.#block.copy(grown, 0, this.#at, this.#end);
    this.#block = grown;
    this.#at = 0;
    this.#gathered = grown;
  }
}
