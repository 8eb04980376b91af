import type { Duplex } from "node:stream";
import type { Fault } from "../../../wire/index.ts";

/** What FrontendFramer and BackendFramer have in common. */
interface Framer<Taken> {
  feed(chunk: Buffer): Fault | null;
  next(): Taken | Fault | null;
}

/** The other side is gone, or the time was up and its stream destroyed. */
export interface Ended {
  readonly kind: "Ended";
}

/**
 * Reads a stream frame by frame while somebody logs in, and no further than asked: what comes after the last frame that was
 * taken stays in the framer or in the stream, for whoever reads next.
 */
export class FrameReader<Taken> {
  readonly #stream: Duplex;
  readonly #framer: Framer<Taken>;
  #ended = false;
  #wake: (() => void) | null = null;
  readonly #onData = (chunk: Buffer): void => {
    this.#stream.pause();
    // A fault stays in the framer, which gives it again when asked for the next frame.
    this.#framer.feed(chunk);
    this.#wake?.();
  };
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor(stream: Duplex, framer: Framer<Taken>) {
    this.#stream = stream;
    this.#framer = framer;
    stream.pause();
    stream.on("data", this.#onData);
    for (const event of ["end", "close", "error"]) stream.on(event, this.#onEnd);
    if (stream.destroyed) this.#ended = true;
  }

  async next(): Promise<Taken | Fault | Ended> {
    for (;;) {
      const taken = this.#framer.next();
      if (taken !== null) return taken;
      if (this.#ended) return { kind: "Ended" };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#stream.resume();
      });
      this.#wake = null;
    }
  }

  /** Lets go of the stream, paused: its next reader listens for `data` and resumes it. */
  release(): void {
    this.#stream.off("data", this.#onData);
    for (const event of ["end", "close", "error"]) this.#stream.off(event, this.#onEnd);
    this.#stream.pause();
  }
}
