import type { Random } from "../base/index.ts";
import { below, oneOf } from "./chance.ts";
import { type AccessColumns, actionNumber, type EventColumns, type TicketRow } from "./columns.ts";
import type { Population } from "./population.ts";
import type { Scenario } from "./scenario/index.ts";
import type { Actor, Shifts } from "./staff.ts";
import { bit, type EventName, eventNumber } from "./text.ts";

/** The day under way: what everyone on the desk sees and writes to. */
export interface Floor {
  readonly scenario: Scenario;
  readonly population: Population;
  readonly actors: readonly Actor[];
  readonly shifts: Shifts;
  readonly random: Random;
  /** Today's rows, in no order yet. */
  readonly rows: AccessColumns;
  readonly events: EventColumns;
  /** Tickets closed today. */
  readonly closed: TicketRow[];
  /** Contacts of today, for the supervisors' samples and the nightly sync. */
  readonly touched: Touch[];
  readonly start: number;
  day: number;
  dayStart: number;
  tickets: number;
}

/** A piece of ticket work that others may look at later. */
export interface Touch {
  readonly ticket: number;
  readonly customer: number;
  readonly agent: number;
  readonly at: number;
}

export const dayMs = 86_400_000;
export const minute = 60_000;

/** What one look shows: an actor, a customer, at a time; the ticket that is named, -1 for none. */
export interface Look {
  readonly actor: number;
  readonly customer: number;
  readonly at: number;
  readonly ticket: number;
}

/** Work that would run past midnight is done before it: rows of a day belong to the day. */
export function today(floor: Floor, at: number): number {
  return Math.floor(Math.min(Math.max(at, floor.dayStart), floor.dayStart + dayMs - 1000));
}

/** The customer's page: name, e-mail address, the phone number if there is one, the ticket number if there ever was one. */
export function pageFields(population: Population, customer: number, ticket: number): number {
  const known = ticket >= 0 || population.lastTicket[customer]! >= 0;
  return bit.name | bit.email | (population.phone[customer] === 1 ? bit.phone : 0) | (known ? bit.ticket : 0);
}

/** One row in the actor's ordinary session. */
export function show(floor: Floor, look: Look, action: number, fields: number): void {
  const { shifts } = floor;
  const at = today(floor, look.at);
  floor.rows.add({
    time: at,
    actor: look.actor,
    customer: look.customer,
    action,
    fields,
    ticket: look.ticket,
    session:
      at < shifts.breakAt[look.actor]! ? shifts.session[look.actor]! : shifts.laterSession[look.actor]!,
    ip: shifts.ip[look.actor]!,
  });
}

export function read(floor: Floor, look: Look): void {
  show(floor, look, actionNumber.read, pageFields(floor.population, look.customer, look.ticket));
}

/**
 * A search that finds the customer and others beside: neighbours in the order of names, in one of the language's queues.
 * Everyone found is shown with name and e-mail address, whoever was meant.
 */
export function search(floor: Floor, look: Look): void {
  const { population, random } = floor;
  const fields = bit.name | bit.email;
  show(floor, look, actionNumber.search, fields);
  const { from, to } = population.queues[population.queue[look.customer]!]!;
  let hits = 0;
  while (hits < 9 && random() < 0.68) hits++;
  const first = Math.max(from, population.place[look.customer]! - below(random, hits + 1));
  for (let place = first; place <= Math.min(to - 1, first + hits); place++) {
    const other = population.order[place]!;
    if (other !== look.customer && population.created[other]! <= floor.day)
      show(floor, { ...look, customer: other }, actionNumber.search, fields);
  }
}

export function note(floor: Floor, look: Look, event: EventName): void {
  if (look.ticket < 0 || isDown(floor)) return;
  floor.events.add({
    time: today(floor, look.at),
    ticket: look.ticket,
    actor: look.actor,
    event: eventNumber[event],
  });
}

/** A moment in the actor's shift of today. */
export function inShift(floor: Floor, actor: number, random: Random): number {
  const { from, to } = floor.shifts;
  return from[actor]! + random() * (to[actor]! - from[actor]!);
}

/** A queue the agent works in, mostly the own one. */
export function aQueueOf(floor: Floor, actor: Actor): number {
  const own = actor.queues[floor.day >= actor.movesDay ? 1 : 0];
  return (floor.random() < 0.75 ? own : oneOf(floor.random, actor.queues)) ?? 0;
}

/** Whether the ticket system is down today: nothing is written, and the work goes on. */
export function isDown(floor: Floor): boolean {
  const { outage } = floor.scenario;
  return outage !== null && floor.day >= outage.day && floor.day < outage.day + outage.days;
}
