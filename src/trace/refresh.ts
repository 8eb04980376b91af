import { actorSightings, type Engine, type Span, always, spanParams } from "../explain/index.ts";
import {
  countByActor,
  countCustomers,
  createTables,
  dropFeeds,
  dropTables,
  fillBase,
  fillContact,
  fillCustomers,
  fillPairs,
  fillUnfamiliar,
  traceTables,
} from "./queries/tables.ts";

/** Customers in the sample that matched shares are counted from; smaller bases are counted whole. */
export const sampleMax = 120_000;
/** Sightings classed in one statement: about 1 GB for the joins, as the explain room has it. A larger account is a slice of its own. */
const sightingsPerSliceMax = 4_000_000;

export type Progress = (done: number, total: number) => void;

/** Whether the tables a trace reads are those of the newest import. */
export async function isReachFresh(engine: Engine): Promise<boolean> {
  const [found] = await engine.query<{ tables: number }>(
    "SELECT count() AS tables FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}",
    { names: traceTables },
  );
  if (found?.tables !== traceTables.length) return false;
  const [state] = await engine.query<{ newest: number; built: number }>(
    "SELECT (SELECT max(import) FROM imports) AS newest, (SELECT max(value) FROM trace_base WHERE name = 'import') AS built",
  );
  return state !== undefined && state.newest === state.built;
}

/**
 * Builds what a trace reads (docs: every table is derived, and may be dropped): once after an import and after the explanations were
 * refreshed. Built beside and exchanged, so that a trace asked meanwhile sees the old tables or the new ones.
 */
export async function refreshReach(engine: Engine, onProgress: Progress = () => {}): Promise<void> {
  await buildReach(engine, "_next", always, onProgress);
  for (const table of traceTables) {
    await engine.command(`CREATE TABLE IF NOT EXISTS ${table} AS ${table}_next`);
    await engine.command(`EXCHANGE TABLES ${table} AND ${table}_next`);
  }
  for (const statement of dropTables("_next")) await engine.command(statement);
}

/** The same tables under another name and for a part of time only: the slow way that `--from` and `--to` take. */
export async function buildReach(
  engine: Engine,
  suffix: string,
  span: Span,
  onProgress: Progress,
): Promise<void> {
  const [base] = await engine.query<{ customers: number }>(countCustomers);
  const modulus = Math.max(1, Math.round((base?.customers ?? 0) / sampleMax));
  const before = [...dropFeeds(suffix), ...dropTables(suffix), ...createTables(suffix, modulus)];
  for (const statement of before) await engine.command(statement);
  await engine.command(fillUnfamiliar(suffix));
  await engine.command(fillContact(suffix));
  await engine.command(fillCustomers(suffix, modulus));
  await fillSlices(engine, suffix, span, onProgress);
  // Last, because it says that the rest is whole.
  await engine.command(fillBase(suffix, modulus));
  for (const statement of dropFeeds(suffix)) await engine.command(statement);
}

async function fillSlices(engine: Engine, suffix: string, span: Span, onProgress: Progress): Promise<void> {
  const sizes = await engine.query<{ actor: string; sightings: number }>(countByActor);
  const total = sizes.reduce((sum, { sightings }) => sum + sightings, 0);
  const sql = fillPairs(suffix, actorSightings());
  let done = 0;
  let slice: string[] = [];
  let held = 0;
  const flush = async (): Promise<void> => {
    if (slice.length > 0) await engine.command(sql, { actors: slice, ...spanParams(span) });
    done += held;
    onProgress(done, total);
    slice = [];
    held = 0;
  };
  for (const { actor, sightings } of sizes) {
    if (held + sightings > sightingsPerSliceMax) await flush();
    slice.push(actor);
    held += sightings;
  }
  await flush();
}
