import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type Refusal, defect, isRefusal, makeFolder, refusal } from "../base/index.ts";
import { keepNew, putBack, setAside } from "./anew.ts";
import { type Client, openClient } from "./client.ts";
import { type Embedded, type StoreEvent, startEmbedded } from "./embedded.ts";
import { takeLock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { StoreError } from "./storeError.ts";
import { checkVersion } from "./version.ts";

/** A ClickHouse server or cluster instead of the embedded engine. */
export interface ServerAddress {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

export interface StoreOptions {
  /** The data directory; the embedded engine works in its `store/`. */
  readonly data: string;
  readonly server?: ServerAddress;
  /** The most memory one query may use. */
  readonly memoryBytesMax?: number;
  readonly onEvent?: (event: StoreEvent) => void;
  /** Another process of this machine has the store open, and lets this one ask. */
  readonly attached?: Attached;
  /** The embedded store begins empty, in place of the one that is there, which comes back unless `keepNew` is called. */
  readonly anew?: boolean;
}

/** A store that another whosaw holds. */
export interface Attached {
  /** The engine's socket; null where the store is a server. */
  readonly socket: string | null;
  /** Has the holder start a dead engine again. */
  readonly ready: () => Promise<Refusal | null>;
}

export interface Store extends Client {
  readonly data: string;
  /**
   * The client whose engine reads files of this machine: the store's own, or one started for a server's sake when it
   * is first needed.
   */
  readonly parser: () => Promise<Client>;
  /** Is the engine this program's own, or a server? */
  readonly embedded: boolean;
  /** The embedded engine's socket, for other processes of this user; null where the store is a server. */
  readonly socket: string | null;
  /** Starts the engine again if it died. */
  readonly ready: () => Promise<Refusal | null>;
  /** The engine's process; null where it is a server or just dead. */
  readonly enginePid: () => number | null;
  /** Of a store that was opened `anew`, when it holds everything: the one before it goes. */
  readonly keepNew: () => void;
}

/** 3 GiB: measured need of a ten-million-row import is under 2.5 GiB, of a question far less. */
const memoryBytesMaxDefault = 3 * 2 ** 30;
export const databaseName = "whosaw";

/** Opens the analytic copy: takes the data directory, starts the engine, brings the schema up to date. */
export async function openStore(options: StoreOptions): Promise<Store | Refusal> {
  const data = resolve(options.data);
  // The engine takes these in a file's name for a pattern, and files are staged in here.
  if (/[*?{}]/.test(data))
    return refusal(
      "input",
      `the data directory's name ${data} holds one of * ? { }`,
      "give another with --data",
    );
  const refused = checkVersion(data);
  if (refused !== null) return refused;
  if (options.attached !== undefined) return attach(options, data, options.attached);
  const lock = takeLock(data);
  if (isRefusal(lock)) return lock;
  const store = await openLocked(options, data, lock.release).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  if (isRefusal(store)) lock.release();
  return store;
}

async function openLocked(
  options: StoreOptions,
  data: string,
  release: () => void,
): Promise<Store | Refusal> {
  if (options.server === undefined) {
    if (putBack(data)) options.onEvent?.({ kind: "put-back" });
    if (options.anew === true) setAside(data);
  }
  const engine = options.server === undefined ? await startHere(options, join(data, "store")) : null;
  if (isRefusal(engine)) return engine;
  const address = engine === null ? serverOf(options) : { url: "http://localhost", socket: engine.socket };
  const ready = async (): Promise<Refusal | null> => (engine === null ? null : engine.ready());
  const database = options.server?.database ?? databaseName;
  const guard = { ready, lost: async (): Promise<void> => engine?.lost() };
  // The database may not be there yet: the first words are spoken in the one that always is.
  const first = openClient({ ...address, database: "default" }, guard);
  const client = openClient({ ...address, database }, guard);
  const parser = engine === null ? parserFor(options, data) : { client: async () => client, close: nothing };
  const close = async (): Promise<void> => {
    await parser.close();
    await first.close();
    await client.close();
    await engine?.close();
    release();
  };
  try {
    await first.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", { name: database });
    const refused = (await migrate(client)) ?? (await checkParts(client, join(data, "store"), database));
    if (refused !== null) {
      await close();
      return refused;
    }
  } catch (error) {
    await close();
    return openFailure(error, options, data);
  }
  return {
    ...client,
    data,
    parser: parser.client,
    embedded: engine !== null,
    socket: engine?.socket ?? null,
    ready,
    enginePid: () => engine?.pid() ?? null,
    keepNew: () => keepNew(data),
    close,
  };
}

/** A client of the engine, or the server, that another process brought up to date and looks after. */
function attach(options: StoreOptions, data: string, { socket, ready }: Attached): Store {
  const address = socket === null ? serverOf(options) : { url: "http://localhost", socket };
  const database = options.server?.database ?? databaseName;
  // A dead engine is seen and started again by its holder.
  const lost = async (): Promise<void> => void (await ready());
  const client = openClient({ ...address, database }, { ready: async () => null, lost });
  const parser = socket === null ? parserFor(options, data) : { client: async () => client, close: nothing };
  const close = async (): Promise<void> => {
    await parser.close();
    await client.close();
  };
  const embedded = socket !== null;
  return {
    ...client,
    data,
    parser: parser.client,
    embedded,
    socket,
    ready,
    enginePid: () => null,
    keepNew: () => defect("a store that another process holds is not built anew here"),
    close,
  };
}

interface Parser {
  readonly client: () => Promise<Client>;
  readonly close: () => Promise<void>;
}

async function nothing(): Promise<void> {
  // The store's own engine is closed with the store.
}

/** An engine without tables, beside a server that can't see this machine's files. */
function parserFor(options: StoreOptions, data: string): Parser {
  let started: Promise<{ readonly client: Client; readonly engine: Embedded }> | null = null;
  const start = async (): Promise<{ readonly client: Client; readonly engine: Embedded }> => {
    const engine = await startHere(options, join(data, "staging", "parser"));
    if (isRefusal(engine)) throw new StoreError("connection", engine.what, null);
    const guard = { ready: engine.ready, lost: engine.lost };
    return { engine, client: openClient({ url: "http://localhost", socket: engine.socket }, guard) };
  };
  return {
    client: async () => {
      started ??= start();
      return (await started).client;
    },
    close: async () => {
      if (started === null) return;
      const { client, engine } = await started;
      await client.close();
      await engine.close();
    },
  };
}

function serverOf(options: StoreOptions): ServerAddress {
  return options.server ?? { url: "http://localhost:8123" };
}

async function startHere(options: StoreOptions, folder: string): Promise<Embedded | Refusal> {
  makeFolder(folder, 0o700);
  return startEmbedded({
    folder,
    settings: engineSettings(options.memoryBytesMax ?? memoryBytesMaxDefault),
    onEvent: options.onEvent ?? ((): void => undefined),
  });
}

/** Bounded memory: what sorts or groups more than half of it goes to disk. */
function engineSettings(memoryBytesMax: number): { readonly [name: string]: string } {
  const half = String(Math.floor(memoryBytesMax / 2));
  return {
    max_memory_usage: String(memoryBytesMax),
    max_bytes_before_external_group_by: half,
    max_bytes_before_external_sort: half,
    // How far ahead of the sorting a Parquet file may be read. The engine's own default is more than one query may use.
    input_format_parquet_memory_high_watermark: String(Math.floor(memoryBytesMax / 8)),
    max_threads: String(availableParallelism()),
    session_timezone: "UTC",
    // A parameter of a hundred thousand customers reaches the engine as one statement.
    max_query_size: String(256 << 20),
  };
}

/** A part that the engine set aside as broken is missing from every answer: that is said, never passed over. */
async function checkParts(client: Client, folder: string, database: string): Promise<Refusal | null> {
  const broken = await client.query<{ table: string; parts: number }>(
    "SELECT table, toUInt32(count()) AS parts FROM system.detached_parts" +
      " WHERE database = {database:String} AND startsWith(reason, 'broken') GROUP BY table ORDER BY table",
    { database },
  );
  if (broken.length === 0) return null;
  const where = broken.map((row) => `${row.table} (${row.parts})`).join(", ");
  return refusal(
    "input",
    `the store in ${folder} is damaged: broken parts in ${where}`,
    `delete ${folder} and rebuild: import the files again; the log is untouched`,
  );
}

function openFailure(error: unknown, options: StoreOptions, data: string): Refusal {
  if (!(error instanceof StoreError)) throw error;
  if (options.server !== undefined)
    return refusal(
      "connection",
      `the ClickHouse server at ${options.server.url} doesn't answer as it should: ${error.message}`,
      "check store.url, store.user and store.password, and that the server runs",
    );
  const folder = join(data, "store");
  return refusal(
    "input",
    `the store in ${folder} can't be opened: ${error.message}`,
    `delete ${folder} and rebuild: the store is a view, the log keeps the truth`,
  );
}
