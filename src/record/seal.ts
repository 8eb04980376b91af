import { refusal, type Clock, type Json, type Refusal } from "../base/index.ts";
import { canonicalText, entryBytesMax, formatEntry, saltBytes, type Said } from "../tlog/index.ts";
import type { AheadRecord } from "./ahead.ts";
import type { Bytes } from "./keys.ts";

/** An entry made ready to be written: canonical, stamped, salted. */
export interface Sealed extends AheadRecord {
  readonly recorded: string;
}

/** Why the log must stop, as against a refusal of one entry. */
export const clockWentBack: Refusal = refusal(
  "refused",
  "the clock went backwards, and the log stopped",
  "set the machine's clock right (chronyc tracking), then start again",
);

const utc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

const saltPoolBytes = 4096 * saltBytes;

/** Turns what was said into entries. Stamps never go backwards. */
export class Sealer {
  readonly #clock: Clock;
  readonly #random: Bytes;
  #last: number;
  #stamp = "";
  #pool: Uint8Array = Buffer.of();
  #used = 0;

  constructor(clock: Clock, random: Bytes, last: number) {
    this.#clock = clock;
    this.#random = random;
    this.#last = last;
  }

  seal(said: Said): Sealed | Refusal {
    const why = unfit(said);
    if (why !== null) return why;
    return this.sealOwn(said);
  }

  /** The time for a statement of the log's own; null if the clock has gone backwards. */
  now(): string | null {
    const now = this.#clock();
    return now < this.#last ? null : new Date(now).toISOString();
  }

  /** Without the rules for callers: the log's own statements come this way. */
  sealOwn(said: { readonly [member: string]: Json }): Sealed | Refusal {
    const now = this.#clock();
    if (now < this.#last) return clockWentBack;
    if (now > this.#last || this.#stamp === "") this.#stamp = new Date(now).toISOString();
    this.#last = now;
    const entry = encode(said, this.#stamp);
    if (entry === null)
      return refusal(
        "input",
        "an entry is not JSON (a lone surrogate or a number that is not finite)",
        "mend the entry",
      );
    if (entry.length > entryBytesMax)
      return refusal("input", `an entry has ${entry.length} bytes, ${entryBytesMax} are allowed`, "split it");
    return { entry, salt: this.#salt(), recorded: this.#stamp };
  }

  // Asking for 4,096 salts at once costs a tenth of asking for each.
  #salt(): Uint8Array {
    if (this.#used + saltBytes > this.#pool.length) {
      this.#pool = this.#random(saltPoolBytes);
      this.#used = 0;
    }
    this.#used += saltBytes;
    return this.#pool.subarray(this.#used - saltBytes, this.#used);
  }
}

function unfit(said: Said): Refusal | null {
  if (typeof said.kind !== "string" || said.kind === "" || said.kind.startsWith("log."))
    return refusal(
      "input",
      "an entry needs a kind of its own; kinds that start with `log.` are the log's",
      "name its kind",
    );
  if (typeof said.time !== "string" || !utc.test(said.time))
    return refusal(
      "input",
      `an entry of kind ${said.kind} has no time`,
      "give it as RFC 3339 in UTC (2026-01-31T09:30:00Z)",
    );
  return null;
}

function encode(said: { readonly [member: string]: Json }, stamp: string): Buffer | null {
  try {
    return Buffer.from(formatEntry(canonicalText(said), stamp));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
