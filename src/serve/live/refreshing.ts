import { type Refreshed, forgetExplanations, refreshExplanations } from "../../explain/index.ts";
import { forgetReach, isReachFresh, startReach } from "../../trace/index.ts";
import type { Store } from "../../store/index.ts";

/** Explanations, daily counts and what a trace reads, brought up to what was imported in one pass over the sightings. */
export async function refreshAll(
  store: Store,
  onProgress: (done: number, total: number) => void,
): Promise<Refreshed> {
  if (await isReachFresh(store)) return refreshExplanations(store, { onProgress });
  const reach = await startReach(store);
  const refreshed = await refreshExplanations(store, { onProgress, also: reach.feed });
  await reach.finish();
  return refreshed;
}

/** The same from nothing: rows have gone, and what was counted of them can't be told from what is left. */
export async function refreshFromNothing(store: Store): Promise<void> {
  await forgetExplanations(store);
  await forgetReach(store);
  await refreshAll(store, () => undefined);
}
