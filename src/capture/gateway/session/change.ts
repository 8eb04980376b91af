/** What was noted in advance of the server's answer: taken back if it fails or skips that, settled if it does it. */
export interface Change {
  readonly undo: () => void;
  readonly settle: () => void;
  /** Where failing is not as if nothing had been sent. */
  readonly fail?: () => void;
}

export const noChange: Change = { undo: () => undefined, settle: () => undefined };

/** Several in one; the last is taken back first. */
export function all(changes: readonly Change[]): Change {
  return {
    undo: () => {
      for (const { undo } of changes.toReversed()) undo();
    },
    settle: () => {
      for (const { settle } of changes) settle();
    },
  };
}

/**
 * What something stands for, as far as the server has said, and what it was sent since to change that. What is noted here when a
 * message is sent holds once the server has done it; what the server skips after an error is taken back, whatever was noted since.
 */
export class Changing<Thing> {
  #settled: Thing;
  readonly #pending: { thing: Thing; readonly pipeline: number }[] = [];

  constructor(settled: Thing) {
    this.#settled = settled;
  }

  get latest(): Thing {
    const last = this.#pending.at(-1);
    return last === undefined ? this.#settled : last.thing;
  }

  /** As far as the server has said. */
  get settled(): Thing {
    return this.#settled;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Everything that it may turn out to stand for. */
  get possible(): readonly Thing[] {
    return [this.#settled, ...this.#pending.map(({ thing }) => thing)];
  }

  /**
   * Whether it may stand for something else at the server than here: its last change is of another pipeline than this one, which has
   * ended, so that it may fail and what comes now be run nevertheless. Undefined is nothing, with which nothing can be run.
   */
  isUnsure(pipeline: number): boolean {
    const last = this.#pending.at(-1);
    if (last === undefined || last.pipeline === pipeline) return false;
    return this.possible.some((thing) => thing !== undefined && thing !== last.thing);
  }

  /** @param pipeline the one in which the server is told so. @param onEnd called when it was settled, or taken back. */
  change(thing: Thing, pipeline: number, onEnd: (settled: boolean) => void): Change {
    const change = { thing, pipeline };
    this.#pending.push(change);
    // Only as long as it is pending: it is settled once, or taken back once.
    const end = (settled: boolean): void => {
      const at = this.#pending.indexOf(change);
      if (at < 0) return;
      if (settled) this.#settled = change.thing;
      this.#pending.splice(at, 1);
      onEnd(settled);
    };
    return { undo: () => end(false), settle: () => end(true) };
  }

  /** Another note of the same thing. */
  replace(thing: Thing): void {
    const last = this.#pending.at(-1);
    if (last !== undefined) last.thing = thing;
    else this.#settled = thing;
  }

  /** The server has ended it by itself, or said what it is. */
  stands(thing: Thing): void {
    this.#settled = thing;
  }
}
