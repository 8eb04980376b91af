import { searchToReadSeconds } from "../windows.ts";
import { reasonedSightings } from "./actor-sightings.ts";

/** Where the sightings of a slice of actors lie while their classes are counted. Holds nothing between refreshes. */
export const makeSlice: readonly string[] = [
  "DROP TABLE IF EXISTS classed_slice",
  `CREATE TABLE classed_slice (
    actor LowCardinality(String), time DateTime64(3, 'UTC'), customer String, ip LowCardinality(String),
    searched Bool, shown Bool, explained Bool
  ) ENGINE = MergeTree ORDER BY (actor, time)`,
];

export const dropSlice: string = "DROP TABLE IF EXISTS classed_slice";
export const emptySlice: string = "TRUNCATE TABLE classed_slice";

/** Parameters: actors, since, until. */
export function fillSlice(): string {
  return `
    INSERT INTO classed_slice (actor, time, customer, ip, searched, shown, explained)
    WITH ${reasonedSightings()}
    SELECT actor, time, customer, ip, action = 'search', fields != '' OR masked = '', kind != '' FROM reasoned`;
}

/**
 * The slice as a relation with `actor, time, customer, ip, shown, class`; `shown` is false where every value was masked, so that
 * nothing of the customer was seen. A source that says neither what it showed nor what it masked is taken to have shown.
 */
export const classedSlice: string = `
  SELECT r.actor AS actor, r.time AS time, r.customer AS customer, r.ip AS ip, r.shown AS shown,
         multiIf(r.explained, 'explained',
                 r.searched AND n.time >= r.time AND n.time <= addSeconds(r.time, ${searchToReadSeconds}), 'bystander',
                 'unexplained') AS class
  FROM classed_slice AS r
  ASOF LEFT JOIN (SELECT DISTINCT actor, time FROM classed_slice WHERE explained AND NOT searched) AS n
    ON n.actor = r.actor AND n.time >= r.time`;
