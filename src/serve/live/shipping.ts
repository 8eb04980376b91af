import { z } from "zod";
import { type Refusal, defect, isRefusal, refusal } from "../../base/index.ts";
import { actions, joinFields } from "../../domain/index.ts";
import type { LogReader, StoredEntry } from "../../record/index.ts";
import { type ErasedStretch, dropErasedImports } from "./erased.ts";
import { refreshFromNothing } from "./refreshing.ts";
import { type Store, liveImportMin, liveIndexSql, livePlace } from "../../store/index.ts";

/** How far the store has taken the log over, and how many sightings came along this time. */
export interface Shipped {
  /** Entries below this index are in the store. */
  readonly next: number;
  readonly sightings: number;
  /** Entries that told of them. */
  readonly entries: number;
}

/** Rows of one insert: some 20 MB of JSON, one part of the table. */
export const shippedRowsMax = 100_000;

/** The work that a reason's kind is, strongest first, as `work` ranks it. */
const ranks = { assigned: 1, transferred: 2, worked: 3, review: 4, named: 5 } as const;

const texts = z.array(z.string());
const sightingEntry = z.object({
  kind: z.literal("sighting"),
  time: z.iso.datetime(),
  actor: z.string(),
  action: z.enum(actions),
  seen: z.array(
    z.object({ customers: texts, shown: texts, masked: texts, probed: texts, table: z.string() }),
  ),
  because: z.array(
    z.tuple([z.string(), z.enum(["assigned", "transferred", "worked", "review", "named"]), z.string()]),
  ),
  session: z.string(),
  ip: z.string(),
  ticket: z.string().nullable(),
});

const probeEntry = z.object({
  kind: z.literal("probe"),
  time: z.iso.datetime(),
  actor: z.string(),
  session: z.string(),
  ip: z.string(),
  probes: z.array(z.object({ fields: texts, table: z.string() })),
});

type SightingEntry = z.infer<typeof sightingEntry>;

/**
 * Takes what a gateway recorded from the log into the store, once: every row stands under its entry's index, the place reached is
 * written before and after each batch, and what a crash left of a batch is taken out again before it is repeated.
 */
export async function shipLog(store: Store, reader: LogReader): Promise<Shipped | Refusal> {
  const log = reader.checkpoint.origin;
  let state = await stateOf(store, log);
  if (state.upto > state.next) await takeOut(store, state.next, null);
  let [sightings, entries] = [0, 0];
  for await (const batch of batches(reader, state.next)) {
    if (isRefusal(batch)) return batch;
    const { rows, work, probes, erased } = batch;
    const written = rows.length + probes.length + erased.length > 0;
    if (written) await tell(store, log, { ...state, upto: batch.next });
    await store.insert("sightings", rows);
    await store.insert("work", work);
    await store.insert("probes", probes);
    if (await dropErased(store, log, erased)) await refreshFromNothing(store);
    state = { next: batch.next, upto: batch.next, seen: batch.seen ?? state.seen };
    await tell(store, log, state);
    sightings += rows.length;
    entries += batch.sightings;
  }
  return { next: state.next, sightings, entries };
}

interface State {
  readonly next: number;
  readonly upto: number;
  readonly seen: number;
}

async function stateOf(store: Store, log: string): Promise<State> {
  const [row] = await store.query<State>(
    "SELECT next, upto, seen FROM live_shipped WHERE log = {log:String} ORDER BY version DESC LIMIT 1",
    { log },
  );
  return row ?? { next: 0, upto: 0, seen: 0 };
}

/** The later of two states is the one that is further: `next` and `upto` only grow. */
async function tell(store: Store, log: string, state: State): Promise<void> {
  await store.insert("live_shipped", [{ log, ...state, version: state.next + state.upto }]);
}

/** Tables whose rows stand under their entry's index. */
const liveTables = ["sightings", "probes"] as const;

/** Removes the rows of entries from one index on, or between two: of a batch that broke off, or because they were erased. */
async function takeOut(store: Store, from: number, to: number | null): Promise<void> {
  const within = (index: string): string =>
    `${index} >= {from:UInt64}${to === null ? "" : ` AND ${index} < {to:UInt64}`}`;
  const params = { from, ...(to === null ? {} : { to }) };
  for (const table of liveTables)
    await store.command(
      `ALTER TABLE ${table} DELETE WHERE import >= ${liveImportMin} AND ${within(liveIndexSql())}`,
      params,
      { mutations_sync: 2 },
    );
  await store.command(`ALTER TABLE work DELETE WHERE told > 0 AND ${within("(told - 1)")}`, params, {
    mutations_sync: 2,
  });
}

/** Whether anything was there of what was erased. */
async function dropErased(store: Store, log: string, erased: readonly ErasedStretch[]): Promise<boolean> {
  let dropped = false;
  for (const stretch of erased) {
    const [row] = await store.query<{ there: number }>(
      `SELECT sum(there) > 0 AS there FROM (${liveTables.map(thereSql).join(" UNION ALL ")})`,
      { ...stretch },
    );
    if (row?.there === 1) await takeOut(store, stretch.from, stretch.to);
    const imports = await dropErasedImports(store, log, stretch);
    dropped ||= row?.there === 1 || imports > 0;
  }
  return dropped;
}

function thereSql(table: string): string {
  return `SELECT count() AS there FROM ${table} WHERE import >= ${liveImportMin} AND ${liveIndexSql()} >= {from:UInt64} AND ${liveIndexSql()} < {to:UInt64}`;
}

interface Batch {
  readonly rows: object[];
  readonly work: object[];
  readonly probes: object[];
  readonly erased: ErasedStretch[];
  next: number;
  sightings: number;
  seen: number | null;
}

const erasure = z.object({
  kind: z.literal("log.erasure"),
  stretches: z.array(z.object({ from: z.number().int(), to: z.number().int() })),
});

async function* batches(reader: LogReader, from: number): AsyncGenerator<Batch | Refusal> {
  let batch = emptyBatch(from);
  for await (const bundle of reader.entries(from)) {
    for (const stored of bundle) {
      const refused = take(batch, stored);
      if (refused !== null) return yield refused;
      if (batch.rows.length < shippedRowsMax) continue;
      yield batch;
      batch = emptyBatch(batch.next);
    }
  }
  if (batch.next > from) yield batch;
}

function emptyBatch(next: number): Batch {
  return { rows: [], work: [], probes: [], erased: [], next, sightings: 0, seen: null };
}

function take(batch: Batch, { index, entry }: StoredEntry): Refusal | null {
  batch.next = index + 1;
  if (entry?.kind === "log.erasure") {
    const told = erasure.safeParse(entry);
    if (told.success) batch.erased.push(...told.data.stretches);
  }
  if (entry?.kind === "probe") {
    const told = probeEntry.safeParse(entry);
    if (!told.success) return notUnderstood(index, "probe");
    batch.probes.push(probeRow(told.data, index));
    return null;
  }
  if (entry?.kind !== "sighting") return null;
  const told = sightingEntry.safeParse(entry);
  if (!told.success) return notUnderstood(index, "sighting");
  batch.rows.push(...rowsOf(told.data, index));
  batch.work.push(...workOf(told.data, index));
  batch.sightings++;
  batch.seen = index + 1;
  return null;
}

function notUnderstood(index: number, kind: string): Refusal {
  return refusal(
    "verification",
    `entry ${index} of the log is no ${kind} that this whosaw understands`,
    "run whosaw verify; upgrade whosaw if the log is whole",
  );
}

function probeRow({ actor, ip, probes, session, time }: z.infer<typeof probeEntry>, index: number): object {
  const target = probes.map(({ table }) => table).join(", ");
  const fields = joinFields([...new Set(probes.flatMap((one) => one.fields))].sort());
  return { actor, fields, ip, session, target, time: storeTime(time), ...livePlace(index) };
}

/** A row a customer, whatever tables it was seen in: the fields are columns' names. */
function rowsOf(entry: SightingEntry, index: number): object[] {
  const { actor, action, session, ip } = entry;
  const same = { actor, action, session, ip, source: "gateway", ...livePlace(index) };
  const ticket = entry.ticket ?? "";
  const time = storeTime(entry.time);
  const tables = new Map<string, number[]>();
  for (const [at, { customers }] of entry.seen.entries())
    for (const customer of customers) {
      const held = tables.get(customer);
      if (held === undefined) tables.set(customer, [at]);
      else if (!held.includes(at)) held.push(at);
    }
  const fieldsOf = new Map<string, object>();
  return [...tables].map(([customer, ats]) => {
    const key = ats.join();
    const known = fieldsOf.get(key) ?? shownIn(ats.map((at) => entry.seen[at] ?? defect("no such table")));
    fieldsOf.set(key, known);
    return { customer, time, ticket, ...same, ...known };
  });
}

/** What was shown of a customer in some tables together. A field that was shown anywhere was shown; what was only probed is masked too. */
function shownIn(seen: readonly SightingEntry["seen"][number][]): object {
  const shown = new Set(seen.flatMap((one) => one.shown));
  const masked = new Set(seen.flatMap((one) => one.masked).filter((field) => !shown.has(field)));
  const probed = new Set(
    seen.flatMap((one) => one.probed).filter((field) => !shown.has(field) && !masked.has(field)),
  );
  return {
    fields: joinFields([...shown].sort()),
    masked: joinFields([...masked, ...probed].sort()),
    probed: joinFields([...probed].sort()),
  };
}

/** The reasons that were known when it happened, each a window of that one moment. */
function workOf({ actor, because, ...entry }: SightingEntry, index: number): object[] {
  const time = storeTime(entry.time);
  return because.map(([customer, kind, ticket]) => ({
    customer,
    actor,
    start: time,
    end: time,
    rank: ranks[kind],
    kind,
    ticket,
    told: index + 1,
  }));
}

function storeTime(time: string): string {
  return new Date(time).toISOString().replace("T", " ").replace("Z", "");
}
