import type { Action } from "./action.ts";
import type { Explanation } from "./explanation.ts";
import type { ActorId, CustomerId, TicketId } from "./ids.ts";
import type { Instant } from "./instant.ts";

/** One recorded read of one customer's record by one actor. */
export interface Sighting {
  readonly time: Instant;
  readonly actor: ActorId;
  readonly customer: CustomerId;
  readonly action: Action;
  /** Fields whose values were shown. Empty: the source did not say. */
  readonly fields: readonly string[];
  /** Fields whose values were replaced by a mask. */
  readonly masked: readonly string[];
  readonly ticket: TicketId | null;
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  readonly explanation: Explanation | null;
  /** A search hit on the way to an explained read: listed apart, neither explained nor unexplained. */
  readonly bystander: boolean;
}
