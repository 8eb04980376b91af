import type { Random } from "../base/index.ts";
import { type Calls, type FullReport, noCalls, ordinaryCalls, tellAll, watchFramed } from "./calls.ts";
import { below, stream } from "./chance.ts";
import { AccessColumns, EventColumns, type TicketRow, timeOrder } from "./columns.ts";
import { type Export, mergedByTime } from "./exports.ts";
import { dayMs, type Floor } from "./floor.ts";
import { lookAround, syncByNight } from "./oversight.ts";
import { knownBy, type Population, populate } from "./population.ts";
import type { Scenario, Theft } from "./scenario/index.ts";
import { type Actor, emptyShifts, hire, roll, rosterOf } from "./staff.ts";
import { stealToday } from "./steal.ts";
import { maskOf } from "./text.ts";
import { type Cast, castThieves, plotTheft, type Plot, type StolenColumns } from "./theft.ts";
import { noTickets, stillOpen, type Tickets, workTickets } from "./work.ts";

/** The rows of a part of a day, accesses in the order of time. The columns are used again: copy what must last. */
export interface DeskPart {
  readonly day: number;
  readonly accesses: AccessColumns;
  readonly events: EventColumns;
  /** Tickets closed on the day; with the last part, those never closed. */
  readonly tickets: readonly TicketRow[];
}

export interface Truth {
  /** The verdict that the rows can support: a borrowed session shows as a stolen account, whoever borrowed it. */
  readonly kind: "insider" | "stolen_account" | "outside_breach" | "no_leak";
  readonly story: Theft["kind"];
  /** Accounts through which customers leaked: those that stole anything. */
  readonly accounts: readonly number[];
  /** The staff behind it. */
  readonly people: readonly number[];
  /** The account that malicious reports try to frame; -1 none. */
  readonly framed: number;
  readonly stolen: StolenColumns;
}

export interface Outcome {
  readonly reports: readonly FullReport[];
  readonly truth: Truth;
}

/** A desk about to open. `parts` runs it, once, day by day; memory holds the customers and one day, never the rows. */
export interface Desk {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Epoch milliseconds: first day inclusive, last exclusive. */
  readonly start: number;
  readonly end: number;
  readonly actors: readonly Actor[];
  readonly population: Population;
  readonly parts: Generator<DeskPart, Outcome>;
}

/** Equal scenario and seed give equal rows, whatever takes them. */
export function openDesk(scenario: Scenario, seed: number): Desk {
  const cast = castThieves(scenario, seed, hire(scenario, seed));
  const population = populate(scenario, seed, rosterOf(scenario).queuesOf);
  const start = Date.parse(scenario.start);
  return {
    scenario,
    seed,
    start,
    end: start + scenario.days * dayMs,
    actors: cast.actors,
    population,
    parts: run({ scenario, seed, cast, population }),
  };
}

interface Setting {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly cast: Cast;
  readonly population: Population;
}

function* run(setting: Setting): Generator<DeskPart, Outcome> {
  const { scenario, seed, cast, population } = setting;
  const floor = openFloor(setting);
  const tickets = noTickets(scenario.days, population.queues.length);
  const plot = plotTheft(scenario, seed, { population, cast });
  const calls = noCalls(seed, whoIsFramed(setting));
  const random = stream(seed, "shifts");
  const chunk = new AccessColumns(4096);
  let yesterday: readonly number[] = [];
  for (; floor.day < scenario.days; floor.day++) {
    floor.dayStart = floor.start + floor.day * dayMs;
    yesterday = yield* oneDay({ floor, tickets, plot, calls, random, chunk, yesterday });
  }
  chunk.count = 0;
  yield { day: scenario.days, accesses: chunk, events: new EventColumns(0), tickets: stillOpen(tickets) };
  return {
    reports: tellAll(calls, scenario, { population, plot }),
    truth: truthOf(setting, plot, calls.framed),
  };
}

function openFloor({ scenario, seed, cast, population }: Setting): Floor {
  return {
    scenario,
    population,
    actors: cast.actors,
    shifts: emptyShifts(cast.actors, population.queues.length),
    random: stream(seed, "work"),
    rows: new AccessColumns(4096),
    events: new EventColumns(1024),
    closed: [],
    touched: [],
    start: Date.parse(scenario.start),
    day: 0,
    dayStart: 0,
    tickets: 0,
  };
}

interface Morning {
  readonly floor: Floor;
  readonly tickets: Tickets;
  readonly plot: Plot;
  readonly calls: Calls;
  readonly random: Random;
  readonly chunk: AccessColumns;
  readonly yesterday: readonly number[];
}

/** Returns the customers with ticket work of the day, for the next night's sync. */
function* oneDay(morning: Morning): Generator<DeskPart, readonly number[]> {
  const { floor, tickets, plot, calls, chunk } = morning;
  const { scenario, population, rows } = floor;
  rows.count = 0;
  floor.events.count = 0;
  floor.closed.length = 0;
  floor.touched.length = 0;
  roll(floor.shifts, floor.actors, { day: floor.day, dayStart: floor.dayStart, random: morning.random });
  syncByNight(floor, morning.yesterday);
  workTickets(floor, tickets);
  lookAround(floor, tickets);
  const exports = [...nightlyExports(floor), ...stealToday(floor, tickets, plot)];
  ordinaryCalls(calls, scenario, population, floor.day);
  watchFramed(calls, rows, scenario.robustness.maliciousFrame?.reports ?? 0);
  const order = timeOrder(rows.time, rows.count, floor.dayStart);
  const none = new EventColumns(0);
  for (const _ of mergedByTime({ rows, order, phone: population.phone }, exports, chunk))
    yield { day: floor.day, accesses: chunk, events: none, tickets: [] };
  yield { day: floor.day, accesses: chunk, events: sortedEvents(floor), tickets: floor.closed };
  return [...new Set(floor.touched.map((touch) => touch.customer))];
}

function sortedEvents(floor: Floor): EventColumns {
  const sorted = new EventColumns(floor.events.count);
  for (const at of timeOrder(floor.events.time, floor.events.count, floor.dayStart))
    sorted.add(floor.events.row(at));
  return sorted;
}

/** The export account takes everything, one hour in the night: whoever counts hits will accuse it. */
function nightlyExports(floor: Floor): readonly Export[] {
  const every = floor.scenario.exportEveryDays;
  if (every === 0 || floor.day % every !== 1 % every) return [];
  return floor.actors
    .filter((actor) => actor.role === "export")
    .map((actor) => ({
      actor: actor.index,
      customers: knownBy(floor.population, floor.day),
      from: floor.dayStart + 3_600_000,
      length: 3_600_000,
      fields: maskOf(["address", "email", "name", "phone", "product"]),
      session: floor.shifts.sessions++,
      ip: actor.officeIp,
    }));
}

function whoIsFramed({ scenario, seed, cast }: Setting): number {
  const frame = scenario.robustness.maliciousFrame;
  if (frame === null) return -1;
  if (frame.actor !== null) return frame.actor;
  const honest = cast.actors.filter(
    (actor) =>
      actor.role === "agent" &&
      actor.hiredDay < 0 &&
      !cast.accounts.includes(actor.index) &&
      !cast.people.includes(actor.index),
  );
  return honest[below(stream(seed, "frame"), honest.length)]?.index ?? -1;
}

function truthOf({ scenario, cast }: Setting, plot: Plot, framed: number): Truth {
  const { kind, style } = scenario.theft;
  const used = new Set(plot.stolen.actor.subarray(0, plot.stolen.count));
  const borrowed = kind === "insider" && style === "borrowed-session";
  return {
    kind: kind === "none" ? "no_leak" : borrowed ? "stolen_account" : kind,
    story: kind,
    accounts: cast.accounts.filter((account) => used.has(account)),
    people: cast.people,
    framed,
    stolen: plot.stolen,
  };
}
