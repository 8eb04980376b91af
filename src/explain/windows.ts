/**
 * How long around a piece of work a read still counts as part of it. Each is a judgement of support desks' practice,
 * stated here so that it can be argued with; GLOSSARY.md's "explanation" points here.
 */

/** A call is answered, and the record opened, before anybody writes the ticket or the event. */
export const leadSeconds: number = 3_600;

/** After a ticket closes the agent still looks: a rating comes in, the customer answers the closing mail. */
export const afterCloseSeconds: number = 7 * 86_400;

/** One comment on a ticket that then stays open for a year does not explain reads for a year. */
export const afterWorkSeconds: number = 30 * 86_400;

/** A reviewer reads the sample around the moment the review is written down, not weeks before. */
export const reviewSeconds: number = 7 * 86_400;

/** A search shows bystanders; the explained read that the search was for follows within this time. */
export const searchToReadSeconds = 600;

/** Stands for "has not ended": ClickHouse's DateTime64 compares it like any other moment. */
export const openEnd = "2200-01-01 00:00:00.000";
