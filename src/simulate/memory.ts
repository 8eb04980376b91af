import type { FullReport } from "./calls.ts";
import { AccessColumns, EventColumns, type TicketRow } from "./columns.ts";
import { openDesk, type Truth } from "./desk.ts";
import type { Population } from "./population.ts";
import type { Scenario } from "./scenario/index.ts";
import type { Actor } from "./staff.ts";

/** A whole desk in memory: what the tables hold, as integers, and the truth. 30 bytes a sighting. */
export interface World {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly start: number;
  readonly end: number;
  readonly actors: readonly Actor[];
  /** `contacts`, `lastContact` and `lastTicket` as they stand when the desk ends. */
  readonly population: Population;
  /** In the order of time. */
  readonly accesses: AccessColumns;
  /** By id: `tickets[id].id === id`. */
  readonly tickets: readonly TicketRow[];
  /** In the order of time. */
  readonly events: EventColumns;
  /** In the order of the time told; `origin`, `called`, `account` and `duplicateOf` are the truth, not in the table. */
  readonly reports: readonly FullReport[];
  readonly truth: Truth;
}

/** Runs the desk to its end and keeps everything. For worlds of up to some ten million rows. */
export function makeWorld(scenario: Scenario, seed: number): World {
  const desk = openDesk(scenario, seed);
  const accesses = new AccessColumns(65_536);
  const events = new EventColumns(16_384);
  const tickets: TicketRow[] = [];
  for (;;) {
    const step = desk.parts.next();
    if (step.done === true) {
      accesses.trim();
      events.trim();
      const { actors, population, start, end } = desk;
      return { scenario, seed, start, end, actors, population, accesses, events, tickets, ...step.value };
    }
    accesses.append(step.value.accesses);
    for (let at = 0; at < step.value.events.count; at++) events.add(step.value.events.row(at));
    for (const ticket of step.value.tickets) tickets[ticket.id] = ticket;
  }
}
