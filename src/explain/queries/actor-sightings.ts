import { searchToReadSeconds } from "../windows.ts";

/**
 * Every sighting of some actors between two moments, each with its strongest reason, as a relation with
 * `actor, time, customer, action, fields, masked, ticket, session, ip, kind, reason_ticket, class`;
 * `class` is 'explained', 'bystander' or 'unexplained'.
 *
 * The windows are grouped by actor and customer first, so the join is one to one and no sighting is counted twice.
 * A bystander is found by an ASOF join: the actor's next explained read at or after the search. Another hit of a search is no
 * such read: else one customer with an open ticket would make bystanders of a whole page of results.
 * Parameters: actors Array(String), since and until DateTime64(3).
 */
export function actorSightings(): string {
  return `
    WITH ${reasonedSightings()}
    SELECT r.actor AS actor, r.time AS time, r.customer AS customer, r.action AS action, r.fields AS fields,
           r.masked AS masked, r.ticket AS ticket, r.session AS session, r.ip AS ip, r.kind AS kind,
           r.reason_ticket AS reason_ticket,
           multiIf(r.kind != '', 'explained',
                   r.action = 'search' AND n.time >= r.time
                     AND n.time <= addSeconds(r.time, ${searchToReadSeconds}), 'bystander',
                   'unexplained') AS class
    FROM reasoned AS r
    ASOF LEFT JOIN (SELECT DISTINCT actor, time FROM reasoned WHERE kind != '' AND action != 'search') AS n
      ON n.actor = r.actor AND n.time >= r.time`;
}

/** The common table expressions up to `reasoned`: each sighting with its strongest reason, before bystanders are told apart. */
export function reasonedSightings(): string {
  return `
      windows AS (
        SELECT actor, customer, groupArray((rank, negate(toUnixTimestamp64Milli(start)), start, \`end\`, kind, ticket)) AS list
        FROM work WHERE actor IN {actors:Array(String)} GROUP BY actor, customer),
      named AS (
        SELECT customer, ticket, any(start) AS start, any(\`end\`) AS stop FROM work
        WHERE actor = '' AND (customer, ticket) IN (
          SELECT customer, ticket FROM sightings WHERE actor IN {actors:Array(String)} AND ticket != '')
        GROUP BY customer, ticket),
      reasoned AS (
        SELECT s.actor AS actor, s.time AS time, s.customer AS customer, s.action AS action, s.fields AS fields,
               s.masked AS masked, s.ticket AS ticket, s.session AS session, s.ip AS ip,
               arraySort(arrayFilter(w -> s.time BETWEEN w.3 AND w.4, windows.list))[1] AS best,
               multiIf(best.1 > 0, best.5,
                       named.ticket != '' AND s.time BETWEEN named.start AND named.stop, 'named', '') AS kind,
               multiIf(best.1 > 0, best.6, kind = 'named', named.ticket, '') AS reason_ticket
        FROM (SELECT actor, time, customer, action, fields, masked, ticket, session, ip FROM sightings
              WHERE actor IN {actors:Array(String)}
                AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}) AS s
        LEFT JOIN windows ON windows.actor = s.actor AND windows.customer = s.customer
        LEFT JOIN named ON named.customer = s.customer AND named.ticket = s.ticket)`;
}
