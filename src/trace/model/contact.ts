/**
 * Where contact with support is judged from. Tickets say it best. Where none are known, or where fewer than this share of the customers
 * whom people read has one (nine in ten do on the simulated desks), a customer's contacts are the days on which people read it: without either, whoever was in contact with
 * support looks as if picked by the agents who serve such customers, and innocent agents are named. Judging contact from reads
 * costs power, since a thief's own reads then count as contact too; it costs no innocent. Between: with tickets for half of those in contact an innocent agent was
 * named at 0.9 in 1 of 15 simulated desks without a leak, with tickets for eight in ten in none.
 */
export type ContactFrom = "tickets" | "reads";
export const ticketCoverageMin = 0.8;

/** An account that reads a larger share of the base than this does not serve customers, whatever its kind: its reads are no contact. */
export const contactReachMax = 0.5;

/** Latest days of contact kept for one customer. */
export const contactDaysMax = 366;
