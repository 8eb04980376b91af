import { liveImportMin, liveIndexSql } from "../../store/index.ts";
import { classedSlice } from "./classed-slice.ts";

/**
 * The newest import that holds sightings and the newest one that the daily counts know; and the same of the gateway's entries, as the
 * index behind the last one that holds a sighting.
 */
export const summedUntil: string = `
  SELECT (SELECT max(import) FROM imports WHERE table = 'accesses') AS newest,
         (SELECT max(import) FROM actor_days_until) AS summed,
         (SELECT max(seen) FROM live_shipped) AS seen,
         (SELECT max(seen) FROM actor_days_until) AS summedSeen`;

/** How many sightings each actor has. */
export const actorSizes: string = `SELECT actor, count() AS sightings FROM sightings GROUP BY actor ORDER BY actor`;

/** The same of those who have a sighting in the gateway's entries from one on. Parameter: from UInt64. */
export const liveActorSizes: string = `
  SELECT actor, count() AS sightings FROM sightings
  WHERE actor IN (SELECT DISTINCT actor FROM sightings
                  WHERE import >= ${liveImportMin} AND ${liveIndexSql()} >= {from:UInt64})
  GROUP BY actor ORDER BY actor`;

/**
 * The daily counts of the slice's actors. A later version of an actor's day replaces an earlier one.
 * Parameter: version UInt32.
 */
export const actorDaysOfSlice: string = `
  INSERT INTO actor_days (actor, day, reads, explained, bystanders, unexplained, customers, version)
  SELECT actor, toDate(time) AS day, count(), countIf(class = 'explained'), countIf(class = 'bystander'),
         countIf(class = 'unexplained'), uniqExact(customer), {version:UInt32}
  FROM (${classedSlice}) GROUP BY actor, day`;
