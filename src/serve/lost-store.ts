import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Refusal, isRefusal, refusal } from "../base/index.ts";
import { missingLog, openReader } from "../record/index.ts";
import type { Store } from "../store/index.ts";

/**
 * A store without any import beside a log that tells of one was deleted. It is built anew before it is asked: its silence would
 * read as "nobody saw this customer", and an import into it would give numbers a second time. Null where nothing is lost; a
 * first import that a crash interrupted goes on by its journal.
 */
export async function lostStore(store: Store): Promise<Refusal | null> {
  const [held] = await store.query<{ imports: number }>("SELECT toUInt32(count()) AS imports FROM imports");
  if ((held?.imports ?? 0) > 0) return null;
  if (missingLog(store.data) !== null || isHalfDone(join(store.data, "staging"))) return null;
  const reader = await openReader(store.data);
  if (isRefusal(reader)) return reader;
  // What was taken over from the log was looked at then, and a store that was deleted has taken nothing over.
  const [known] = await store.query<{ next: number }>(
    "SELECT max(next) AS next FROM live_shipped WHERE log = {log:String}",
    { log: reader.checkpoint.origin },
  );
  for await (const bundle of reader.entries(known?.next ?? 0))
    if (bundle.some(({ entry }) => entry?.kind === "import"))
      return refusal(
        "input",
        `the store in ${join(store.data, "store")} is empty, and the log tells of imports: it was deleted`,
        `Run whosaw rebuild --data ${store.data}`,
      );
  return null;
}

function isHalfDone(staging: string): boolean {
  return existsSync(staging) && readdirSync(staging).some((name) => /^import-.*\.json$/.test(name));
}
