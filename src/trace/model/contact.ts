/**
 * Where contact with support is judged from. Tickets say it best. Where none are known, or where they cover fewer than this share of the
 * customers whom people read, a customer's contacts are the days on which people read it: without either, whoever was in contact with
 * support looks as if picked by the agents who serve such customers, and innocent agents are named. Judging contact from reads
 * costs power, since a thief's own reads then count as contact too; it costs no innocent.
 */
export type ContactFrom = "tickets" | "reads";
export const ticketCoverageMin = 0.5;

/** An account that reads a larger share of the base than this does not serve customers, whatever its kind: its reads are no contact. */
export const contactReachMax = 0.5;

/** Latest days of contact kept for one customer. */
export const contactDaysMax = 366;
