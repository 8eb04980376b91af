import type { StatementNote } from "../recording.ts";
import type { Slot, StatementRefusal } from "../plan.ts";
import type { Identity } from "./identity.ts";
import type { Run } from "./run.ts";

/** What a Describe is answered for, and whether the server said that the hidden columns stand where they should. */
export interface Described {
  readonly slots: readonly Slot[];
  /** A Describe is under way or was answered. */
  asked: boolean;
  verified: boolean;
}

/** Where no hidden columns are expected there is nothing to verify, and a column that looks like one is a mismatch. */
export function undescribed(slots: readonly Slot[]): Described {
  return { slots, asked: false, verified: slots.length === 0 };
}

/** A refusal that waits for its turn: the server was sent something that fails in the statement's place. */
export interface Refused {
  readonly refusal: StatementRefusal;
  readonly identity: Identity;
  readonly note: StatementNote | null;
}

/** Rows for the gateway itself. */
export interface Asked {
  readonly rows: (string | null)[][];
  readonly done: (rows: readonly (readonly (string | null)[])[] | null) => void;
}

/**
 * What the server still owes an answer to, in the order in which it was asked. `shown`: the client asked, and gets the answer; else
 * the gateway asked for itself. `undo` takes back what was noted in advance, if the server refuses or skips it.
 */
export type Awaited = { readonly shown: boolean; readonly undo?: () => void } & (
  | { readonly kind: "parse" | "bind" | "close" | "sync" }
  | { readonly kind: "describe"; readonly described: Described }
  | { readonly kind: "execute"; readonly run: Run; readonly described: Described }
  | {
      readonly kind: "simple";
      readonly runs: readonly Run[];
      at: number;
      failed: boolean;
      described: Described | null;
    }
  | { readonly kind: "refused"; readonly refused: Refused; readonly simple: boolean }
  | { readonly kind: "ask"; readonly asked: Asked }
  /** The messages around an `ask`. */
  | { readonly kind: "ask_step"; readonly expects: "ParseComplete" | "BindComplete" | "CloseComplete" }
);

/** Messages that one client may have waiting for the server at once: a pipeline longer than this waits at the socket. */
export const awaitedMax = 20_000;

export class AwaitedQueue {
  #items: Awaited[] = [];
  #at = 0;

  get head(): Awaited | undefined {
    return this.#items[this.#at];
  }

  get length(): number {
    return this.#items.length - this.#at;
  }

  push(awaited: Awaited): void {
    this.#items.push(awaited);
  }

  shift(): Awaited | undefined {
    const head = this.#items[this.#at];
    this.#at++;
    if (this.#at >= 1024 || this.#at >= this.#items.length) {
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    return head;
  }

  /**
   * The server failed at the head and skips everything up to the next Sync: takes all that back, the last first.
   * @returns whether that Sync is in the queue.
   */
  skipToSync(): boolean {
    const skipped: Awaited[] = [];
    while (this.head !== undefined && this.head.kind !== "sync") {
      const one = this.shift();
      if (one !== undefined) skipped.push(one);
    }
    for (const one of skipped.toReversed()) {
      one.undo?.();
      if (one.kind === "ask") one.asked.done(null);
    }
    return this.head !== undefined;
  }

  /** The session is over: whoever waits for an answer hears that none comes. */
  abandon(): void {
    for (let one = this.shift(); one !== undefined; one = this.shift())
      if (one.kind === "ask") one.asked.done(null);
  }
}
