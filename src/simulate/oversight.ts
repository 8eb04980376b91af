import { below, between, oneOf, poisson } from "./chance.ts";
import { actionNumber } from "./columns.ts";
import {
  aQueueOf,
  type Floor,
  inShift,
  type Look,
  minute,
  note,
  pageFields,
  read,
  search,
  today,
  type Touch,
} from "./floor.ts";
import { whoCalls } from "./population.ts";
import { type Actor, unrecordedOn } from "./staff.ts";
import { bit } from "./text.ts";
import type { Tickets } from "./work.ts";

/** Customers everyone has heard of: the lowest ids stand for them. */
const famous = 12;

/** What is read beside ticket work, honestly or nearly so. */
export function lookAround(floor: Floor, tickets: Tickets): void {
  const work = floor.touched.length;
  for (const index of floor.shifts.present) {
    const actor = floor.actors[index]!;
    if (actor.role === "supervisor") supervise(floor, actor, work);
    if (actor.role === "quality") review(floor, actor, tickets);
    if (actor.role === "agent") answerUnrecorded(floor, actor);
    if (actor.snoops && floor.random() < 0.25) snoop(floor, actor);
  }
  for (let at = 0; at < work; at++) if (floor.random() < 0.003) finishAtNight(floor, floor.touched[at]!);
}

/** Supervisors look over the shoulders of their language's agents; half of it leaves a trace on the ticket. */
function supervise(floor: Floor, actor: Actor, work: number): void {
  const { random, shifts } = floor;
  for (let left = poisson(random, 12); left > 0; left--) {
    const touch = ofLanguage(floor, actor.language, work);
    if (touch === undefined) return;
    const at = Math.max(touch.at + between(random, 2, 90) * minute, shifts.from[actor.index]! + 5 * minute);
    if (at > shifts.to[actor.index]!) continue;
    const look: Look = {
      actor: actor.index,
      customer: touch.customer,
      at,
      ticket: random() < 0.7 ? touch.ticket : -1,
    };
    read(floor, look);
    if (random() < 0.5)
      note(floor, { ...look, ticket: touch.ticket, at: at + between(random, 1, 5) * minute }, "commented");
  }
}

/** Work of today in the language; undefined where a few tries find none. */
function ofLanguage(floor: Floor, language: number, work: number): Touch | undefined {
  for (let tries = 0; tries < 40; tries++) {
    const touch = floor.touched[below(floor.random, work)];
    if (touch !== undefined && floor.actors[touch.agent]!.language === language) return touch;
  }
  return undefined;
}

/** Quality reviewers sample closed tickets of every team; most samples are written down, some aren't. */
function review(floor: Floor, actor: Actor, tickets: Tickets): void {
  const { random } = floor;
  for (let left = poisson(random, 18); left > 0; left--) {
    const ticket = oneOf(random, tickets.recent);
    const at = inShift(floor, actor.index, random);
    if (ticket === undefined || ticket.opened > at) continue;
    const look: Look = { actor: actor.index, customer: ticket.customer, at, ticket: ticket.id };
    read(floor, look);
    if (random() < 0.5) read(floor, { ...look, at: at + between(random, 1, 6) * minute });
    if (random() < 0.85) note(floor, { ...look, at: at + between(random, 6, 15) * minute }, "reviewed");
  }
}

/** Short enquiries that nobody wrote a ticket for, a colleague's question, the wrong customer of the same name. */
function answerUnrecorded(floor: Floor, actor: Actor): void {
  const { random } = floor;
  for (let left = poisson(random, unrecordedOn(actor, floor.day)); left > 0; left--) {
    const customer = whoCalls(floor.population, aQueueOf(floor, actor), floor.day, random);
    if (customer < 0) continue;
    const look: Look = { actor: actor.index, customer, at: inShift(floor, actor.index, random), ticket: -1 };
    if (random() < 0.4) search(floor, { ...look, at: look.at - between(random, 5000, 60_000) });
    read(floor, look);
  }
}

/** Harmless curiosity: a neighbour, a former partner, somebody famous. Wrong, but nothing is sold. */
function snoop(floor: Floor, actor: Actor): void {
  const { random, population } = floor;
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const customer = random() < 0.4 ? below(random, famous) : below(random, population.count);
    if (population.created[customer]! > floor.day) continue;
    read(floor, { actor: actor.index, customer, at: inShift(floor, actor.index, random), ticket: -1 });
  }
}

/** Now and then somebody logs in again from home, or from a hotel, hours after the shift, to finish a ticket. */
function finishAtNight(floor: Floor, touch: Touch): void {
  const { random, shifts } = floor;
  const at = today(floor, shifts.to[touch.agent]! + between(random, 60, 300) * minute);
  const session = shifts.sessions++;
  const ip = random() < 0.8 ? shifts.home[touch.agent]! : hotelNetwork + below(random, 250);
  const { customer, ticket, agent } = touch;
  const fields = pageFields(floor.population, customer, ticket);
  floor.rows.add({
    time: at,
    actor: agent,
    customer,
    action: actionNumber.read,
    fields,
    ticket,
    session,
    ip,
  });
  note(floor, { actor: agent, customer, at: at + 2 * minute, ticket }, "commented");
}

/** RFC 5737. */
const hotelNetwork = 0xc000_0200;

/** By night the services copy what changed: every customer with a ticket touched the day before. */
export function syncByNight(floor: Floor, yesterday: readonly number[]): void {
  for (const actor of floor.actors) {
    if (actor.role !== "sync" && actor.role !== "survey") continue;
    const fields =
      actor.role === "sync" ? bit.email | bit.name | bit.ticket | bit.phone : bit.email | bit.name;
    const session = floor.shifts.sessions++;
    const begin = floor.dayStart + (actor.role === "sync" ? 180 : 240) * minute;
    for (const [at, customer] of yesterday.entries()) {
      if (actor.role === "survey" && floor.random() < 0.6) continue;
      const shown = floor.population.phone[customer] === 1 ? fields : fields & ~bit.phone;
      floor.rows.add({
        time: begin + Math.floor((at / yesterday.length) * 20 * minute),
        actor: actor.index,
        customer,
        action: actionNumber.export,
        fields: shown,
        ticket: -1,
        session,
        ip: actor.officeIp,
      });
    }
  }
}
