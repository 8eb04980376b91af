import { defect, type Random } from "../base/index.ts";
import { below, between, gamma, logNormal, poisson, stream } from "./chance.ts";
import { checkScenario, type Scenario } from "./scenario/index.ts";

export type Role = "agent" | "supervisor" | "quality" | "export" | "sync" | "survey";

export interface Actor {
  readonly index: number;
  readonly id: string;
  readonly kind: "person" | "service";
  readonly role: Role;
  readonly team: string;
  /** Index into the scenario's languages; -1 for those who work across all. */
  readonly language: number;
  /** The first is the actor's own, a second is helped out in. Empty unless an agent. */
  readonly queues: readonly number[];
  /** Day of the desk of the first day at work; before the desk's first for most. */
  readonly hiredDay: number;
  /** The first day no longer at work; Infinity for most. */
  readonly leftDay: number;
  readonly shiftHour: number;
  readonly partTime: boolean;
  readonly weekends: boolean;
  readonly homeShare: number;
  readonly officeIp: number;
  readonly homeIp: number;
  /** Tickets taken, relative to the others. */
  readonly busyness: number;
  /** Reads a shift that are work and leave no ticket: it differs widely between honest people, and drifts (`unrecordedOn`). */
  readonly unrecorded: number;
  /** Days from one high tide of unrecorded work to the next, and where the first day lies in it. */
  readonly tide: number;
  readonly phase: number;
  /** From this day on the second queue is the own one; Infinity for most. */
  readonly movesDay: number;
  readonly snoops: boolean;
}

const agentsPerQueue = 14;
/** A large desk has larger queues rather than ever more of them. */
const queuesPerLanguageMax = 24;
const officeNetwork = 0x0a00_0000;
/** 198.18.0.0/15 (RFC 2544): 131,072 addresses for homes. */
const homeNetwork = 0xc612_0000;
const homes = 0x2_0000;

interface Place {
  readonly role: Role;
  readonly number: number;
  readonly language: number;
  readonly queues: readonly number[];
  readonly team: string;
  /** Neither hired nor leaving meanwhile, so that no queue stands empty. */
  readonly steady: boolean;
}

/** How many of each role, and how many queues a language has. */
export function rosterOf(scenario: Scenario): {
  readonly agentsOf: readonly number[];
  readonly queuesOf: readonly number[];
} {
  const { actors, languages } = scenario;
  if (checkScenario(scenario) !== null) defect(`checkScenario would have refused this: ${actors} actors`);
  const agents = actors - serviceCount(actors) - quality(actors) - supervisors(actors);
  const total = languages.reduce((sum, each) => sum + each.share, 0);
  const agentsOf = languages.map((each) => Math.max(1, Math.floor((agents * each.share) / total)));
  // What flooring left over goes to the first language; what the minimum of one took comes from it.
  agentsOf[0] = agentsOf[0]! + agents - agentsOf.reduce((sum, n) => sum + n, 0);
  return {
    agentsOf,
    queuesOf: agentsOf.map((n) =>
      Math.min(queuesPerLanguageMax, Math.max(1, Math.round(n / agentsPerQueue))),
    ),
  };
}

const serviceCount = (actors: number): number => (actors < 30 ? 2 : 3);
const quality = (actors: number): number => Math.max(1, Math.round(actors * 0.03));
const supervisors = (actors: number): number => Math.max(1, Math.round(actors * 0.06));

export function hire(scenario: Scenario, seed: number): readonly Actor[] {
  const random = stream(seed, "staff");
  const { agentsOf, queuesOf } = rosterOf(scenario);
  const places = [...agentPlaces(scenario, agentsOf, queuesOf, random), ...otherPlaces(scenario)];
  return places.map((place, index) => person(place, index, scenario, random));
}

function agentPlaces(
  scenario: Scenario,
  agentsOf: readonly number[],
  queuesOf: readonly number[],
  random: Random,
): readonly Place[] {
  const places: Place[] = [];
  let first = 0;
  for (const [language, agents] of agentsOf.entries()) {
    const queues = queuesOf[language]!;
    for (let at = 0; at < agents; at++) {
      const own = first + (at % queues);
      const other = first + below(random, queues);
      places.push({
        role: "agent",
        number: places.length + 1,
        language,
        queues: other !== own && random() < 0.4 ? [own, other] : [own],
        team: `${scenario.languages[language]!.code}-${(at % queues) + 1}`,
        steady: at < queues * 2,
      });
    }
    first += queues;
  }
  return places;
}

function otherPlaces(scenario: Scenario): readonly Place[] {
  const { actors, languages } = scenario;
  const leads = Array.from({ length: supervisors(actors) }, (_, at): Place => {
    const language = at % languages.length;
    return {
      role: "supervisor",
      number: at + 1,
      language,
      queues: [],
      team: `${languages[language]!.code}-leads`,
      steady: true,
    };
  });
  const reviewers = Array.from({ length: quality(actors) }, (_, at): Place => {
    return { role: "quality", number: at + 1, team: "quality", language: -1, queues: [], steady: true };
  });
  const services = (["export", "sync", "survey"] as const)
    .slice(0, serviceCount(actors))
    .map((role): Place => {
      return { role, number: 1, team: "systems", language: -1, queues: [], steady: true };
    });
  return [...leads, ...reviewers, ...services];
}

const prefix: { readonly [role in Role]: string } = {
  agent: "agent",
  supervisor: "lead",
  quality: "quality",
  export: "svc-export",
  sync: "svc-sync",
  survey: "svc-survey",
};

function person(place: Place, index: number, scenario: Scenario, random: Random): Actor {
  const { role, language, queues, team } = place;
  const service = role === "export" || role === "sync" || role === "survey";
  const comes = random();
  const goes = random();
  const site = language < 0 ? 0 : language;
  return {
    index,
    id: `${prefix[role]}-${String(place.number).padStart(4, "0")}`,
    kind: service ? "service" : "person",
    role,
    team,
    language,
    queues,
    hiredDay: !place.steady && comes < 0.08 ? below(random, scenario.days) : -1 - below(random, 1500),
    leftDay:
      !place.steady && comes >= 0.08 && goes < 0.07
        ? 1 + below(random, scenario.days)
        : Number.POSITIVE_INFINITY,
    shiftHour: [6, 8, 9, 9, 12, 14][below(random, 6)]!,
    partTime: random() < 0.18,
    weekends: role === "agent" && random() < 0.25,
    homeShare: random() < 0.5 ? 0 : between(random, 0.1, 0.9),
    // Each site leaves through a few addresses of its own; services sit in the data centre.
    officeIp: officeNetwork + ((service ? 200 : site + 1) << 16) + 1 + (index % 3),
    homeIp: homeNetwork + ((index * 2 + 1) % homes),
    busyness: logNormal(random, 0.35),
    unrecorded: gamma(random, 0.8, role === "agent" ? 0.6 : 0.3),
    tide: between(random, 40, 160),
    phase: random(),
    movesDay: queues.length > 1 && random() < 0.2 ? below(random, scenario.days) : Number.POSITIVE_INFINITY,
    snoops: role === "agent" && random() < 0.05,
  };
}

/** Unrecorded reads expected on a day's shift: honest habits come and go over weeks. */
export function unrecordedOn(actor: Actor, day: number): number {
  return actor.unrecorded * (1 + 0.6 * Math.sin(2 * Math.PI * (day / actor.tide + actor.phase)));
}

/** Who is at work on the day, from when to when (epoch milliseconds), in which sessions, from which address. */
export interface Shifts {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly breakAt: Float64Array;
  readonly session: Uint32Array;
  /** The session after the break; mostly the same one. */
  readonly laterSession: Uint32Array;
  readonly ip: Uint32Array;
  /** Agents at work by queue. */
  readonly byQueue: readonly number[][];
  /** Everyone at work, in the order of their index. */
  readonly present: number[];
  /** The next session id. */
  sessions: number;
  /** Today's address of each home: providers give a new one now and then. */
  readonly home: Uint32Array;
}

export function emptyShifts(actors: readonly Actor[], queues: number): Shifts {
  const n = actors.length;
  return {
    from: new Float64Array(n),
    to: new Float64Array(n),
    breakAt: new Float64Array(n),
    session: new Uint32Array(n),
    laterSession: new Uint32Array(n),
    ip: new Uint32Array(n),
    byQueue: Array.from({ length: queues }, () => []),
    present: [],
    sessions: 1,
    home: Uint32Array.from(actors, (actor) => actor.homeIp),
  };
}

/** Fills the shifts of one day. Absent actors have `to` 0. */
export function roll(shifts: Shifts, actors: readonly Actor[], today: Today): void {
  shifts.present.length = 0;
  for (const list of shifts.byQueue) list.length = 0;
  for (const actor of actors) {
    shifts.to[actor.index] = 0;
    if (actor.kind === "service" || !atWork(actor, today)) continue;
    logIn(shifts, actor, today);
    shifts.present.push(actor.index);
    for (const queue of actor.queues) shifts.byQueue[queue]!.push(actor.index);
  }
}

export interface Today {
  readonly day: number;
  readonly dayStart: number;
  readonly random: Random;
}

function atWork(actor: Actor, today: Today): boolean {
  if (today.day < actor.hiredDay || today.day >= actor.leftDay) return false;
  const weekday = new Date(today.dayStart).getUTCDay();
  const share = weekday === 0 || weekday === 6 ? (actor.weekends ? 0.5 : 0) : actor.weekends ? 0.75 : 0.92;
  return today.random() < share * (actor.partTime ? 0.6 : 1);
}

function logIn(shifts: Shifts, actor: Actor, { dayStart, random }: Today): void {
  const at = actor.index;
  const begin = dayStart + actor.shiftHour * 3_600_000 + between(random, -12, 12) * 60_000;
  const length = actor.partTime ? 5 : 8;
  shifts.from[at] = Math.floor(begin);
  shifts.to[at] = Math.floor(begin + length * 3_600_000);
  shifts.breakAt[at] = Math.floor(begin + between(random, 0.4, 0.6) * length * 3_600_000);
  const session = shifts.sessions++;
  shifts.session[at] = session;
  shifts.laterSession[at] = random() < 0.35 ? shifts.sessions++ : session;
  if (random() < 0.012) shifts.home[at] = homeNetwork + ((below(random, homes / 2) * 2) % homes);
  shifts.ip[at] = random() < actor.homeShare ? shifts.home[at]! : actor.officeIp;
}

/** An agent at work in the queue, the busy ones more often; -1 if nobody is. */
export function whoTakes(shifts: Shifts, actors: readonly Actor[], queue: number, random: Random): number {
  const list = shifts.byQueue[queue]!;
  if (list.length === 0) return -1;
  const first = list[below(random, list.length)]!;
  const second = list[below(random, list.length)]!;
  return actors[first]!.busyness >= actors[second]!.busyness ? first : second;
}

/** How many tickets an agent takes up today. */
export function newTickets(actor: Actor, scenario: Scenario, random: Random): number {
  return poisson(random, scenario.ticketsPerShift * actor.busyness * (actor.partTime ? 0.6 : 1));
}
