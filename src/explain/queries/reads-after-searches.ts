import { searchToReadSeconds } from "../windows.ts";

/**
 * Which of some searches were on the way to an explained read by the same actor: those searches' hits are bystanders.
 * A search is an (actor, moment); each becomes a condition of its own, because ranges of (actor, time) are what
 * the projection by_actor finds without reading the actor's whole history.
 * Parameters: a0.., t0.. (milliseconds), at most `searchesPerQueryMax` pairs.
 */
export function readsAfterSearches(pairs: number): string {
  const conditions = Array.from(
    { length: pairs },
    (_, i) =>
      `(actor = {a${i}:String} AND time >= fromUnixTimestamp64Milli({t${i}:Int64}, 'UTC')
        AND time <= addSeconds(fromUnixTimestamp64Milli({t${i}:Int64}, 'UTC'), ${searchToReadSeconds}))`,
  ).join(" OR ");
  return `
    WITH near AS (SELECT actor, time, customer, ticket FROM sightings WHERE action != 'search' AND (${conditions}))
    SELECT DISTINCT near.actor AS actor, toUnixTimestamp64Milli(near.time) AS time
    FROM near INNER JOIN (SELECT * FROM work WHERE customer IN (SELECT customer FROM near)) AS w
      ON w.customer = near.customer
    WHERE (w.actor = near.actor OR (w.actor = '' AND w.ticket = near.ticket))
      AND near.time BETWEEN w.start AND w.\`end\``;
}

/** Keeps one statement's conditions, and so its analysis, small. */
export const searchesPerQueryMax = 64;
