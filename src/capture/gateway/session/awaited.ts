import type { StatementNote } from "../recording.ts";
import type { Slot, StatementPlan, StatementRefusal } from "../plan.ts";
import type { Change } from "./change.ts";
import type { Identity } from "./identity.ts";
import type { AskAnswer } from "./context.ts";
import type { Run } from "./run.ts";

/** What a Describe is answered for, and whether the server said that the hidden columns stand where they should. */
export interface Described {
  readonly slots: readonly Slot[];
  readonly origins: StatementPlan["origins"];
  /** The pipeline in which a Describe was sent last. */
  asked: number | null;
  verified: boolean;
  /** How many there are, hidden ones too; null until the server has said it. */
  columns: number | null;
}

/** Where no hidden columns are expected there is nothing to verify, and a column that looks like one is a mismatch. */
export function undescribed({ slots, origins }: Pick<StatementPlan, "slots" | "origins">): Described {
  return { slots, origins, asked: null, verified: slots.length === 0, columns: null };
}

/** Whether it is known, when rows come that are asked for in this pipeline: an earlier one's Describe may have been skipped. */
export function willBeDescribed({ asked, verified }: Described, pipeline: number): boolean {
  return verified || asked === pipeline;
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
  readonly done: (answer: AskAnswer) => void;
}

/**
 * What the server still owes an answer to, in the order in which it was asked. `shown`: the client asked, and gets the answer; else
 * the gateway asked for itself. `change` is what was noted in advance, to be settled or taken back.
 */
export type Awaited = {
  readonly shown: boolean;
  readonly change?: Change;
  /** Of a pipeline's end: which one it ends, by number. */
  readonly ends?: number;
} & (
  | { readonly kind: "parse" | "bind"; readonly plan: StatementPlan | null }
  | { readonly kind: "close" }
  /** `copies`, here and below: COPYs from the client that it had ended when it sent this. */
  | { readonly kind: "sync"; readonly copies: number }
  | { readonly kind: "describe"; readonly described: Described }
  | { readonly kind: "execute"; readonly run: Run; readonly described: Described; readonly copies: number }
  | {
      readonly kind: "simple";
      readonly runs: readonly Run[];
      readonly copies: number;
      /** Takes back what its statements from `at` on were to do. */
      readonly fails: () => void;
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
  #copying: number | null = null;
  #waiting: { readonly length: number; readonly resolve: () => void }[] = [];

  get head(): Awaited | undefined {
    return this.#items[this.#at];
  }

  get length(): number {
    return this.#items.length - this.#at;
  }

  /** Statements that the server has not answered. */
  get runs(): readonly Run[] {
    return this.#items.slice(this.#at).flatMap((one) => {
      if (one.kind === "execute") return [one.run];
      return one.kind === "simple" ? one.runs : [];
    });
  }

  push(awaited: Awaited): void {
    this.#items.push(awaited);
  }

  /** The head is answered, and what was noted with it holds. */
  shift(): Awaited | undefined {
    const head = this.#take();
    head?.change?.settle();
    return head;
  }

  #take(): Awaited | undefined {
    const head = this.#items[this.#at];
    this.#copying = null;
    this.#at++;
    if (this.#at >= 1024 || this.#at >= this.#items.length) {
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    if (this.#waiting.length > 0) this.#wake();
    return head;
  }

  /**
   * The server takes data from the client, and ignores every Sync up to their end (postgres.c, copyfromparse.c): those that were sent
   * before it, and, until the head is answered, those that come.
   */
  copies(copies: number): void {
    this.#copying = copies;
    const [head, ...rest] = this.#items.slice(this.#at);
    if (head === undefined) return;
    this.#items = [head, ...rest.filter((one) => one.kind !== "sync" || one.copies !== copies)];
    this.#at = 0;
    // Whoever waits for an answer would wait for the data, which may stand behind what waits.
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Whether the server ignores a Sync of a client that has ended this many COPYs. */
  ignoresSync(copies: number): boolean {
    return this.#copying === copies;
  }

  /** Resolves when no more than `length` are left. Null: so it is. */
  atMost(length: number): Promise<void> | null {
    if (this.length <= length) return null;
    return new Promise((resolve) => this.#waiting.push({ length, resolve }));
  }

  /** Resolves when the pipelines that were ended are answered. Null: so they are. */
  endsAnswered(): Promise<void> | null {
    const last = this.#items.findLastIndex(({ ends }, at) => at >= this.#at && ends !== undefined);
    return last < 0 ? null : this.atMost(this.#items.length - 1 - last);
  }

  #wake(): void {
    const woken = this.#waiting.filter(({ length }) => this.length <= length);
    this.#waiting = this.#waiting.filter(({ length }) => this.length > length);
    for (const { resolve } of woken) resolve();
  }

  /**
   * The server failed at the head and skips everything up to the next Sync: takes all that back, the last first.
   * @param failed what a question of the gateway's own is told if it was what failed.
   * @returns whether that Sync is in the queue.
   */
  skipToSync(failed: StatementRefusal | null): boolean {
    const skipped: Awaited[] = [];
    while (this.head !== undefined && this.head.kind !== "sync") {
      const one = this.#take();
      if (one !== undefined) skipped.push(one);
    }
    for (const one of skipped.toReversed()) {
      if (one === skipped[0] && one.change?.fail !== undefined) one.change.fail();
      else one.change?.undo();
      if (one.kind === "ask") one.asked.done(failed);
    }
    return this.head !== undefined;
  }

  /** The session is over: whoever waits for an answer hears that none comes. */
  abandon(): void {
    for (let one = this.#take(); one !== undefined; one = this.#take())
      if (one.kind === "ask") one.asked.done(null);
  }
}
