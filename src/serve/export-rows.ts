import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { type Clock, type Refusal, refusal } from "../base/index.ts";
import type { Exported, SightingClass } from "../connect/index.ts";
import type { Action, ActorId, CustomerId, ExplanationKind, Instant } from "../domain/index.ts";
import { splitFields } from "../domain/index.ts";
import { type Span, actorSightings, engineTime, spanParams } from "../explain/index.ts";
import { liveImportMin, liveIndexSql, type Store } from "../store/index.ts";

/** Which rows: a span, both ends included, and one actor's or one customer's, or everybody's. */
export interface ExportFilter extends Span {
  readonly actor: ActorId | null;
  readonly customer: CustomerId | null;
}

/** Rows classed and put in the order of time, in a table of their own that nobody else sees. */
export interface Staged {
  readonly sightings: number;
  readonly exposureUnknown: number;
  /** By time; at one moment by actor, customer, import and line. */
  readonly rows: (options: { readonly unknown: boolean }) => AsyncIterable<Exported>;
  /** The sightings as one Parquet file, in the same order. */
  readonly parquet: () => Promise<Readable>;
  readonly drop: () => Promise<void>;
}

export interface StagingOptions {
  readonly clock: Clock;
  readonly onProgress: (done: number, total: number) => void;
  readonly sightingsPerSlice?: number;
}

/** Sightings classed in one statement: half of what the daily counts take, because each is joined to its row once more. */
const sightingsPerSliceDefault = 2_000_000;

/** An export that takes longer than this has been given up: its table is in nobody's use. */
const leftoverMillis = 7 * 86_400_000;

/**
 * A search is a bystander of a read that comes after it, so that the classing must look beyond the end of a slice: further
 * than `explain` ever looks, so that neither a slice nor the span's end changes a class.
 */
const lookAheadMillis = 86_400_000;

const hourMillis = 3_600_000;
const order = "time, actor, customer, import, line, action, fields";

const inSpan = "time BETWEEN {from:DateTime64(3,'UTC')} AND {to:DateTime64(3,'UTC')}";

interface Slice extends Span {
  readonly actors: readonly string[];
  readonly sightings: number;
}

/**
 * Classes every sighting of the filter, a slice of actors at a time, into a table in the order of time. What is read out of it
 * is then sorted already: neither this process nor the engine ever holds more than a slice.
 */
export async function stageRows(
  store: Store,
  filter: ExportFilter,
  options: StagingOptions,
): Promise<Staged | Refusal> {
  await dropLeftovers(store, options.clock);
  const table = `exporting_${options.clock()}_${randomBytes(6).toString("hex")}`;
  const drop = async (): Promise<void> => store.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  try {
    await store.command(tableOf(table));
    const max = options.sightingsPerSlice ?? sightingsPerSliceDefault;
    const slices = await slicesOf(store, filter, max);
    const total = slices.reduce((sum, { sightings }) => sum + sightings, 0);
    let done = 0;
    for (const slice of slices) {
      await store.command(stageSlice(table, filter), {
        ...filterParams(filter),
        ...spanParams({ since: slice.since, until: (slice.until + lookAheadMillis) as Instant }),
        from: engineTime(slice.since),
        to: engineTime(slice.until),
        actors: slice.actors,
      });
      done += slice.sightings;
      options.onProgress(done, total);
    }
    await store.command(stageUnknown(table, filter), filterParams(filter));
    const counted = await count(store, table, filter);
    if (counted !== null) return { ...counted, ...readers(store, table), drop };
    await drop();
    return refusal("refused", "the store changed while it was exported", "Export again.");
  } catch (error) {
    await drop().catch(() => undefined);
    throw error;
  }
}

function tableOf(table: string): string {
  const few = "LowCardinality(String)";
  return `CREATE TABLE ${table} (
    time DateTime64(3, 'UTC'), actor ${few}, customer String, action ${few}, fields ${few}, masked ${few}, ticket String,
    session String, ip ${few}, source ${few}, import UInt32, line UInt32, known Bool, class ${few}, kind ${few},
    reason_ticket String, log ${few}, entry Int64, rows UInt64, target String
  ) ENGINE = MergeTree ORDER BY (${order}) SETTINGS default_compression_codec = 'ZSTD(1)'`;
}

/**
 * One slice's sightings, each with its class. The class depends on nothing but who, whom, when, the action and the ticket, so
 * that any of the relation's rows that agree in these is the right one, and no sighting is counted twice.
 */
function stageSlice(table: string, { customer }: ExportFilter): string {
  const ofCustomer = customer === null ? "" : "AND customer = {customer:String}";
  return `
    INSERT INTO ${table} (time, actor, customer, action, fields, masked, ticket, session, ip, source, import, line,
                          known, class, kind, reason_ticket, log, entry, rows, target)
    SELECT s.time, s.actor, s.customer, s.action, s.fields, s.masked, s.ticket, s.session, s.ip, s.source, s.import, s.line,
           true, r.class, r.kind, r.reason_ticket, if(${isLive}, (${liveLog}), p.log),
           multiIf(${isLive}, toInt64(${liveIndexSql("s.")}), p.log = '', -1, p.entry), 0, ''
    FROM (SELECT time, actor, customer, action, fields, masked, ticket, session, ip, source, import, line FROM sightings
          WHERE actor IN {actors:Array(String)} AND ${inSpan} ${ofCustomer}) AS s
    ANY LEFT JOIN (SELECT actor, customer, time, action, ticket, class, kind, reason_ticket FROM (${actorSightings()})
                   WHERE ${inSpan} ${ofCustomer}) AS r
      ON r.actor = s.actor AND r.customer = s.customer AND r.time = s.time AND r.action = s.action AND r.ticket = s.ticket
    LEFT JOIN (${places}) AS p ON p.import = s.import`;
}

/** A gateway's sighting has an entry of its own in the log, and no line of a file. */
const isLive = `s.import >= ${liveImportMin}`;
const liveLog = "SELECT any(log) FROM (SELECT log FROM live_shipped ORDER BY version DESC LIMIT 1)";

/** Where the log tells of each import that it tells of. */
const places = "SELECT import, log, entry FROM imports FINAL WHERE entry >= 0 AND log != ''";

/** Any event of the time may have shown a customer, but none from before the customer's record was made (as in `customer`). */
function stageUnknown(table: string, { actor, customer }: ExportFilter): string {
  return `
    INSERT INTO ${table} (time, actor, customer, action, fields, masked, ticket, session, ip, source, import, line,
                          known, class, kind, reason_ticket, log, entry, rows, target)
    SELECT u.time, u.actor, '', u.action, u.fields, '', '', u.session, u.ip, u.source, u.import, u.line,
           false, '', '', '', p.log, if(p.log = '', -1, p.entry), u.rows, u.target
    FROM (SELECT * FROM unknown_exposures WHERE ${inSpan}
          ${actor === null ? "" : "AND actor = {actor:String}"}
          ${
            customer === null
              ? ""
              : `AND time >= ifNull((SELECT max(created) FROM customers FINAL WHERE id = {customer:String}),
                                    toDateTime64(0, 3, 'UTC'))`
          }) AS u
    LEFT JOIN (${places}) AS p ON p.import = u.import`;
}

function filterParams({ since, until, actor, customer }: ExportFilter): Record<string, unknown> {
  return {
    from: engineTime(since),
    to: engineTime(until),
    ...(actor === null ? {} : { actor }),
    ...(customer === null ? {} : { customer }),
  };
}

/** Actors until a slice is full; an actor who alone is too many for one is cut by the hour. */
async function slicesOf(store: Store, filter: ExportFilter, max: number): Promise<readonly Slice[]> {
  const params = filterParams(filter);
  const { since, until } = filter;
  const sizes = await store.query<{ actor: string; sightings: number }>(actorSizes(filter), params);
  const slices: Slice[] = [];
  let actors: string[] = [];
  let held = 0;
  for (const { actor, sightings } of sizes) {
    if (sightings > max) {
      slices.push(...(await hourlySlices(store, filter, { actor, max })));
      continue;
    }
    if (held + sightings > max) {
      slices.push({ since, until, actors, sightings: held });
      actors = [];
      held = 0;
    }
    actors.push(actor);
    held += sightings;
  }
  return actors.length === 0 ? slices : [...slices, { since, until, actors, sightings: held }];
}

function actorSizes({ actor, customer }: ExportFilter): string {
  return `
    SELECT actor, count() AS sightings FROM sightings WHERE ${inSpan}
      ${actor === null ? "" : "AND actor = {actor:String}"}
      ${customer === null ? "" : `AND actor IN (SELECT actor FROM sightings WHERE customer = {customer:String} AND ${inSpan})`}
    GROUP BY actor ORDER BY actor`;
}

async function hourlySlices(
  store: Store,
  filter: ExportFilter,
  { actor, max }: { readonly actor: string; readonly max: number },
): Promise<readonly Slice[]> {
  const hours = await store.query<{ hour: number; sightings: number }>(
    `SELECT toInt32(intDiv(toUnixTimestamp64Milli(time), ${hourMillis})) AS hour, count() AS sightings FROM sightings
     WHERE actor = {actor:String} AND ${inSpan} GROUP BY hour ORDER BY hour`,
    { ...filterParams(filter), actor },
  );
  const slices: Slice[] = [];
  let since: Instant = filter.since;
  let held = 0;
  for (const { hour, sightings } of hours) {
    if (held > 0 && held + sightings > max) {
      const until = (hour * hourMillis - 1) as Instant;
      slices.push({ since, until, actors: [actor], sightings: held });
      since = (until + 1) as Instant;
      held = 0;
    }
    held += sightings;
  }
  return [...slices, { since, until: filter.until, actors: [actor], sightings: held }];
}

/** Null when what was staged is not what the store holds: somebody wrote to it meanwhile. */
async function count(
  store: Store,
  table: string,
  filter: ExportFilter,
): Promise<{ readonly sightings: number; readonly exposureUnknown: number } | null> {
  const { actor, customer } = filter;
  const [held] = await store.query<{ sightings: number }>(
    `SELECT count() AS sightings FROM sightings WHERE ${inSpan}
     ${actor === null ? "" : "AND actor = {actor:String}"} ${customer === null ? "" : "AND customer = {customer:String}"}`,
    filterParams(filter),
  );
  const [staged] = await store.query<{ classed: number; sightings: number; unknown: number }>(
    `SELECT countIf(known AND class != '') AS classed, countIf(known) AS sightings, countIf(NOT known) AS unknown FROM ${table}`,
  );
  const [sightings, classed] = [staged?.sightings ?? 0, staged?.classed ?? 0];
  return held?.sightings === sightings && classed === sightings
    ? { sightings, exposureUnknown: staged?.unknown ?? 0 }
    : null;
}

function readers(store: Store, table: string): Pick<Staged, "rows" | "parquet"> {
  return {
    rows: async function* ({ unknown }) {
      const sql = `
        SELECT toUnixTimestamp64Milli(time) AS at, actor, customer, action, fields, masked, ticket, session, ip, source, import,
               line, known, class, kind, reason_ticket, log, entry, rows, target
        FROM ${table} ${unknown ? "" : "WHERE known"} ORDER BY ${order}`;
      for await (const row of store.stream<StagedRow>(sql)) yield exported(row);
    },
    parquet: async () =>
      store.read(
        `SELECT time, actor, customer, fields, masked, action, ticket, session, ip, source, class,
                kind AS explanation, reason_ticket AS explanation_ticket, log AS receipt_log,
                if(entry < 0, NULL, entry) AS receipt_entry, if(entry < 0 OR import >= ${liveImportMin}, NULL, line) AS receipt_line
         FROM ${table} WHERE known ORDER BY ${order}`,
        "Parquet",
      ),
  };
}

interface StagedRow {
  readonly at: number;
  readonly actor: string;
  readonly customer: string;
  readonly action: Action;
  readonly fields: string;
  readonly masked: string;
  readonly ticket: string;
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  readonly import: number;
  readonly line: number;
  readonly known: boolean;
  readonly class: SightingClass;
  readonly kind: ExplanationKind | "";
  readonly reason_ticket: string;
  readonly log: string;
  readonly entry: number;
  readonly rows: number;
  readonly target: string;
}

function exported(row: StagedRow): Exported {
  const { actor, customer, action, ticket, session, ip, source, import: number, target } = row;
  // Beside an entry of its own there is no line to tell.
  const line = number >= liveImportMin ? 0 : row.line;
  const receipt = row.entry < 0 ? null : { log: row.log, entry: row.entry };
  const fields = splitFields(row.fields);
  const when = {
    time: row.at as Instant,
    actor,
    action,
    fields,
    session,
    ip,
    source,
    import: number,
    line,
    receipt,
  };
  if (!row.known) return { ...when, known: false, target, rowsMax: row.rows };
  return {
    ...when,
    known: true,
    customer,
    masked: splitFields(row.masked),
    ticket,
    class: row.class,
    explanation: row.kind === "" ? null : { kind: row.kind, ticket: row.reason_ticket },
  };
}

async function dropLeftovers(store: Store, clock: Clock): Promise<void> {
  const tables = await store.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^exporting_[0-9]+_[0-9a-f]+$')",
  );
  for (const { name } of tables)
    if (Number(name.split("_")[1]) < clock() - leftoverMillis)
      await store.command(`DROP TABLE IF EXISTS ${name} SYNC`);
}
