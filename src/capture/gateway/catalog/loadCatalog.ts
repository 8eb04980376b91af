import type { Catalog } from "./catalog.ts";
import { type CatalogRow, makeCatalog } from "./makeCatalog.ts";
import { catalogQueries, fingerprint } from "./queries/index.ts";

/** Runs one statement and gives its rows, cells in text form. Rejects when the server refuses. */
export type CatalogAsk = (sql: string) => Promise<readonly CatalogRow[]>;

/**
 * Reads the catalog through a connection of the caller's. `inTransaction`: the connection stands in a transaction that has not failed;
 * then a savepoint is set and rolled back, so that the transaction, its search_path and its older savepoints stay as they were.
 */
export async function loadCatalog(ask: CatalogAsk, inTransaction: boolean): Promise<Catalog> {
  return aside(ask, inTransaction, async () =>
    makeCatalog({
      server: await ask(catalogQueries.server.sql),
      relations: await ask(catalogQueries.relations.sql),
      columns: await ask(catalogQueries.columns.sql),
      views: await ask(catalogQueries.views.sql),
      parents: await ask(catalogQueries.parents.sql),
      unique: await ask(catalogQueries.unique.sql),
      functions: await ask(catalogQueries.functions.sql),
      operators: await ask(catalogQueries.operators.sql),
      types: await ask(catalogQueries.types.sql),
    }),
  );
}

/** A short text that differs as soon as the catalog does; for polling on a connection outside transactions. */
export async function catalogFingerprint(ask: CatalogAsk): Promise<string> {
  const rows = await aside(ask, false, async () => ask(fingerprint.sql));
  return rows.map((row) => row.join(",")).join(";");
}

/** Runs with an empty search_path and leaves nothing behind. One snapshot where the transaction is ours. */
async function aside<T>(ask: CatalogAsk, inTransaction: boolean, act: () => Promise<T>): Promise<T> {
  await ask(
    inTransaction
      ? "savepoint whosaw_catalog"
      : "begin transaction isolation level repeatable read, read only",
  );
  try {
    await ask("set local search_path = ''");
    return await act();
  } finally {
    await ask(inTransaction ? "rollback to savepoint whosaw_catalog" : "rollback");
    if (inTransaction) await ask("release savepoint whosaw_catalog");
  }
}
