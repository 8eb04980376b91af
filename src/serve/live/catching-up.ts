import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Refusal, isRefusal, isThere } from "../../base/index.ts";
import { missingLog, openReader } from "../../record/index.ts";
import type { Store } from "../../store/index.ts";
import { type LogOptions, openLog } from "../witness.ts";
import { type RunningServe, readNote, runningFile } from "./running.ts";
import { shipLog } from "./shipping.ts";

/**
 * Brings a store to what the log holds, before it is asked anything: by the serve that runs, or here. A serve that was killed left
 * acknowledged entries that no checkpoint covers yet; opening its log for writing recovers them.
 */
export async function catchUp(store: Store, log: LogOptions): Promise<Refusal | null> {
  if (log.serve !== undefined && log.serve !== null) return flushed(log.serve);
  if (!isThere(join(store.data, "log"))) return null;
  const refused = await recoverLog(store.data, log);
  if (refused !== null) return refused;
  if (missingLog(store.data) !== null) return null;
  const reader = await openReader(store.data);
  if (isRefusal(reader)) return reader;
  const shipped = await shipLog(store, reader);
  return isRefusal(shipped) ? shipped : null;
}

async function flushed(serve: RunningServe): Promise<Refusal | null> {
  const answer = await serve.ask("/flush");
  return isRefusal(answer) ? answer : null;
}

/** After a serve that didn't end as it should: recovers what it acknowledged, and forgets its note. */
export async function recoverLog(data: string, log: LogOptions): Promise<Refusal | null> {
  if (readNote(data) === null) return null;
  const opened = await openLog(data, log);
  if (isRefusal(opened)) return opened;
  await opened.close();
  rmSync(join(data, runningFile), { force: true });
  return null;
}
