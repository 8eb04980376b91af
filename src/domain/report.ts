import type { CustomerId } from "./ids.ts";
import type { Instant } from "./instant.ts";

/** A customer telling of a scam call: who, when the call came, and which fields the caller knew. */
export interface Report {
  readonly customer: CustomerId;
  readonly time: Instant;
  readonly knew: readonly string[];
}
