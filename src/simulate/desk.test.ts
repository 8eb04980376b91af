import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { actionNumber, openDesk, plainScenario, type Scenario, type World, makeWorld } from "./index.ts";
import { partRowsMax } from "./exports.ts";
import { eventNames } from "./text.ts";

const small: Scenario = { ...plainScenario, customers: 6000, actors: 60, days: 70 };

const thieving: Scenario = {
  ...small,
  theft: { ...small.theft, kind: "insider", thieves: 1, total: 200, fromDay: 5, toDay: 60 },
  reporting: { ...small.reporting, count: 12 },
};

function fingerprint(world: World): string {
  const hash = createHash("sha256");
  const { time, actor, customer, action, fields, ticket, session, ip } = world.accesses;
  for (const column of [time, actor, customer, action, fields, ticket, session, ip]) hash.update(column);
  hash.update(JSON.stringify([world.tickets, world.reports, world.actors, world.truth]));
  hash.update(world.events.time).update(world.events.actor).update(world.events.ticket);
  return hash.digest("hex");
}

test("equal scenario and seed give an equal desk, another seed another", () => {
  const first = fingerprint(makeWorld(thieving, 7));
  expect(fingerprint(makeWorld(thieving, 7))).toBe(first);
  expect(fingerprint(makeWorld(thieving, 8))).not.toBe(first);
});

const world = makeWorld(thieving, 1);

test("every id is one the other tables have, and every time lies within the desk, in order", () => {
  const { accesses, events, tickets, start, end } = world;
  let before = start;
  let wrong = 0;
  for (let at = 0; at < accesses.count; at++) {
    const time = accesses.time[at]!;
    const ticket = accesses.ticket[at]!;
    if (time < before || time >= end || !Number.isInteger(time)) wrong++;
    if (accesses.customer[at]! >= small.customers || accesses.actor[at]! >= small.actors) wrong++;
    // Who joined after the day can't have been seen on it.
    if (world.population.created[accesses.customer[at]!]! > (time - start) / 86_400_000) wrong++;
    if (
      ticket >= 0 &&
      (tickets[ticket]!.customer !== accesses.customer[at] || tickets[ticket]!.opened > time)
    )
      wrong++;
    before = time;
  }
  expect(wrong).toBe(0);
  for (let at = 0; at < events.count; at++) {
    const event = events.row(at);
    expect(tickets[event.ticket]!.opened).toBeLessThanOrEqual(event.time);
    expect(event.time).toBeLessThan(end);
  }
  expect(tickets.every((ticket, id) => ticket.id === id)).toBe(true);
  expect(tickets.every((ticket) => ticket.closed === null || ticket.closed >= ticket.opened)).toBe(true);
});

test("nobody is at work before the first or after the last day, and services alone export", () => {
  const many = makeWorld({ ...small, actors: 150, days: 40 }, 1);
  const { accesses, actors, start } = many;
  expect(actors.filter((actor) => actor.hiredDay > 5).length).toBeGreaterThan(2);
  expect(actors.filter((actor) => actor.leftDay < 35).length).toBeGreaterThan(2);
  let wrong = 0;
  for (let at = 0; at < accesses.count; at++) {
    const actor = actors[accesses.actor[at]!]!;
    const day = Math.floor((accesses.time[at]! - start) / 86_400_000);
    if (day < actor.hiredDay || day >= actor.leftDay) wrong++;
    if ((accesses.action[at] === actionNumber.export) !== (actor.kind === "service")) wrong++;
  }
  expect(wrong).toBe(0);
});

test("agents read customers of their own queues, but for the few who snoop", () => {
  const { accesses, actors, population } = world;
  let own = 0;
  let other = 0;
  for (let at = 0; at < accesses.count; at++) {
    const actor = actors[accesses.actor[at]!]!;
    if (actor.role !== "agent" || actor.snoops || world.truth.accounts.includes(actor.index)) continue;
    if (actor.queues.includes(population.queue[accesses.customer[at]!]!)) own++;
    else other++;
  }
  expect(own).toBeGreaterThan(10_000);
  expect(other).toBe(0);
});

/** The work that explains a read, told apart from the desk's code: assignment, or an event on the customer's ticket. */
function explained(it: World): { readonly share: number; readonly reads: number } {
  const hour = 3_600_000;
  const windows = new Map<number, [number, number][]>();
  const add = (customer: number, actor: number, window: [number, number]): void => {
    const key = customer * 65_536 + actor;
    const list = windows.get(key);
    if (list === undefined) windows.set(key, [window]);
    else list.push(window);
  };
  const until = (closed: number | null): number =>
    closed === null ? Number.POSITIVE_INFINITY : closed + 168 * hour;
  for (const ticket of it.tickets)
    for (const actor of ticket.assignees)
      add(ticket.customer, actor, [ticket.opened - hour, until(ticket.closed)]);
  for (let at = 0; at < it.events.count; at++) {
    const { time, ticket, actor } = it.events.row(at);
    add(it.tickets[ticket]!.customer, actor, [
      time - hour,
      Math.max(time, until(it.tickets[ticket]!.closed)),
    ]);
  }
  let reads = 0;
  let yes = 0;
  for (let at = 0; at < it.accesses.count; at++) {
    if (it.accesses.action[at] !== actionNumber.read) continue;
    reads++;
    const time = it.accesses.time[at]!;
    const list = windows.get(it.accesses.customer[at]! * 65_536 + it.accesses.actor[at]!) ?? [];
    if (list.some(([from, to]) => time >= from && time <= to)) yes++;
  }
  return { share: yes / reads, reads };
}

test("nearly all honest reads have a reason, and some have none", () => {
  const { share, reads } = explained(makeWorld(small, 2));
  expect(reads).toBeGreaterThan(15_000);
  expect(share).toBeGreaterThan(0.9);
  expect(share).toBeLessThan(0.985);
});

test("when the ticket system is down nothing is written to it, and the work goes on", () => {
  const down = makeWorld({ ...small, outage: { day: 20, days: 3 } }, 2);
  const [from, to] = [down.start + 20 * 86_400_000, down.start + 23 * 86_400_000];
  expect(down.events.time.some((time) => time >= from && time < to)).toBe(false);
  expect(down.tickets.some((ticket) => ticket.opened >= from && ticket.opened < to)).toBe(false);
  expect(down.accesses.time.filter((time) => time >= from && time < to).length).toBeGreaterThan(500);
  expect(explained(down).share).toBeLessThan(explained(makeWorld(small, 2)).share);
});

test("every kind of ticket event happens, reviews by the quality team alone", () => {
  const seen = new Set<string>();
  for (let at = 0; at < world.events.count; at++) {
    const { actor, event } = world.events.row(at);
    seen.add(eventNames[event]!);
    if (eventNames[event] === "reviewed") expect(world.actors[actor]!.role).toBe("quality");
  }
  expect([...seen].sort()).toEqual([...eventNames].sort());
});

test("most tickets close, each once, at the time its event says", () => {
  const closings = new Map<number, number>();
  for (let at = 0; at < world.events.count; at++) {
    const { time, ticket, event } = world.events.row(at);
    if (eventNames[event] !== "closed") continue;
    expect(closings.has(ticket)).toBe(false);
    closings.set(ticket, time);
  }
  for (const ticket of world.tickets) expect(closings.get(ticket.id) ?? null).toBe(ticket.closed);
  expect(closings.size / world.tickets.length).toBeGreaterThan(0.9);
  expect(closings.size).toBeLessThan(world.tickets.length);
});

test("a search shows bystanders with name and e-mail address only", () => {
  const { accesses } = world;
  let hits = 0;
  const moments = new Set<number>();
  for (let at = 0; at < accesses.count; at++) {
    if (accesses.action[at] !== actionNumber.search) continue;
    hits++;
    moments.add(accesses.time[at]! * 1000 + accesses.actor[at]!);
    expect(accesses.fields[at]).toBe(6);
  }
  expect(hits / moments.size).toBeGreaterThan(2);
  expect(hits / moments.size).toBeLessThan(5);
});

test("a few customers make contact again and again, most hardly ever", () => {
  const contacts = world.population.contacts.toSorted();
  const at = (share: number): number => contacts[Math.floor(share * contacts.length)]!;
  expect(at(0.5)).toBeLessThanOrEqual(3);
  expect(at(0.99)).toBeGreaterThanOrEqual(6 * Math.max(1, at(0.5)));
});

test("an account that exports everything has seen every customer known by then", () => {
  const { accesses, actors, population } = world;
  const service = actors.findIndex((actor) => actor.role === "export");
  const seen = new Set(accesses.customer.filter((_, at) => accesses.actor[at] === service));
  const known = population.created.filter((day) => day <= 61).length;
  expect(seen.size).toBe(known);
});

test("streaming holds one part at a time: three million rows pass in the memory of a few", () => {
  const desk = openDesk({ ...small, customers: 100_000, days: 30, exportEveryDays: 1 }, 3);
  const columns = new Set<object>();
  const before = process.memoryUsage().arrayBuffers;
  let rows = 0;
  let most = 0;
  for (let step = desk.parts.next(); step.done !== true; step = desk.parts.next()) {
    rows += step.value.accesses.count;
    columns.add(step.value.accesses);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
    if (step.value.accesses.count > partRowsMax) expect.fail("a part is too large");
  }
  expect(rows).toBeGreaterThan(2_900_000);
  expect(columns.size).toBe(1);
  // Kept, the rows would take 90 MB.
  expect(most - before).toBeLessThan(30e6);
});
