import { createdOf, standingOf } from "./tables.ts";

/** Who the reporters are. Parameter: customers. A customer without a row here may still have been read. */
export const reporters: string = `
  SELECT c.id AS customer, c.language AS language, c.kind AS kind, ${standingOf("c")} AS standing, ${createdOf("c")} AS created
  FROM (SELECT * FROM customers FINAL WHERE id IN {customers:Array(String)}) AS c`;

/** When the reporters' tickets were opened. */
export function reporterContact(suffix: string): string {
  return `SELECT customer, opened FROM trace_contact${suffix} WHERE customer IN {customers:Array(String)}`;
}

/**
 * Every read of the reporters that showed something, or does not say what it showed, in the order the store keeps them.
 * Parameters: customers, since, until.
 */
export const reporterReads: string = `
  SELECT customer, actor, toUnixTimestamp64Milli(s.time) AS time, fields, ip FROM sightings AS s
  WHERE customer IN {customers:Array(String)} AND (fields != '' OR masked = '')
    AND s.time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
  ORDER BY customer, actor, s.time`;

/** The moments of unexplained reads of the reporters. */
export function reporterUnexplained(suffix: string): string {
  return `SELECT customer, actor, times FROM trace_unexplained${suffix} WHERE customer IN {customers:Array(String)}`;
}

/** Unfamiliar addresses of some accounts. Parameter: actors. */
export function unfamiliarOf(suffix: string): string {
  return `SELECT actor, ip FROM trace_unfamiliar${suffix} WHERE actor IN {actors:Array(String)}`;
}

/** List and search events that do not say whom they showed, up to the last report. Parameters: since, until. */
export const unknownByActor: string = `
  SELECT actor, count() AS events FROM unknown_exposures
  WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')} GROUP BY actor ORDER BY actor`;

/** Sizes of the base and its parts. */
export function baseSizes(suffix: string): string {
  return `SELECT name, value FROM trace_base${suffix}`;
}
