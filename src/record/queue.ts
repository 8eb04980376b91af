import type { Refusal } from "../base/index.ts";
import type { AheadRecord } from "./ahead.ts";
import type { Receipt } from "./receipt.ts";

/** Entries that wait for one commit, together: all of them become durable, or none is acknowledged. */
export interface Waiter {
  readonly records: readonly AheadRecord[];
  readonly recorded: readonly string[];
  /** Of all entries together. */
  readonly bytes: number;
  readonly resolve: (answer: readonly Receipt[] | Refusal) => void;
}

/** Entries that may wait at once. Beyond it `append` refuses, and what asked for it must not release its row. */
export const queueEntriesMax = 16_384;
/** Bytes of entries that may wait at once. */
export const queueBytesMax = 33_554_432;
/** Entries of one commit: with entries of 300 bytes a write of 5 MB, some 10 ms on a plain disk. */
export const batchEntriesMax = 16_384;
/** Bytes of one commit. */
export const batchBytesMax = 16_777_216;

/** A bounded first-in-first-out queue. */
export class WaitingQueue {
  readonly #waiters: Waiter[] = [];
  #entries = 0;
  #bytes = 0;

  get entries(): number {
    return this.#entries;
  }

  hasRoom(entries: number, bytes: number): boolean {
    return this.#entries + entries <= queueEntriesMax && this.#bytes + bytes <= queueBytesMax;
  }

  /** False if there is no room; nothing is kept then. */
  push(waiter: Waiter): boolean {
    if (!this.hasRoom(waiter.records.length, waiter.bytes)) return false;
    this.#waiters.push(waiter);
    this.#entries += waiter.records.length;
    this.#bytes += waiter.bytes;
    return true;
  }

  /** Takes what fits into one commit, at least one waiter. */
  take(): readonly Waiter[] {
    let entries = 0;
    let bytes = 0;
    let count = 0;
    for (const waiter of this.#waiters) {
      entries += waiter.records.length;
      bytes += waiter.bytes;
      if (count > 0 && (entries > batchEntriesMax || bytes > batchBytesMax)) break;
      count++;
    }
    return this.#remove(count);
  }

  /** Empties the queue, for a log that has stopped. */
  takeAll(): readonly Waiter[] {
    return this.#remove(this.#waiters.length);
  }

  #remove(count: number): readonly Waiter[] {
    const taken = this.#waiters.splice(0, count);
    for (const waiter of taken) {
      this.#entries -= waiter.records.length;
      this.#bytes -= waiter.bytes;
    }
    return taken;
  }
}
