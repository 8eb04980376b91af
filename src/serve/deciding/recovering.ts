import { resolve } from "node:path";
import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { type Gap, lookAtGap, missingLog, openRecorder } from "../../record/index.ts";
import { findServe } from "../live/running.ts";
import type { LogPlace } from "./opening.ts";

/** What a log that was hurt can't give back, and where its own entry says so. */
export interface Recovery {
  /** Null: the log opens as it is, and nothing is lost. */
  readonly gap: Gap | null;
  /** True: acknowledged entries are among what can't be read. */
  readonly loses: boolean;
  /** The entry that tells of it, once it is written; null: nothing was written. */
  readonly receipt: { readonly log: string; readonly index: number } | null;
}

/**
 * Looks at what the write-ahead file of a log holds; with `acceptLoss` goes on without what can't be read, and the log tells of it. What
 * could not be read is put into `log/lost/`.
 */
export async function recoverLoss(
  { data, clock }: LogPlace,
  { acceptLoss }: { readonly acceptLoss: boolean },
): Promise<Recovery | Refusal> {
  const dir = resolve(data);
  const missing = missingLog(dir);
  if (missing !== null) return missing;
  const serve = await findServe(dir);
  if (serve !== null)
    return refusal(
      "refused",
      `whosaw serve has this log open (process ${serve.status.pid}): it could read all of it`,
      "There is nothing to recover.",
    );
  const gap = await lookAtGap(dir);
  if (isRefusal(gap)) return gap;
  const loses = gap?.why === "damaged";
  if (gap === null || (loses && !acceptLoss)) return { gap, loses, receipt: null };
  const log = await openRecorder(dir, { clock, acceptLoss });
  if (isRefusal(log)) return log;
  await log.close();
  return { gap, loses, receipt: { log: log.log, index: gap.from } };
}
