import { type Store, loadTables } from "../../store/index.ts";

/** A part of the log: `to` is not in it. */
export interface ErasedStretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Takes the rows of imports out of the store whose entries were erased. How many imports that were; done twice, the second time
 * finds none. What those rows had hidden, because another file said the same, is not brought back here.
 */
export async function dropErasedImports(store: Store, log: string, erased: ErasedStretch): Promise<number> {
  const found = await store.query<{ import: number }>(
    "SELECT import FROM imports WHERE log = {log:String} AND entry >= {from:Int64} AND entry < {to:Int64}",
    { log, ...erased },
  );
  if (found.length > 0)
    await dropImports(
      store,
      found.map((row) => row.import),
    );
  return found.length;
}

/** Takes every row of some imports out of the store, and last that it has them: a crash on the way leaves them to be taken out again. */
export async function dropImports(store: Store, imports: readonly number[]): Promise<void> {
  for (const table of [...loadTables, "imports"])
    await store.command(
      `ALTER TABLE ${table} DELETE WHERE import IN {imports:Array(UInt32)}`,
      { imports },
      { mutations_sync: 2 },
    );
}
