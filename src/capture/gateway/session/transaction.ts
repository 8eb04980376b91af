import type { TransactionStatus } from "../../../wire/index.ts";

/** What the gateway remembers of a transaction. */
export class Transaction {
  #status: TransactionStatus = "idle";
  #protected = false;

  /** As the server last said; messages on their way may have changed it since. */
  get status(): TransactionStatus {
    return this.#status;
  }

  /** A statement of this transaction touched protected data: a deferred constraint may tell of them as late as COMMIT. */
  get protected(): boolean {
    return this.#protected;
  }

  touched(): void {
    this.#protected = true;
  }

  failed(): void {
    if (this.#status === "transaction") this.#status = "failed";
  }

  ready(status: TransactionStatus): void {
    this.#status = status;
    if (status === "idle") this.#protected = false;
  }
}
