import type { RecordEvents } from "../../../src/capture/index.ts";
import { Ledger } from "../oracle.ts";

/** A ledger for each actor, so that what many do at once is judged one by one. */
export interface Ledgers {
  readonly of: (actor: string) => Ledger;
  readonly record: RecordEvents;
  readonly actors: readonly string[];
}

export function ledgersFor(actors: readonly string[]): Ledgers {
  const all = new Map(actors.map((actor, at) => [actor, new Ledger(at + 11, 1)]));
  // What names no actor is nobody's sighting, and is kept by nobody.
  const rest = new Ledger(1, 0);
  const of = (actor: string): Ledger => all.get(actor) ?? rest;
  return {
    actors,
    of,
    record: (events) => {
      const [first] = events;
      rest.durable.length = 0;
      return of(first !== undefined && "reader" in first ? first.reader.actor : "").record(events);
    },
  };
}
