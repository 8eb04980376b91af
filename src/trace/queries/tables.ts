import { contactDaysMax, type ContactFrom, contactReachMax } from "../model/contact.ts";
import { briefNetworkDays, sharedNetworkActors } from "../model/familiar.ts";

/** Stands for "never" in columns of epoch milliseconds: the year 2200, as far as the store's times go. */
export const never: number = Date.UTC(2200, 0, 1);

/** The tables a trace reads, all derived: they may be dropped at any time and are built anew. `pairs` holds nothing. */
export const traceTables = [
  "trace_unfamiliar",
  "trace_contact",
  "trace_customers",
  "trace_reads",
  "trace_unexplained",
  "trace_reach",
  "trace_base",
] as const;

const few = "LowCardinality(String)";
const settings = "SETTINGS index_granularity = 1024, default_compression_codec = 'ZSTD(1)'";

/**
 * The tables under names that end in `suffix`. Each account's exposures go through `trace_pairs`, which keeps nothing: the
 * views behind it split one pass over the sightings into reach by day, the sampled customers' first reads, and the moments of
 * unexplained reads. `modulus`: one of so many customers is in the sample.
 */
export function createTables(suffix: string, modulus: number): readonly string[] {
  const first = "first_all Int64, first_unexplained Int64, first_unfamiliar Int64";
  return [
    `CREATE TABLE trace_unfamiliar${suffix} (actor ${few}, ip ${few}) ENGINE = MergeTree ORDER BY (actor, ip) ${settings}`,
    `CREATE TABLE trace_contact${suffix} (customer String, opened Array(Int64))
     ENGINE = MergeTree ORDER BY customer ${settings}`,
    `CREATE TABLE trace_customers${suffix} (key UInt64, standing ${few}, created Int64, opened Array(Int64))
     ENGINE = MergeTree ORDER BY (standing, key) ${settings}`,
    `CREATE TABLE trace_reads${suffix} (key UInt64, actor ${few}, ${first})
     ENGINE = MergeTree ORDER BY (key, actor) ${settings}`,
    `CREATE TABLE trace_unexplained${suffix} (customer String, actor ${few}, times Array(Int64))
     ENGINE = MergeTree ORDER BY (customer, actor) ${settings}`,
    `CREATE TABLE trace_reach${suffix} (actor ${few}, kind UInt8, day Int32, customers UInt64)
     ENGINE = SummingMergeTree ORDER BY (actor, kind, day) ${settings}`,
    `CREATE TABLE trace_base${suffix} (name String, value Float64) ENGINE = MergeTree ORDER BY name`,
    `CREATE TABLE trace_pairs${suffix} (actor ${few}, customer String, ${first}, unexplained Array(Int64)) ENGINE = Null`,
    `CREATE MATERIALIZED VIEW trace_to_reads${suffix} TO trace_reads${suffix} AS
     SELECT cityHash64(customer) AS key, actor, first_all, first_unexplained, first_unfamiliar
     FROM trace_pairs${suffix} WHERE cityHash64(customer) % ${modulus} = 0`,
    `CREATE MATERIALIZED VIEW trace_to_unexplained${suffix} TO trace_unexplained${suffix} AS
     SELECT customer, actor, unexplained AS times FROM trace_pairs${suffix} WHERE notEmpty(unexplained)`,
    `CREATE MATERIALIZED VIEW trace_to_reach${suffix} TO trace_reach${suffix} AS
     SELECT actor, first.1 AS kind, toInt32(intDiv(first.2, 86400000)) AS day, count() AS customers
     FROM (SELECT actor, arrayJoin([(0, first_all), (1, first_unexplained), (2, first_unfamiliar)]) AS first
           FROM trace_pairs${suffix})
     WHERE first.2 < ${never} GROUP BY actor, kind, day`,
  ];
}

/** What feeds the tables, gone once they are filled. */
export function dropFeeds(suffix: string): readonly string[] {
  return ["trace_to_reads", "trace_to_unexplained", "trace_to_reach", "trace_pairs"].map(
    (name) => `DROP TABLE IF EXISTS ${name}${suffix}`,
  );
}

export function dropTables(suffix: string): readonly string[] {
  return traceTables.map((name) => `DROP TABLE IF EXISTS ${name}${suffix}`);
}

/**
 * Addresses that are none of the account's own, used on few days, by hardly anyone; '' alone, which no sighting is compared with, for an
 * account of which it can't be known which are its own.
 */
export function fillUnfamiliar(suffix: string): string {
  return `
    INSERT INTO trace_unfamiliar${suffix}
    WITH told AS (SELECT actor, uniqExactIf(toDate(time), ip != '') AS days FROM sightings GROUP BY actor)
    SELECT actor, '' FROM told WHERE days <= ${briefNetworkDays}
    UNION ALL
    SELECT p.actor, p.ip FROM
      (SELECT actor, ip, uniqExact(toDate(time)) AS days FROM sightings WHERE ip != '' GROUP BY actor, ip) AS p
      LEFT JOIN (SELECT ip, uniqExact(actor) AS users FROM sightings GROUP BY ip) AS u ON u.ip = p.ip
      LEFT JOIN (SELECT id, splitByChar(';', home_ip) AS homes FROM actors FINAL) AS a ON a.id = p.actor
      LEFT JOIN told AS t ON t.actor = p.actor
    WHERE t.days > ${briefNetworkDays} AND p.days <= ${briefNetworkDays} AND u.users < ${sharedNetworkActors}
      AND NOT has(a.homes, p.ip)`;
}

/**
 * Of the sampled customers: how many people read one by one (`read`), how many people saw in any way, and how many of each have a ticket.
 */
export function contactCoverage(modulus: number): string {
  const sampled = `cityHash64(customer) % ${modulus} = 0`;
  return `
    WITH customer IN (SELECT customer FROM tickets WHERE ${sampled}) AS ticketed
    SELECT uniqExactIf(customer, ${plain}) AS read, uniqExactIf(customer, ticketed AND ${plain}) AS read_ticketed,
           uniqExact(customer) AS seen, uniqExactIf(customer, ticketed) AS seen_ticketed
    FROM sightings WHERE ${sampled} AND actor NOT IN (${noPeople(modulus)})`;
}

/** A search shows bystanders and an export shows everyone: neither is contact with a customer. */
const plain = "action NOT IN ('search', 'export')";

/** Services, and accounts that read so much of the base that it can't be service to customers. */
function noPeople(modulus: number): string {
  return `
    SELECT id FROM actors FINAL WHERE kind = 'service'
    UNION ALL
    SELECT actor FROM sightings WHERE cityHash64(customer) % ${modulus} = 0
    GROUP BY actor HAVING uniqExact(customer) > ${contactReachMax} * (
      SELECT if((SELECT count() FROM customers) = 0,
                (SELECT uniqExact(customer) FROM sightings WHERE cityHash64(customer) % ${modulus} = 0),
                (SELECT uniqExact(id) FROM customers WHERE cityHash64(id) % ${modulus} = 0)))`;
}

/** In place of tickets: when people first read each customer on each day, ascending. `every` counts searches and exports too. */
export function fillContactFromReads(suffix: string, modulus: number, every: boolean): string {
  return `
    INSERT INTO trace_contact${suffix}
    SELECT customer, arraySlice(arraySort(groupArray(start)), -${contactDaysMax}) FROM (
      SELECT customer, toUnixTimestamp64Milli(min(time)) AS start FROM sightings
      WHERE actor NOT IN (${noPeople(modulus)})${every ? "" : ` AND ${plain}`}
      GROUP BY customer, toDate(time))
    GROUP BY customer SETTINGS optimize_aggregation_in_order = 1`;
}

/** When each customer's tickets were opened, ascending. */
export function fillContact(suffix: string): string {
  return `
    INSERT INTO trace_contact${suffix}
    SELECT customer, arraySort(groupArray(toUnixTimestamp64Milli(opened))) FROM tickets FINAL GROUP BY customer`;
}

/**
 * The sampled customers: what drives being called whatever happens (language, kind, a phone number where a column says so), when
 * they joined and wrote. Without a customers table the base is whoever was ever read.
 */
export function fillCustomers(suffix: string, modulus: number): string {
  const base = baseRelation(`WHERE cityHash64(id) % ${modulus} = 0`);
  return `
    INSERT INTO trace_customers${suffix}
    SELECT cityHash64(c.id), ${standingOf("c")}, ${createdOf("c")}, k.opened
    FROM ${base} AS c
    LEFT JOIN (SELECT customer, opened FROM trace_contact${suffix} WHERE cityHash64(customer) % ${modulus} = 0) AS k
      ON k.customer = c.id`;
}

export function standingOf(table: string): string {
  return `concat(${table}.language, '|', ${table}.kind, '|', ${table}.segments['has_phone'])`;
}

/** Joined at the beginning of time if nothing says when. */
export function createdOf(table: string): string {
  return `if(isNull(${table}.created), 0, toUnixTimestamp64Milli(assumeNotNull(${table}.created)))`;
}

function baseRelation(where: string): string {
  return `(
    SELECT id, language, kind, created, segments FROM customers FINAL ${where}
    UNION ALL
    SELECT DISTINCT customer AS id, '' AS language, '' AS kind, CAST(NULL AS Nullable(DateTime64(3, 'UTC'))) AS created,
           CAST(map(), 'Map(LowCardinality(String), String)') AS segments
    FROM sightings ${where.replace("(id)", "(customer)")} ${where === "" ? "WHERE" : "AND"} (SELECT count() FROM customers) = 0)`;
}

/** Goes up with every change of what the tables mean, so that those built before are built anew. */
export const tablesVersion = 2;

/** Sizes of the base and of each part of it, as name and value. */
export function fillBase(suffix: string, modulus: number, contactFrom: ContactFrom): string {
  const fromReads = contactFrom === "reads";
  const all = baseRelation("");
  return `
    INSERT INTO trace_base${suffix}
    WITH base AS ${all}
    SELECT 'customers', count() FROM base
    UNION ALL SELECT 'modulus', ${modulus}
    UNION ALL SELECT 'version', ${tablesVersion}
    UNION ALL SELECT 'contact from reads', ${fromReads ? 1 : 0}
    UNION ALL SELECT 'import', max(import) FROM imports
    UNION ALL SELECT 'live', max(seen) FROM live_shipped
    UNION ALL SELECT 'accounts', uniqExact(a) FROM (SELECT id AS a FROM actors UNION ALL SELECT DISTINCT actor FROM sightings)
    UNION ALL SELECT concat('language ', language), count() FROM base WHERE language != '' GROUP BY language
    UNION ALL SELECT concat('kind ', kind), count() FROM base WHERE kind != '' GROUP BY kind
    UNION ALL SELECT 'has a ticket', ${fromReads ? "0" : `count() FROM trace_contact${suffix}`}
    UNION ALL SELECT concat('month ', toString(toUnixTimestamp(toStartOfMonth(assumeNotNull(created))))), count()
              FROM base WHERE isNotNull(created) GROUP BY toStartOfMonth(assumeNotNull(created))
    UNION ALL SELECT 'month 0', countIf(isNull(created)) FROM base`;
}

/** How many customers there are, to settle the sample's modulus before anything is built. */
export const countCustomers: string = `
  SELECT if(count() > 0, count(), (SELECT uniq(customer) FROM sightings)) AS customers FROM customers`;

/**
 * The exposures of some accounts, a row a customer. `classed` is the explain room's relation of classed sightings; a sighting that
 * showed masked values only exposed nobody.
 * Parameters: actors, since, until.
 */
export function fillPairs(suffix: string, classed: string): string {
  const strange = `ip != '' AND (actor, ip) IN (SELECT actor, ip FROM trace_unfamiliar${suffix})`;
  return `
    INSERT INTO trace_pairs${suffix} (actor, customer, first_all, first_unexplained, first_unfamiliar, unexplained)
    SELECT actor, customer, min(toUnixTimestamp64Milli(time)), ${firstIf("class = 'unexplained'")},
           ${firstIf(strange)},
           arraySort(groupArrayIf(toUnixTimestamp64Milli(time), class = 'unexplained'))
    FROM (${classed}) WHERE shown GROUP BY actor, customer`;
}

function firstIf(condition: string): string {
  return `if(countIf(${condition}) = 0, ${never}, minIf(toUnixTimestamp64Milli(time), ${condition}))`;
}
