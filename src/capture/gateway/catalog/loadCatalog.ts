import type { Catalog } from "./catalog.ts";
import { type CatalogRow, makeCatalog } from "./makeCatalog.ts";
import { catalogQueries, fingerprint } from "./queries/index.ts";

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
    return await act();
  } finally {
    for (const statement of after) await ask(statement);
  }
}

/** Neither BEGIN nor SAVEPOINT leaves a pipeline's own transaction as it was, so the path is put back by hand. */
async function asideInPipeline<T>(ask: CatalogAsk, act: () => Promise<T>): Promise<T> {
  const [[path] = []] = await ask("select pg_catalog.current_setting('search_path')");
  await ask("select pg_catalog.set_config('search_path', '', true)");
  const done = await act();
  await ask(`select pg_catalog.set_config('search_path', '${(path ?? "").replaceAll("'", "''")}', true)`);
  return done;
}
