import { type Refusal, isRefusal } from "../../base/index.ts";
import { openReader } from "../../record/index.ts";
import { type Store, StoreError } from "../../store/index.ts";
import { shipLog } from "./shipping.ts";

/** How often what the log has grown by is taken over into the store, ms. */
const shipMillis = 1_000;

/** Takes the log over into the store while a gateway runs, and lets others have the store to themselves in between. */
export class Shipper {
  readonly #store: Store;
  readonly #checkpoint: () => Promise<object | Refusal>;
  readonly #onTrouble: (what: string) => void;
  /** Whoever works on the store, one after the other. */
  #line: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #troubled = false;
  #next = 0;

  constructor(store: Store, checkpoint: () => Promise<object | Refusal>, onTrouble: (what: string) => void) {
    this.#store = store;
    this.#checkpoint = checkpoint;
    this.#onTrouble = onTrouble;
  }

  /** Entries below this index are in the store. */
  get next(): number {
    return this.#next;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), shipMillis);
  }

  /** Runs work while nobody else writes to the store. */
  alone<Done>(work: () => Promise<Done>): Promise<Done> {
    const done = this.#line.then(work);
    this.#line = done.catch(() => undefined);
    return done;
  }

  /** Everything that has been acknowledged until now is in the store when this resolves. */
  async flush(): Promise<Refusal | null> {
    const published = await this.#checkpoint();
    return isRefusal(published) ? published : this.alone(() => this.#ship());
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#line;
  }

  async #tick(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    await this.alone(() => this.#ship()).finally(() => (this.#busy = false));
  }

  /** The log goes on while the store is down: what it misses is taken over when it is back. */
  async #ship(): Promise<Refusal | null> {
    try {
      const reader = await openReader(this.#store.data);
      const shipped = isRefusal(reader) ? reader : await shipLog(this.#store, reader);
      if (isRefusal(shipped)) return this.#trouble(shipped.what, shipped);
      this.#next = shipped.next;
      this.#troubled = false;
      return null;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return this.#trouble(error.message, {
        kind: "refusal",
        code: "connection",
        what: error.message,
        todo: "ask again: the engine is started anew",
      });
    }
  }

  #trouble(what: string, why: Refusal): Refusal {
    if (!this.#troubled) this.#onTrouble(`the store lags behind the log: ${what}`);
    this.#troubled = true;
    return why;
  }
}
