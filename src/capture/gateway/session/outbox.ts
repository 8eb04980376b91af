import { type BackendMessage, encodeBackend, type Frame, Writer } from "../../../wire/index.ts";
import type { GatewayEvent } from "../recording.ts";
import type { Gate } from "./release.ts";
import type { Run } from "./run.ts";

/** Bytes that a statement's rows may wait for more rows, so that one record, and one fsync, serves them all. */
const gatheredBytesMax: number = 1024 * 1024;
/** Milliseconds that they may wait so: a slow statement's first rows must not wait for its last. */
const gatheredMillisMax = 20;

/** The answers on their way to the client: gathered, with the events that must be durable before they may leave. */
export class Outbox {
  readonly writer: Writer = new Writer();
  readonly #gate: Gate;
  readonly #now: () => number;
  readonly #judge: (run: Run, event: GatewayEvent & { readonly kind: "sighting" }) => boolean;
  #events: GatewayEvent[] = [];
  #runs: Run[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Customers may not be shown: their event was taken back, so whatever else comes may tell of them. */
  #over = false;

  /** @param judge asked of each batch of customers' rows before it is recorded and leaves; false: nothing more may leave. */
  constructor(
    gate: Gate,
    now: () => number,
    judge: (run: Run, event: GatewayEvent & { readonly kind: "sighting" }) => boolean,
  ) {
    this.#gate = gate;
    this.#now = now;
    this.#judge = judge;
  }

  frame(frame: Frame<"backend">): void {
    this.writer.frame(frame);
  }

  /** @returns false if the message can't be written. */
  message(message: BackendMessage): boolean {
    return encodeBackend(message, this.writer) === null;
  }

  /** What must be durable before anything that is written from now on. */
  event(event: GatewayEvent): void {
    this.#events.push(event);
  }

  /** A run that found customers, or none where it looked: it is asked for its event when the rows leave. */
  owes(run: Run): void {
    if ((run.owesEvent || run.owesProbe) && this.#runs.at(-1) !== run) this.#runs.push(run);
  }

  /** No more rows come of a run: those that no event has told of are told of now. */
  ends(run: Run): void {
    run.ends();
    this.owes(run);
  }

  /** Rows of a statement that goes on may wait for more of them; everything else leaves now. */
  flush(goesOn: boolean): void {
    if (goesOn && this.#runs.length > 0 && this.writer.length < gatheredBytesMax) {
      this.#timer ??= setTimeout(() => this.#leave(), gatheredMillisMax);
      return;
    }
    this.#leave();
  }

  #leave(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#over) return this.drop();
    for (const run of this.#runs) {
      const probe = run.takeProbe(this.#now());
      if (probe !== null) this.#events.push(probe);
      const event = run.take(this.#now());
      if (event === null) continue;
      if (!this.#judge(run, event)) {
        this.#over = true;
        return this.drop();
      }
      if (run.mustTell(event)) this.#events.push(event);
      else run.tellsLater(event);
    }
    this.#runs = [];
    const events = this.#events;
    this.#events = [];
    if (events.length > 0 || this.writer.length > 0) this.#gate.release(events, this.writer.take());
  }

  /** Forgets what has not left: the rows are not shown, and not said to be. Events of other kinds stand. */
  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#runs = [];
    this.writer.take();
  }
}
