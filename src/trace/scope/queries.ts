import { actorSightings } from "../../explain/index.ts";

/**
 * The customers that one actor saw, a row each, with the fields shown, the fields only masked, when, and whether every
 * read was work. A customer is `unexplained` when at least one read was neither explained nor a bystander of a search;
 * else `explained` when any was explained. With `unexplainedOnly` only the unexplained reads count, and what they showed.
 * Parameters: actors (one), since, until.
 */
export function exposedCustomers(unexplainedOnly: boolean): string {
  return `
    SELECT customer,
           arraySort(groupUniqArrayArray(splitByChar(';', fields))) AS shown,
           arraySort(groupUniqArrayArray(splitByChar(';', masked))) AS masks,
           min(time) AS first, max(time) AS last,
           countIf(class = 'unexplained') > 0 AS unexplained,
           NOT unexplained AND countIf(class = 'explained') > 0 AS explained,
           arraySort(groupUniqArrayIf(reason_ticket, reason_ticket != '')) AS tickets
    FROM (${actorSightings()})
    ${unexplainedOnly ? "WHERE class = 'unexplained'" : ""}
    GROUP BY customer`;
}

/** Everything that scope counts, in one pass over the exposed customers. */
export function scopeTotals(unexplainedOnly: boolean): string {
  return `
    SELECT count() AS customers, countIf(explained) AS explained, countIf(unexplained) AS unexplained,
           toUnixTimestamp64Milli(min(first)) AS first, toUnixTimestamp64Milli(max(last)) AS last,
           sumMap(mapFromArrays(arrayFilter(f -> f != '', shown),
                  arrayMap(f -> toUInt64(1), arrayFilter(f -> f != '', shown)))) AS fields
    FROM (${exposedCustomers(unexplainedOnly)})`;
}

/** How the exposed customers divide by what is known of them. A customer missing from the table counts as ''. */
export function scopeSegments(unexplainedOnly: boolean): string {
  return `
    SELECT pair.1 AS segment, pair.2 AS value, count() AS customers FROM (
      SELECT arrayJoin(arrayConcat(
               [('language', c.language), ('country', c.country), ('kind', c.kind)],
               arrayZip(mapKeys(c.segments), mapValues(c.segments)))) AS pair
      FROM (SELECT customer FROM (${exposedCustomers(unexplainedOnly)})) AS e
      LEFT JOIN (SELECT * FROM customers FINAL WHERE id IN (
                   SELECT customer FROM sightings WHERE actor IN {actors:Array(String)})) AS c ON c.id = e.customer)
    GROUP BY segment, value ORDER BY segment, customers DESC, value`;
}

/** The rows of \`--out\`, in the order of customers, so that two runs give the same file. */
export function scopeRows(unexplainedOnly: boolean): string {
  return `
    SELECT customer, arrayStringConcat(arrayFilter(f -> f != '', shown), ';') AS fields,
           arrayStringConcat(arrayFilter(f -> f != '' AND NOT has(shown, f), masks), ';') AS masked,
           toUnixTimestamp64Milli(first) AS first, toUnixTimestamp64Milli(last) AS last, explained,
           arrayStringConcat(tickets, ';') AS tickets
    FROM (${exposedCustomers(unexplainedOnly)}) ORDER BY customer`;
}

/**
 * What may have been shown to one actor in any of the reads in the span, explained or not: the fields named, and whether some read
 * doesn't say which fields it showed. Parameters: actors, since, until.
 */
export const shownFields: string = `
  SELECT arrayDistinct(arrayFlatten(groupArray(splitByChar(';', fields)))) AS shown,
         countIf(fields = '' AND masked = '') > 0 AS unsaid FROM (
    SELECT DISTINCT fields, masked FROM sightings
    WHERE actor IN {actors:Array(String)}
      AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')})`;

/** Every field name that any sighting ever showed or masked: what could have been exposed. */
export const knownFields: string = `
  SELECT DISTINCT field FROM (
    SELECT arrayJoin(splitByChar(';', list)) AS field FROM (
      SELECT DISTINCT fields AS list FROM sightings UNION DISTINCT SELECT DISTINCT masked FROM sightings))
  WHERE field != '' ORDER BY field`;

/** How many customers there are, known or seen. */
export const customersInAll: string = `
  SELECT greatest((SELECT uniq(id) FROM customers), (SELECT count() FROM customers FINAL)) AS customers`;
