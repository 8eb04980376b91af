import { afterCloseSeconds, afterWorkSeconds, leadSeconds, openEnd, reviewSeconds } from "../windows.ts";

/**
 * Every window of work that tickets and their events give rise to, as rows of `work`:
 * `(customer, actor, start, end, rank, kind, ticket)`; a lower rank is a stronger reason.
 * An actor of '' means: whoever names this ticket in the read, because nothing says who works on it.
 *
 * `tickets` and `events` name the relations to read: the whole tables, or the part that late arrivals touched.
 */
export function workRows(tickets: string, events: string): string {
  const open = `toDateTime64('${openEnd}', 3, 'UTC')`;
  const start = `subtractSeconds(t.opened, ${leadSeconds})`;
  const end = `if(isNull(t.closed), ${open}, addSeconds(assumeNotNull(t.closed), ${afterCloseSeconds}))`;
  return `
    SELECT customer, actor, start, greatest(start, end) AS end, rank, kind, ticket FROM (
      SELECT t.customer AS customer, arrayJoin(splitByChar(';', t.assignee)) AS actor,
             ${start} AS start, ${end} AS end, 1 AS rank, 'assigned' AS kind, t.id AS ticket
      FROM ${tickets} AS t WHERE t.assignee != ''
      UNION ALL
      SELECT t.customer, e.actor,
             greatest(${start}, subtractSeconds(e.time, if(kind = 'review', ${reviewSeconds}, ${leadSeconds}))) AS start,
             multiIf(
               kind = 'review', addSeconds(e.time, ${reviewSeconds}),
               kind IN ('assigned', 'transferred'), greatest(${end}, addSeconds(e.time, ${leadSeconds})),
               least(addSeconds(e.time, ${afterWorkSeconds}),
                     greatest(${end}, addSeconds(e.time, ${afterCloseSeconds})))) AS end,
             multiIf(kind = 'assigned', 1, kind = 'transferred', 2, kind = 'worked', 3, 4) AS rank,
             multiIf(e.event = 'assigned', 'assigned', e.event IN ('transferred', 'escalated'), 'transferred',
                     e.event IN ('reviewed', 'review', 'sampled', 'audited'), 'review', 'worked') AS kind,
             t.id
      FROM ${events} AS e INNER JOIN ${tickets} AS t ON t.id = e.ticket
      UNION ALL
      SELECT t.customer, '' AS actor, ${start} AS start, ${end} AS end, 5 AS rank, 'named' AS kind, t.id
      FROM ${tickets} AS t
      WHERE t.assignee = '' AND t.id NOT IN (SELECT ticket FROM ${events})
    )`;
}
