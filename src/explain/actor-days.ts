import type { Engine } from "./engine.ts";
import { actorDaysSlice, actorSizes, summedUntil } from "./queries/actor-days.ts";
import { always, spanParams } from "./span.ts";

/** Sightings classed in one statement: about 1 GB for the joins. A larger actor is a slice of its own. */
const sightingsPerSliceMax = 4_000_000;

/**
 * Brings the daily counts of every actor up to date (`actor_days`): what peers are measured by, and the coverage that
 * is printed after an import. An actor is counted anew when sightings of theirs came since, or when windows changed.
 */
export async function refreshActorDays(
  engine: Engine,
  options: { readonly rebuilt: boolean; readonly onProgress: (done: number, total: number) => void },
): Promise<void> {
  const [state] = await engine.query<{ newest: number; summed: number }>(summedUntil);
  if (state === undefined || (!options.rebuilt && state.newest <= state.summed)) return;
  const after = options.rebuilt ? 0 : state.summed;
  const sizes = await engine.query<{ actor: string; sightings: number }>(actorSizes, { after });
  const total = sizes.reduce((sum, { sightings }) => sum + sightings, 0);
  let done = 0;
  for (const actors of slicesOf(sizes)) {
    const params = { actors: actors.map(({ actor }) => actor), ...spanParams(always), version: state.newest };
    await engine.command(actorDaysSlice(), params);
    done += actors.reduce((sum, { sightings }) => sum + sightings, 0);
    options.onProgress(done, total);
  }
  await engine.command("INSERT INTO actor_days_until (import) VALUES ({newest:UInt32})", {
    newest: state.newest,
  });
}

function slicesOf(
  sizes: readonly { actor: string; sightings: number }[],
): { actor: string; sightings: number }[][] {
  const slices: { actor: string; sightings: number }[][] = [];
  let current: { actor: string; sightings: number }[] = [];
  let held = 0;
  for (const size of sizes) {
    if (current.length > 0 && held + size.sightings > sightingsPerSliceMax) {
      slices.push(current);
      current = [];
      held = 0;
    }
    current.push(size);
    held += size.sightings;
  }
  if (current.length > 0) slices.push(current);
  return slices;
}
