import { workRows } from "./work-rows.ts";

/**
 * How far the windows of work are behind: the newest import that holds tickets or events, the newest one explained,
 * and how many tickets came or changed since.
 */
export const workBehind: string = `
  SELECT (SELECT max(import) FROM tickets) AS newest_ticket, (SELECT max(import) FROM ticket_events) AS newest_event,
         (SELECT max(import) FROM work_until) AS explained, (SELECT count() FROM tickets) AS tickets,
         (SELECT uniqExact(ticket) FROM (
            SELECT id AS ticket FROM tickets WHERE import > (SELECT max(import) FROM work_until)
            UNION ALL SELECT ticket FROM ticket_events WHERE import > (SELECT max(import) FROM work_until))) AS late`;

/** The windows from nothing, a slice of the tickets at a time, so that the join of tickets and events fits in memory. */
export function insertSlice(into: string): string {
  return `
    INSERT INTO ${into} (customer, actor, start, \`end\`, rank, kind, ticket)
    ${workRows(
      "(SELECT * FROM tickets FINAL WHERE cityHash64(id) % {slices:UInt32} = {slice:UInt32})",
      "(SELECT * FROM ticket_events WHERE cityHash64(ticket) % {slices:UInt32} = {slice:UInt32})",
    )}`;
}

const lateTickets = `
  SELECT id FROM tickets WHERE import > {after:UInt32}
  UNION DISTINCT SELECT ticket FROM ticket_events WHERE import > {after:UInt32}`;

/** What a gateway knew at the moment of a read stays beside what is computed. */
export const keepTold: string =
  "INSERT INTO work_next (customer, actor, start, `end`, rank, kind, ticket, told) SELECT customer, actor, start, `end`, rank, kind, ticket, told FROM work WHERE told > 0";

/** Forgets the windows of late tickets. Repeating it after a crash changes nothing. Parameter: after UInt32. */
export const deleteLate: string = `ALTER TABLE work DELETE WHERE told = 0 AND ticket IN (${lateTickets}) SETTINGS mutations_sync = 2`;

/** Writes the windows of late tickets anew. Parameter: after UInt32. */
export const insertLate: string = `
  INSERT INTO work (customer, actor, start, \`end\`, rank, kind, ticket)
  ${workRows(
    `(SELECT * FROM tickets FINAL WHERE id IN (${lateTickets}))`,
    `(SELECT * FROM ticket_events WHERE ticket IN (${lateTickets}))`,
  )}`;
