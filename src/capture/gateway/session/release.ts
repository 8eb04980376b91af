import { type Refusal, isRefusal, refusal } from "../../../base/index.ts";
import type { GatewayEvent, RecordEvents } from "../recording.ts";

/** Bytes of answers that one session may hold while their record is written; beyond it the server waits. */
export const heldBytesMax: number = 4 * 1024 * 1024;

/** Where released bytes go. Resolves when there is room for more. */
export type SendBytes = (bytes: Buffer) => Promise<void> | null;

/**
 * The gate that every byte for the client passes, in order. What is behind it can't be taken back; what is before it is on record.
 */
export class Gate {
  readonly #record: RecordEvents;
  readonly #send: SendBytes;
  readonly #onRefused: (why: Refusal) => void;
  #last: Promise<void> | null = null;
  #held = 0;
  #shut = false;

  constructor(record: RecordEvents, send: SendBytes, onRefused: (why: Refusal) => void) {
    this.#record = record;
    this.#send = send;
    this.#onRefused = onRefused;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /** Lets bytes through once all that the events say, and all that came before, is durable. */
  release(events: readonly GatewayEvent[], bytes: Buffer): void {
    if (this.#shut) return;
    if (events.length === 0 && this.#last === null) {
      const wait = bytes.length === 0 ? null : this.#send(bytes);
      if (wait !== null) this.#follow(wait, 0);
      return;
    }
    this.#held += bytes.length;
    this.#follow(this.#recordThenSend(this.#last, events, bytes), bytes.length);
  }

  /** I1, in one place: what waited before, the record, and only then the bytes. */
  async #recordThenSend(
    before: Promise<void> | null,
    events: readonly GatewayEvent[],
    bytes: Buffer,
  ): Promise<void> {
    const recorded = events.length === 0 ? null : await this.#recorded(events);
    await before;
    if (isRefusal(recorded)) return this.#refuse(recorded);
    if (!this.#shut) await this.#send(bytes);
  }

  /** A recorder that breaks has recorded nothing. */
  async #recorded(events: readonly GatewayEvent[]): Promise<Refusal | null> {
    try {
      return await this.#record(events);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refusal("refused", `the recorder broke: ${why}`, "whosaw's own log says more; restart it");
    }
  }

  /** Once: of several batches that wait for their record, each may be refused, and a client is told of its end one time. */
  #refuse(why: Refusal): void {
    if (this.#shut) return;
    this.#shut = true;
    this.#onRefused(why);
  }

  #follow(done: Promise<void>, bytes: number): void {
    const settled = this.#after(done, bytes).finally(() => {
      if (this.#last === settled) this.#last = null;
    });
    this.#last = settled;
  }

  async #after(done: Promise<void>, bytes: number): Promise<void> {
    await done;
    this.#held -= bytes;
  }

  /** Resolves when nothing waits; null if nothing does. */
  settled(): Promise<void> | null {
    return this.#last;
  }

  /** Nothing more passes, not even what waits for its record. */
  shut(): void {
    this.#shut = true;
  }
}
