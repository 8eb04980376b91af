import type { Store } from "../store.ts";
import type { LoadTable, LoadUnit } from "./plan.ts";
import { incoming, ready } from "./privateTables.ts";

/** Rows compared at once: hashes of this many take well under a gigabyte. */
const bucketRows = 4_000_000;

/** What makes a row of a table the same row. */
interface Sameness {
  /** Rows are told apart by this alone: equal rows are the same row, and of two different ones the later stands. */
  readonly key: string | null;
  readonly content: string;
  readonly bucket: string;
  /** Rows of the store outside this file's times can't equal any of its rows; null: all must be looked at. */
  readonly time: string | null;
}

const sameness: { readonly [table in LoadTable]: Sameness } = {
  // Reads are a multiset: the same person may read the same record twice in one millisecond.
  sightings: {
    key: null,
    content: "time, actor, customer, action, fields, masked, ticket, session, ip, source",
    bucket: "customer",
    time: "time",
  },
  unknown_exposures: {
    key: null,
    content: "time, actor, action, fields, rows, target, session, ip, source",
    bucket: "actor",
    time: "time",
  },
  customers: {
    key: "id",
    content: "language, country, kind, ifNull(toString(created), ''), toString(mapSort(segments))",
    bucket: "id",
    time: null,
  },
  tickets: {
    key: "id",
    content: "customer, opened, ifNull(toString(closed), ''), assignee, queue",
    bucket: "id",
    time: null,
  },
  actors: {
    key: "id",
    content: "kind, team, language, ifNull(toString(hired), ''), ifNull(toString(left), ''), home_ip",
    bucket: "id",
    time: null,
  },
  ticket_events: { key: "ticket, time, actor, event", content: "ticket", bucket: "ticket", time: "time" },
  reports: { key: "customer, time, knew", content: "customer", bucket: "customer", time: "time" },
};

/** Counts the rows that the store already has; where there are any, the others are put into the unit's `ready` table. */
export async function compareUnit(
  store: Store,
  unit: LoadUnit,
): Promise<{ readonly imported: number; readonly duplicates: number }> {
  let [imported, duplicates] = [0, 0];
  for (const table of unit.tables) {
    await store.command(`DROP TABLE IF EXISTS ${ready(unit, table)} SYNC`);
    const rows = await count(store, incoming(unit, table));
    const twice = rows === 0 ? 0 : await setAside(store, unit, table, rows);
    imported += rows - twice;
    duplicates += twice;
  }
  return { imported, duplicates };
}

async function setAside(store: Store, unit: LoadUnit, table: LoadTable, rows: number): Promise<number> {
  const same = sameness[table];
  const from = incoming(unit, table);
  if (same.key === null && !(await mayHoldTwice(store, same, { from, table }))) return 0;
  const buckets = Math.max(1, Math.ceil(rows / bucketRows));
  let kept = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const [row] = await store.query<{ kept: number }>(
      `SELECT count() AS kept FROM (${keptRows(same, from, table)})`,
      { bucket, buckets },
    );
    kept += row?.kept ?? 0;
  }
  if (kept === rows) return 0;
  const to = ready(unit, table);
  await store.command(`CREATE TABLE ${to} AS ${table}`);
  await store.command(`SYSTEM STOP MERGES ${to}`);
  for (let bucket = 0; bucket < buckets; bucket++)
    await store.command(
      `INSERT INTO ${to} SELECT * EXCEPT (whosaw_key, whosaw_content, whosaw_nth, whosaw_before, whosaw_there)` +
        ` FROM (${keptRows(same, from, table)})`,
      { bucket, buckets },
      { optimize_on_insert: 0 },
    );
  return rows - (await count(store, to));
}

/** Hashes held at once while looking whether any row is there already: 16 million take half a gigabyte. */
const lookedRows = 16_000_000;

/**
 * Whether any row of the file may be in the store already. Only the time that both speak of is looked at, and of each row only a
 * 64-bit hash: two rows with one hash cost the careful comparison, never a row.
 */
async function mayHoldTwice(
  store: Store,
  same: Sameness,
  { from, table }: { readonly from: string; readonly table: string },
): Promise<boolean> {
  const [both] = await store.query<{ since: string; until: string; rows: number }>(
    `WITH (SELECT (min(time), max(time)) FROM ${from}) AS file, (SELECT (min(time), max(time)) FROM ${table}) AS stored,` +
      ` greatest(file.1, stored.1) AS low, least(file.2, stored.2) AS high` +
      ` SELECT toString(low) AS since, toString(high) AS until, (SELECT count() FROM ${table} WHERE time BETWEEN low AND high) AS rows` +
      ` WHERE (SELECT count() FROM ${table}) > 0`,
  );
  if (both === undefined || both.rows === 0) return false;
  const buckets = Math.max(1, Math.ceil(both.rows / lookedRows));
  const hashes = (name: string): string =>
    `FROM ${name} WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}` +
    ` AND sipHash64(${same.bucket}) % {buckets:UInt32} = {bucket:UInt32}`;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const found = await store.query(
      `SELECT 1 AS found ${hashes(from)} AND sipHash64(${same.content}) IN (SELECT sipHash64(${same.content}) ${hashes(table)}) LIMIT 1`,
      { since: both.since, until: both.until, bucket, buckets },
    );
    if (found.length > 0) return true;
  }
  return false;
}

/**
 * The rows of one bucket of `from` that are not yet in `table`. A multiset keeps max(0, n - m) of n copies where the
 * store has m. A keyed row is a duplicate when it says what the row before it, or else the store, says already.
 */
function keptRows(same: Sameness, from: string, table: LoadTable): string {
  const inBucket = `sipHash64(${same.bucket}) % {buckets:UInt32} = {bucket:UInt32}`;
  const content = `sipHash128(${same.content})`;
  const key = same.key === null ? content : `sipHash128(${same.key})`;
  const within =
    same.time === null
      ? ""
      : ` AND time >= (SELECT min(time) FROM ${from}) AND time <= (SELECT max(time) FROM ${from})`;
  const there = same.key === null ? "toString(count())" : "argMax(whosaw_content, (import, line))";
  const file =
    `SELECT *, row_number() OVER line_order AS whosaw_nth, lagInFrame(whosaw_content) OVER line_order AS whosaw_before` +
    ` FROM (SELECT *, ${key} AS whosaw_key, toString(${content}) AS whosaw_content FROM ${from} WHERE ${inBucket})` +
    ` WINDOW line_order AS (PARTITION BY whosaw_key ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
  const stored =
    `SELECT whosaw_key, ${there} AS whosaw_there` +
    ` FROM (SELECT ${key} AS whosaw_key, toString(${content}) AS whosaw_content, import, line FROM ${table} WHERE ${inBucket}${within})` +
    ` WHERE whosaw_key IN (SELECT ${key} FROM ${from} WHERE ${inBucket}) GROUP BY whosaw_key`;
  const kept =
    same.key === null
      ? "whosaw_nth > toUInt64OrZero(whosaw_there)"
      : "whosaw_content != if(whosaw_nth = 1, whosaw_there, whosaw_before)";
  return `SELECT * FROM (${file}) AS file LEFT JOIN (${stored}) AS stored USING (whosaw_key) WHERE ${kept}`;
}

async function count(store: Store, name: string): Promise<number> {
  const [row] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM ${name}`);
  return row?.rows ?? 0;
}
