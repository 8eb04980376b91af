import { actorSightings } from "./actor-sightings.ts";

/** The newest import that holds sightings, and the newest one that the daily counts know. */
export const summedUntil: string = `
  SELECT (SELECT max(import) FROM imports WHERE table = 'accesses') AS newest,
         (SELECT max(import) FROM actor_days_until) AS summed`;

/** How many sightings each actor has, of those with any from an import after the given one. Parameter: after UInt32. */
export const actorSizes: string = `
  SELECT actor, count() AS sightings FROM sightings GROUP BY actor HAVING max(import) > {after:UInt32} ORDER BY actor`;

/**
 * The daily counts of a slice of actors. A later version of an actor's day replaces an earlier one.
 * Parameters: actors, since, until, version UInt32.
 */
export function actorDaysSlice(): string {
  return `
    INSERT INTO actor_days (actor, day, reads, explained, bystanders, unexplained, customers, version)
    SELECT actor, toDate(time) AS day, count(), countIf(class = 'explained'), countIf(class = 'bystander'),
           countIf(class = 'unexplained'), uniqExact(customer), {version:UInt32}
    FROM (${actorSightings()}) GROUP BY actor, day`;
}
