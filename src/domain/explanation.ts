import type { TicketId } from "./ids.ts";

/**
 * Why a read was work. In the order of their strength:
 * `assigned`: the customer's open ticket is assigned to the actor; `transferred`: it was passed on to or by the actor;
 * `worked`: the actor commented, called or closed; `review`: the ticket was in the actor's review sample;
 * `named`: the read names the customer's open ticket, and nothing says who works on it.
 */
export type ExplanationKind = "assigned" | "transferred" | "worked" | "review" | "named";

/** The work item that justifies a sighting. */
export interface Explanation {
  readonly kind: ExplanationKind;
  readonly ticket: TicketId;
}
