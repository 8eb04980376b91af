import { type Engine, type Span, always, classInSlices } from "../explain/index.ts";
import { type ContactFrom, ticketCoverageMin } from "./model/contact.ts";
import {
  countCustomers,
  createTables,
  dropFeeds,
  dropTables,
  fillBase,
  contactCoverage,
  fillContact,
  fillContactFromReads,
  fillCustomers,
  fillPairs,
  fillUnfamiliar,
  tablesVersion,
  traceTables,
} from "./queries/tables.ts";

/** Customers in the sample that matched shares are counted from; smaller bases are counted whole. */
export const sampleMax = 48_000;
export type Progress = (done: number, total: number) => void;

/** Whether the tables a trace reads are those of the newest import. */
export async function isReachFresh(engine: Engine): Promise<boolean> {
  const [found] = await engine.query<{ tables: number }>(
    "SELECT count() AS tables FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}",
    { names: traceTables },
  );
  if (found?.tables !== traceTables.length) return false;
  const [state] = await engine.query<{
    newest: number;
    built: number;
    seen: number;
    builtSeen: number;
    version: number;
  }>(
    "SELECT (SELECT max(import) FROM imports) AS newest, (SELECT max(value) FROM trace_base WHERE name = 'import') AS built, (SELECT max(seen) FROM live_shipped) AS seen, (SELECT max(value) FROM trace_base WHERE name = 'live') AS builtSeen, (SELECT max(value) FROM trace_base WHERE name = 'version') AS version",
  );
  if (state === undefined || state.version !== tablesVersion) return false;
  return state.newest === state.built && state.seen === state.builtSeen;
}

/** Has the next trace build its tables anew, whatever import they are of. */
export async function forgetReach(engine: Engine): Promise<void> {
  for (const statement of dropTables("")) await engine.command(statement);
}

/** The tables under way: fed with every slice of classed sightings, then finished. */
export interface ReachBuild {
  readonly feed: (classed: string) => Promise<void>;
  readonly finish: () => Promise<void>;
}

/**
 * Starts to build what a trace reads (every table is derived, and may be dropped). It is built beside and exchanged at the end,
 * so that a trace asked meanwhile sees the old tables or the new ones. Whoever classes the sightings after an import feeds it.
 */
export async function startReach(engine: Engine): Promise<ReachBuild> {
  const build = await startTables(engine, "_next");
  return {
    feed: build.feed,
    finish: async () => {
      await build.finish();
      for (const table of traceTables) {
        await engine.command(`CREATE TABLE IF NOT EXISTS ${table} AS ${table}_next`);
        await engine.command(`EXCHANGE TABLES ${table} AND ${table}_next`);
      }
      for (const statement of dropTables("_next")) await engine.command(statement);
    },
  };
}

/** The same in one go, where nobody else needs the classes. */
export async function refreshReach(engine: Engine, onProgress: Progress = () => {}): Promise<void> {
  const build = await startReach(engine);
  await classInSlices(engine, { span: always, onProgress }, build.feed);
  await build.finish();
}

/** The same tables under another name and for a part of time only: the slow way that `--from` and `--to` take. */
export async function buildReach(
  engine: Engine,
  suffix: string,
  span: Span,
  onProgress: Progress,
): Promise<void> {
  const build = await startTables(engine, suffix);
  await classInSlices(engine, { span, onProgress }, build.feed);
  await build.finish();
}

async function startTables(engine: Engine, suffix: string): Promise<ReachBuild> {
  const [base] = await engine.query<{ customers: number }>(countCustomers);
  const modulus = Math.max(1, Math.round((base?.customers ?? 0) / sampleMax));
  const before = [...dropFeeds(suffix), ...dropTables(suffix), ...createTables(suffix, modulus)];
  for (const statement of before) await engine.command(statement);
  await engine.command(fillUnfamiliar(suffix));
  const contactFrom = await buildContact(engine, suffix, modulus);
  await engine.command(fillCustomers(suffix, modulus));
  return {
    feed: (classed) => engine.command(fillPairs(suffix, classed)),
    finish: async () => {
      // Last, because it says that the rest is whole.
      await engine.command(fillBase(suffix, modulus, contactFrom));
      for (const statement of dropFeeds(suffix)) await engine.command(statement);
    },
  };
}

async function buildContact(engine: Engine, suffix: string, modulus: number): Promise<ContactFrom> {
  const [found] = await engine.query<Coverage>(contactCoverage(modulus));
  const { read, read_ticketed, seen, seen_ticketed } = found ?? nothingSeen;
  // A log that calls everything a search has no better sign of contact than that.
  const every = read === 0;
  const [of, ticketed] = every ? [seen, seen_ticketed] : [read, read_ticketed];
  const fromTickets = ticketed > 0 && ticketed >= ticketCoverageMin * of;
  await engine.command(fromTickets ? fillContact(suffix) : fillContactFromReads(suffix, modulus, every));
  return fromTickets ? "tickets" : "reads";
}

interface Coverage {
  readonly read: number;
  readonly read_ticketed: number;
  readonly seen: number;
  readonly seen_ticketed: number;
}

const nothingSeen: Coverage = { read: 0, read_ticketed: 0, seen: 0, seen_ticketed: 0 };
