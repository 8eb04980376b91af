/** What one side may be asked: by name, what is handed over and what comes back. */
export type Calls<C> = { readonly [Name in keyof C]: { readonly given: unknown; readonly answer: unknown } };

/** The side that is asked. */
export type Answering<C extends Calls<C>> = {
  readonly [Name in keyof C]: (given: C[Name]["given"]) => C[Name]["answer"] | Promise<C[Name]["answer"]>;
};

/** What goes over the channel: everything that one turn of the event loop brought about, in one message. */
export interface Bundle {
  readonly kind: "bundle";
  readonly asked: readonly (readonly [number: number, name: string, given: unknown])[];
  readonly answered: readonly (readonly [number: number, answer: unknown])[];
}

/** The other side is gone; whether it did what it was asked isn't known. */
export class LineLost extends Error {}

/**
 * Questions and answers between two processes over a channel that keeps messages whole and in order (Node's own). Both sides run the
 * same program of the same version, so that what comes is believed to have the shape that was sent.
 */
export class Line<Theirs extends Calls<Theirs>, Mine extends Calls<Mine>> {
  readonly #send: (bundle: Bundle) => void;
  readonly #mine: ReadonlyMap<string, (given: unknown) => unknown>;
  readonly #waiting: Map<number, { done: (answer: unknown) => void; failed: (why: Error) => void }> =
    new Map();
  #asked: [number, string, unknown][] = [];
  #answered: [number, unknown][] = [];
  #next = 0;
  #flushing = false;
  #lost = false;

  constructor(send: (bundle: Bundle) => void, mine: Answering<Mine>) {
    this.#send = send;
    this.#mine = new Map(Object.entries(mine) as [string, (given: unknown) => unknown][]);
  }

  /** Rejects with LineLost if the other side ends before it answers. */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    given: Theirs[Name]["given"],
  ): Promise<Theirs[Name]["answer"]> {
    return new Promise((done, failed) => {
      if (this.#lost) return failed(new LineLost(name));
      const number = this.#next++;
      this.#waiting.set(number, { done, failed });
      this.#asked.push([number, name, given]);
      this.#flushSoon();
    });
  }

  take({ asked, answered }: Bundle): void {
    for (const [number, answer] of answered) {
      this.#waiting.get(number)?.done(answer);
      this.#waiting.delete(number);
    }
    for (const [number, name, given] of asked) void this.#answer(number, name, given);
  }

  /** The other side has ended. */
  lost(): void {
    this.#lost = true;
    for (const { failed } of this.#waiting.values()) failed(new LineLost("the other process has ended"));
    this.#waiting.clear();
  }

  async #answer(number: number, name: string, given: unknown): Promise<void> {
    const answer = await this.#mine.get(name)?.(given);
    this.#answered.push([number, answer]);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      const [asked, answered] = [this.#asked, this.#answered];
      this.#asked = [];
      this.#answered = [];
      if (!this.#lost) this.#send({ kind: "bundle", asked, answered });
    });
  }
}
