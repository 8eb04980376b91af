/**
 * Who saw one customer: every sighting between two moments with its strongest reason, oldest first.
 * The customer's windows are few; they are grouped by actor and joined one to one.
 * The customer's order is the table's own: looking for a better projection takes longer than the reading (measured: twice as long).
 * Parameters: customer String, since and until DateTime64(3).
 */
export const customerSightings: string = `
  WITH
    windows AS (
      SELECT actor, groupArray((rank, negate(toUnixTimestamp64Milli(start)), start, \`end\`, kind, ticket)) AS list
      FROM work WHERE customer = {customer:String} AND actor != '' GROUP BY actor),
    named AS (
      SELECT ticket, any(start) AS start, any(\`end\`) AS stop
      FROM work WHERE customer = {customer:String} AND actor = '' GROUP BY ticket)
  SELECT toUnixTimestamp64Milli(s.time) AS time, s.actor AS actor, s.action AS action, s.fields AS fields,
         s.masked AS masked, s.probed AS probed, s.ticket AS ticket, s.session AS session, s.ip AS ip, s.source AS source,
         s.import AS import, s.line AS line,
         arraySort(arrayFilter(w -> s.time BETWEEN w.3 AND w.4, windows.list))[1] AS best,
         multiIf(best.1 > 0, best.5,
                 named.ticket != '' AND s.time BETWEEN named.start AND named.stop, 'named', '') AS kind,
         multiIf(best.1 > 0, best.6, kind = 'named', named.ticket, '') AS reason_ticket
  FROM (SELECT * FROM sightings WHERE customer = {customer:String}
        AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}) AS s
  LEFT JOIN windows ON windows.actor = s.actor
  LEFT JOIN named ON named.ticket = s.ticket
  ORDER BY s.time, s.actor, s.import, s.line
  SETTINGS optimize_use_projections = 0`;
