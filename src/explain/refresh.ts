import type { Engine } from "./engine.ts";
import { deleteLate, insertLate, insertSlice, keepTold, workBehind } from "./queries/refresh-work.ts";
import { type OnProgress, refreshActorDays } from "./actor-days.ts";

/** Tickets a slice when the windows are built from nothing: about 400 MB for the join. */
const ticketsPerSliceMax = 2_000_000;
/** Above this share of late tickets it is cheaper to build everything anew than to delete and insert. */
const lateShareMax = 0.2;

export interface Refreshed {
  /** Tickets whose windows were written. */
  readonly tickets: number;
  readonly how: "nothing new" | "late tickets only" | "from the beginning";
}

/** Forgets everything that is computed from tickets and sightings; what a gateway knew at the moment of a read stays. */
export async function forgetExplanations(engine: Engine): Promise<void> {
  await engine.command("ALTER TABLE work DELETE WHERE told = 0 SETTINGS mutations_sync = 2");
  for (const table of ["work_until", "actor_days", "actor_days_until"])
    await engine.command(`TRUNCATE TABLE ${table}`);
}

interface Behind {
  readonly newest_ticket: number;
  readonly newest_event: number;
  readonly explained: number;
  readonly tickets: number;
  readonly late: number;
}

/**
 * Brings the explanations up to what has been imported. Windows are written per ticket, so tickets that come late,
 * or change, redo only their own; a sighting's class follows from the windows when it is asked for.
 * Done twice, or again after a crash in the middle, it gives the same windows.
 */
export async function refreshExplanations(
  engine: Engine,
  options: {
    readonly onProgress?: OnProgress;
    /** Counts what else depends on the classes; given each slice's relation, in the same pass. */
    readonly also?: (relation: string) => Promise<void>;
  } = {},
): Promise<Refreshed> {
  const [behind] = await engine.query<Behind>(workBehind);
  if (behind === undefined) return { tickets: 0, how: "nothing new" };
  const newest = Math.max(behind.newest_ticket, behind.newest_event);
  const refreshed = await refreshWork(engine, behind, newest);
  await refreshActorDays(engine, {
    rebuilt: refreshed.tickets > 0,
    onProgress: options.onProgress ?? ((): void => undefined),
    also: options.also ?? null,
  });
  return refreshed;
}

async function refreshWork(engine: Engine, behind: Behind, newest: number): Promise<Refreshed> {
  if (newest <= behind.explained) return { tickets: 0, how: "nothing new" };
  const few = behind.explained > 0 && behind.late <= behind.tickets * lateShareMax;
  if (few) {
    await engine.command(deleteLate, { after: behind.explained });
    await engine.command(insertLate, { after: behind.explained });
  } else {
    await rebuildWork(engine, behind.tickets);
  }
  await engine.command("INSERT INTO work_until (import) VALUES ({newest:UInt32})", { newest });
  return {
    tickets: few ? behind.late : behind.tickets,
    how: few ? "late tickets only" : "from the beginning",
  };
}

async function rebuildWork(engine: Engine, tickets: number): Promise<void> {
  const slices = Math.max(1, Math.ceil(tickets / ticketsPerSliceMax));
  // Built beside and exchanged, so that questions asked meanwhile see the old windows or the new ones, never a part.
  await engine.command("DROP TABLE IF EXISTS work_next");
  await engine.command("CREATE TABLE work_next AS work");
  for (let slice = 0; slice < slices; slice++)
    await engine.command(insertSlice("work_next"), { slices, slice });
  await engine.command(keepTold);
  await engine.command("EXCHANGE TABLES work AND work_next");
  await engine.command("DROP TABLE work_next");
}
