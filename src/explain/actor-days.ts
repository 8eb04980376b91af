import type { Engine } from "./engine.ts";
import { actorDaysOfSlice, actorSizes, liveActorSizes, summedUntil } from "./queries/actor-days.ts";
import { classedSlice, dropSlice, emptySlice, fillSlice, makeSlice } from "./queries/classed-slice.ts";
import { type Span, always, spanParams } from "./span.ts";

/** Sightings classed at once: about 1 GB for the joins. A larger actor is a slice of its own. */
const sightingsPerSliceMax = 4_000_000;

export type OnProgress = (done: number, total: number) => void;

/**
 * Classes every sighting of a span, a slice of whole actors at a time, and hands each slice on as a relation with
 * `actor, time, customer, ip, shown, class`. The joins are done once, however many count the classes.
 */
export async function classInSlices(
  engine: Engine,
  options: {
    readonly span: Span;
    readonly onProgress: OnProgress;
    /** Only actors with a sighting in the gateway's entries from this index on. */
    readonly liveFrom?: number;
  },
  consume: (relation: string) => Promise<void>,
): Promise<void> {
  const { liveFrom } = options;
  const sizes = await (liveFrom === undefined
    ? engine.query<ActorSize>(actorSizes)
    : engine.query<ActorSize>(liveActorSizes, { from: liveFrom }));
  const total = sizes.reduce((sum, { sightings }) => sum + sightings, 0);
  let done = 0;
  for (const statement of makeSlice) await engine.command(statement);
  for (const actors of slicesOf(sizes)) {
    await engine.command(emptySlice);
    await engine.command(fillSlice(), {
      actors: actors.map(({ actor }) => actor),
      ...spanParams(options.span),
    });
    await consume(classedSlice);
    done += actors.reduce((sum, { sightings }) => sum + sightings, 0);
    options.onProgress(done, total);
  }
  await engine.command(dropSlice);
}

interface ActorSize {
  readonly actor: string;
  readonly sightings: number;
}

function slicesOf(sizes: readonly ActorSize[]): ActorSize[][] {
  const slices: ActorSize[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const size of sizes) {
    if (held + size.sightings > sightingsPerSliceMax) {
      slices.push([]);
      held = 0;
    }
    slices.at(-1)?.push(size);
    held += size.sightings;
  }
  return slices;
}

/**
 * Brings the daily counts of every actor up to date (`actor_days`): what peers are measured by. `also` counts what else depends on
 * the classes, in the same pass.
 */
export async function refreshActorDays(
  engine: Engine,
  options: {
    readonly rebuilt: boolean;
    readonly onProgress: OnProgress;
    readonly also: ((relation: string) => Promise<void>) | null;
  },
): Promise<void> {
  const [state] = await engine.query<Summed>(summedUntil);
  if (state === undefined) return;
  const { newest, seen } = state;
  const known = !options.rebuilt && newest <= state.summed;
  if (known && seen <= state.summedSeen && options.also === null) return;
  // Between imports only those who read through a gateway have new days.
  const some = known && options.also === null ? { liveFrom: state.summedSeen } : {};
  const { onProgress } = options;
  await classInSlices(engine, { span: always, onProgress, ...some }, async (relation) => {
    await engine.command(actorDaysOfSlice, { version: newest });
    await options.also?.(relation);
  });
  await engine.command(
    "INSERT INTO actor_days_until (import, seen) VALUES ({newest:UInt32}, {seen:UInt64})",
    {
      newest,
      seen,
    },
  );
}

/** Whether the daily counts know every sighting that a gateway recorded. */
export async function isLiveFresh(engine: Engine): Promise<boolean> {
  const [state] = await engine.query<Summed>(summedUntil);
  return state === undefined || state.seen <= state.summedSeen;
}

interface Summed {
  readonly newest: number;
  readonly summed: number;
  readonly seen: number;
  readonly summedSeen: number;
}
