import { createdOf, standingOf } from "./tables.ts";

/** Who the reporters are. Parameter: customers. A customer without a row here may still have been read. */
export const reporters: string = `
  SELECT c.id AS customer, c.language AS language, c.kind AS kind, ${standingOf("c")} AS standing, ${createdOf("c")} AS created
  FROM (SELECT * FROM customers FINAL WHERE id IN {customers:Array(String)}) AS c`;

/**
 * Customers' ids are a prefix of the keys asked here. Looking at the other index and at the projection as well, for two hundred ids
 * in a quarter of a million granules, took longer than reading the rows.
 */
const byKeyOnly = "SETTINGS use_skip_indexes = 0, optimize_use_projections = 0";

/** When the reporters' tickets were opened. */
export function reporterContact(suffix: string): string {
  return `SELECT customer, opened FROM trace_contact${suffix} WHERE customer IN {customers:Array(String)} ${byKeyOnly}`;
}

/**
 * Every read of the reporters that showed something, or does not say what it showed, a row for each reporter and account. A read is
 * exclusive if its fields name a fact only this database holds, or if the source does not say what it showed. Masked values are not shown.
 * Parameters: customers, onlyHere, since, until.
 */
export const reporterReads: string = `
  SELECT customer, actor, groupArray(toUnixTimestamp64Milli(s.time)) AS times, groupArray(ip) AS ips,
         groupArray(fields = '' OR hasAny(splitByChar(';', toString(fields)), {onlyHere:Array(String)})) AS exclusive
  FROM sightings AS s
  WHERE customer IN {customers:Array(String)} AND (fields != '' OR masked = '')
    AND s.time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
  GROUP BY customer, actor ${byKeyOnly}`;

/** The moments of unexplained reads of the reporters. */
export function reporterUnexplained(suffix: string): string {
  return `SELECT customer, actor, times FROM trace_unexplained${suffix} WHERE customer IN {customers:Array(String)} ${byKeyOnly}`;
}

/** Unfamiliar addresses of some accounts. Parameter: actors. */
export function unfamiliarOf(suffix: string): string {
  return `SELECT actor, ip FROM trace_unfamiliar${suffix} WHERE actor IN {actors:Array(String)}`;
}

/** Accounts of which it can't be known which sessions are unfamiliar. */
export function sessionsUnknown(suffix: string): string {
  return `SELECT actor FROM trace_unfamiliar${suffix} WHERE ip = ''`;
}

/** List and search events that do not say whom they showed, up to the last report. Parameters: since, until. */
export const unknownByActor: string = `
  SELECT actor, count() AS events FROM unknown_exposures
  WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')} GROUP BY actor ORDER BY actor`;

/** Sizes of the base and its parts. */
export function baseSizes(suffix: string): string {
  return `SELECT name, value FROM trace_base${suffix}`;
}
