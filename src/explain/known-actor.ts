import type { ActorId } from "../domain/index.ts";
import type { Engine } from "./engine.ts";

/**
 * True if anything that was taken in names this actor: a sighting, an event of unknown exposure, the table of actors, a ticket.
 * An actor whom nothing names is more often a slip of the pen than somebody who saw nothing.
 */
export async function isKnownActor(engine: Engine, actor: ActorId): Promise<boolean> {
  for (const place of [
    "sightings WHERE actor = {actor:String}",
    "unknown_exposures WHERE actor = {actor:String}",
    "probes WHERE actor = {actor:String}",
    "actors WHERE id = {actor:String}",
    "ticket_events WHERE actor = {actor:String}",
    "tickets WHERE has(splitByChar(';', assignee), {actor:String})",
  ]) {
    const rows = await engine.query(`SELECT 1 FROM ${place} LIMIT 1`, { actor });
    if (rows.length > 0) return true;
  }
  return false;
}
