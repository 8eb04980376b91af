import type { Catalog } from "./catalog.ts";
import { type CatalogRow, makeCatalog } from "./makeCatalog.ts";
import { catalogQueries, fingerprint } from "./queries/index.ts";

/** The server refused a question of the gateway's own. Nothing of its texts is kept. */
export class AskRefused extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string) {
    super(`the server refused a question of the gateway's own (${sqlstate})`);
    this.sqlstate = sqlstate;
  }
}

/**
 * Milliseconds that a look waits for a lock: our choice. A view's text can't be had while somebody drops or replaces it, or changes a
 * table that it shows, and everybody who must know what is new would wait with the look until that transaction ends.
 */
const lockMillisMax = 500;

/** Runs one statement and gives its rows, cells in text form. Rejects when the server refuses. */
export type CatalogAsk = (sql: string) => Promise<readonly CatalogRow[]>;

/**
 * Where the connection stands that the catalog is read through. `idle`: outside transactions. `transaction`: in one that has not
 * failed. `pipeline`: between messages of a client that has not sent Sync, where a transaction may be open that nobody began.
 */
export type CatalogPlace = "idle" | "transaction" | "pipeline";

/**
 * Reads the catalog through a connection of the caller's, and leaves its transaction, search_path and savepoints as they were.
 */
export async function loadCatalog(ask: CatalogAsk, place: CatalogPlace): Promise<Catalog> {
  return aside(ask, place, async () =>
    makeCatalog({
      server: await ask(catalogQueries.server.sql),
      relations: await ask(catalogQueries.relations.sql),
      columns: await ask(catalogQueries.columns.sql),
      views: await ask(catalogQueries.views.sql),
      parents: await ask(catalogQueries.parents.sql),
      unique: await ask(catalogQueries.unique.sql),
      references: await ask(catalogQueries.references.sql),
      functions: await ask(catalogQueries.functions.sql),
      operators: await ask(catalogQueries.operators.sql),
      types: await ask(catalogQueries.types.sql),
    }),
  );
}

/** A short text that differs as soon as the catalog does; for polling on a connection outside transactions. */
export async function catalogFingerprint(ask: CatalogAsk): Promise<string> {
  const rows = await aside(ask, "idle", async () => ask(fingerprint.sql));
  return rows.map((row) => row.join(",")).join(";");
}

/** What goes before and after: one snapshot where the transaction is ours, a savepoint where it is the client's. */
const brackets: Readonly<Record<Exclude<CatalogPlace, "pipeline">, readonly [string, readonly string[]]>> = {
  idle: ["begin transaction isolation level repeatable read, read only", ["rollback"]],
  transaction: [
    "savepoint whosaw_catalog",
    ["rollback to savepoint whosaw_catalog", "release savepoint whosaw_catalog"],
  ],
};

/** Runs with an empty search_path and leaves nothing behind. */
async function aside<T>(ask: CatalogAsk, place: CatalogPlace, act: () => Promise<T>): Promise<T> {
  if (place === "pipeline") return asideInPipeline(ask, act);
  const [before, after] = brackets[place];
  await ask(before);
  try {
    await ask("set local search_path = ''");
    await ask(`set local lock_timeout = ${lockMillisMax}`);
    return await act();
  } finally {
    for (const statement of after) await ask(statement);
  }
}

/** Neither BEGIN nor SAVEPOINT leaves a pipeline's own transaction as it was, so the settings are put back by hand. */
async function asideInPipeline<T>(ask: CatalogAsk, act: () => Promise<T>): Promise<T> {
  const [[path, wait] = []] = await ask(
    "select pg_catalog.current_setting('search_path'), pg_catalog.current_setting('lock_timeout')",
  );
  await ask(settings("", String(lockMillisMax)));
  const done = await act();
  await ask(settings(path ?? "", wait ?? "0"));
  return done;
}

function settings(path: string, wait: string): string {
  return `select pg_catalog.set_config('search_path', '${path.replaceAll("'", "''")}', true), pg_catalog.set_config('lock_timeout', '${wait}', true)`;
}
