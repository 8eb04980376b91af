import { classedSlice } from "./classed-slice.ts";

/** The newest import that holds sightings, and the newest one that the daily counts know. */
export const summedUntil: string = `
  SELECT (SELECT max(import) FROM imports WHERE table = 'accesses') AS newest,
         (SELECT max(import) FROM actor_days_until) AS summed`;

/** How many sightings each actor has. */
export const actorSizes: string = `SELECT actor, count() AS sightings FROM sightings GROUP BY actor ORDER BY actor`;

/**
 * The daily counts of the slice's actors. A later version of an actor's day replaces an earlier one.
 * Parameter: version UInt32.
 */
export const actorDaysOfSlice: string = `
  INSERT INTO actor_days (actor, day, reads, explained, bystanders, unexplained, customers, version)
  SELECT actor, toDate(time) AS day, count(), countIf(class = 'explained'), countIf(class = 'bystander'),
         countIf(class = 'unexplained'), uniqExact(customer), {version:UInt32}
  FROM (${classedSlice}) GROUP BY actor, day`;
