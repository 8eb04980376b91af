import type { World } from "../../src/simulate/index.ts";
import {
  actionNumber,
  bit,
  customerText,
  eventNames,
  fieldNames,
  kindNames,
} from "../../src/simulate/index.ts";
import { defaultSettings } from "../../src/trace/index.ts";
import type { Desk, DeskReport, Reads } from "./desk.ts";
import { contactOfWorld } from "./contact.ts";
import { type Networks, networksOf } from "./familiar.ts";
import { tellsAll, type Telling } from "./telling.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** The windows of explanation are the explain room's, written a second time: a test over the store checks that both agree. */
const bystanderMillis = 10 * 60_000;

/** A simulated world as the tables show it: the truth stays behind. */
export function deskOfWorld(world: World, telling: Telling = tellsAll): Desk {
  const { population } = world;
  const tickets = telling.tickets ? world.tickets : [];
  const networks = networksOf(world, telling.addresses);
  const n = population.count;
  const ticketStart = new Int32Array(n + 1);
  for (const ticket of tickets) ticketStart[ticket.customer + 1]!++;
  for (let c = 0; c < n; c++) ticketStart[c + 1]! += ticketStart[c]!;
  const ticketTimes = new Float64Array(tickets.length);
  const fill = ticketStart.slice();
  for (const ticket of tickets) ticketTimes[fill[ticket.customer]!++] = ticket.opened;
  for (let c = 0; c < n; c++) ticketTimes.subarray(ticketStart[c], ticketStart[c + 1]).sort();
  return {
    customers: n,
    actors: world.actors.length,
    actorName: (actor) => world.actors[actor]?.id ?? "",
    customerName: customerText,
    standing: Int32Array.from(
      { length: n },
      (_, c) => (population.language[c]! * 3 + population.kind[c]!) * 2 + population.phone[c]!,
    ),
    language: Int32Array.from(population.language),
    languageName: (language) => world.scenario.languages[language]?.code ?? "",
    kind: Int32Array.from(population.kind),
    kindName: (kind) => kindNames[kind] ?? "",
    created: Float64Array.from(population.created, (created) => world.start + created * day),
    ticketStart,
    ticketTimes,
    contact: contactOfWorld(world, telling, { start: ticketStart, times: ticketTimes }),
    reads: readsOf(world, telling, networks),
    sessionsUnknown: networks.isUnknown,
  };
}

export function reportsOfWorld(world: World): readonly DeskReport[] {
  return world.reports.map((report) => ({
    customer: report.customer < world.population.count ? report.customer : -1,
    time: report.time,
    knew: fieldNames.filter((name) => (report.knew & bit[name]) !== 0),
  }));
}

interface Window {
  readonly actor: number;
  readonly from: number;
  readonly to: number;
}

/** By customer: when whose reads were work. */
function windowsOf(world: World): ReadonlyMap<number, readonly Window[]> {
  const windows = new Map<number, Window[]>();
  const add = (customer: number, window: Window): void => {
    const list = windows.get(customer);
    // A window that ends before it starts stands for the moment of its start.
    const whole = { ...window, to: Math.max(window.from, window.to) };
    if (list === undefined) windows.set(customer, [whole]);
    else list.push(whole);
  };
  for (const { customer, opened, closed, assignees } of world.tickets)
    for (const actor of assignees) add(customer, { actor, from: opened - hour, to: endOf(closed) });
  for (let at = 0; at < world.events.count; at++) {
    const { time, ticket, actor, event } = world.events.row(at);
    const { customer, opened, closed } = world.tickets[ticket]!;
    const name = eventNames[event];
    const end = endOf(closed);
    const worked = Math.min(time + 30 * day, Math.max(end, time + 7 * day));
    const handed = name === "assigned" || name === "transferred";
    const to = name === "reviewed" ? time + 7 * day : handed ? Math.max(end, time + hour) : worked;
    const lead = name === "reviewed" ? 7 * day : hour;
    add(customer, { actor, from: Math.max(opened - hour, time - lead), to });
  }
  return windows;
}

function endOf(closed: number | null): number {
  return closed === null ? Infinity : closed + 7 * day;
}

function readsOf(world: World, telling: Telling, networks: Networks): Reads {
  const { accesses } = world;
  const explained = telling.tickets ? explainedReads(world) : new Uint8Array(accesses.count);
  const all = accesses.count;
  // What showed masked values only showed nothing.
  const order = Float64Array.from(
    Array.from({ length: all }, (_, at) => at).filter((at) => !telling.masked(at)),
    (at) => (accesses.customer[at]! * world.actors.length + accesses.actor[at]!) * all + at,
  ).sort();
  const size = order.length;
  const start = new Int32Array(world.population.count + 1);
  const reads: Reads = {
    start,
    actor: new Int32Array(size),
    time: new Float64Array(size),
    unexplained: new Uint8Array(size),
    unfamiliar: new Uint8Array(size),
    exclusive: new Uint8Array(size),
  };
  const exclusive = fieldNames
    .filter((name) => defaultSettings.onlyHere.includes(name))
    .reduce((mask, name) => mask | bit[name], 0);
  for (const [place, key] of order.entries()) {
    const at = key % all;
    const actor = accesses.actor[at]!;
    start[accesses.customer[at]! + 1]!++;
    reads.actor[place] = actor;
    reads.time[place] = accesses.time[at]!;
    reads.unexplained[place] = explained[at] === 0 ? 1 : 0;
    reads.unfamiliar[place] = networks.isUnfamiliar(actor, accesses.ip[at]!) ? 1 : 0;
    reads.exclusive[place] = accesses.fields[at] === 0 || (accesses.fields[at]! & exclusive) !== 0 ? 1 : 0;
  }
  for (let c = 0; c < world.population.count; c++) start[c + 1]! += start[c]!;
  return reads;
}

/** 0 unexplained, 1 explained, 2 a bystander of an explained read. */
function explainedReads(world: World): Uint8Array {
  const { accesses } = world;
  const windows = windowsOf(world);
  const explained = new Uint8Array(accesses.count);
  for (let at = 0; at < accesses.count; at++) {
    const actor = accesses.actor[at]!;
    const time = accesses.time[at]!;
    for (const window of windows.get(accesses.customer[at]!) ?? [])
      if (window.actor === actor && window.from <= time && time <= window.to) {
        explained[at] = 1;
        break;
      }
  }
  // Backwards in time, moment by moment: the next explained sighting of each actor, at the same moment included.
  const next = new Float64Array(world.actors.length).fill(Infinity);
  let end = accesses.count;
  while (end > 0) {
    let begin = end - 1;
    while (begin > 0 && accesses.time[begin - 1] === accesses.time[end - 1]) begin--;
    for (let at = begin; at < end; at++)
      if (explained[at] === 1 && accesses.action[at] !== actionNumber.search)
        next[accesses.actor[at]!] = accesses.time[at]!;
    for (let at = begin; at < end; at++) {
      const soon = next[accesses.actor[at]!]! - accesses.time[at]! <= bystanderMillis;
      if (explained[at] === 0 && accesses.action[at] === actionNumber.search && soon) explained[at] = 2;
    }
    end = begin;
  }
  return explained;
}
