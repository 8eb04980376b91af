import { type Refusal, refusal } from "../../base/index.ts";
import { parseInstant } from "../../domain/index.ts";
import type { FieldName } from "../text.ts";

/** Which customers the thief wants, or the breach took. Null and false ask for nothing. */
export interface Segment {
  readonly language: string | null;
  readonly kind: "consumer" | "business" | "government" | null;
  /** Customers created at least this many days before the desk's first day. */
  readonly olderThanDays: number | null;
  readonly hasTicket: boolean;
}

/**
 * `own-queue`: reads customers of the own queue, in working hours, without a ticket.
 * `without-tickets`: reads anyone of the segment, in working hours.
 * `inside-tickets`: sells what the own work shows, and pulls further open tickets over for a moment.
 * `borrowed-session`: another network, other hours, another session under an account, perhaps while its owner works.
 * `report-download`: one export of everything, by an account whose owner has left.
 */
export type TheftStyle =
  | "own-queue"
  | "without-tickets"
  | "inside-tickets"
  | "borrowed-session"
  | "report-download";

export interface Theft {
  readonly kind: "insider" | "stolen_account" | "outside_breach" | "none";
  readonly style: TheftStyle;
  /** Accounts that leak; more than one collude and never sell the same customer twice. */
  readonly thieves: number;
  /** Customers a thief and active day at most; null spreads `total` over the window. */
  readonly perDay: number | null;
  /** Customers stolen altogether at most; null takes the whole segment (breach) or as many as the days allow. */
  readonly total: number | null;
  /** The share of stolen customers taken from pages of search hits (names and e-mail addresses only). */
  readonly bySearch: number;
  readonly segment: Segment;
  /** Days of the desk, from inclusive, to exclusive. */
  readonly fromDay: number;
  readonly toDay: number;
  /** Fields that are sold, where the screen showed them. */
  readonly fields: readonly FieldName[];
}

export interface Reporting {
  /** The share of stolen customers who are called and report, when `count` is null. */
  readonly share: number;
  /** Exactly this many leak reports (fewer only if fewer were stolen in time). */
  readonly count: number | null;
  /** Mean days from theft to call (gamma, shape 2, plus two days). */
  readonly delayDays: number;
  /** The scammers' first working day; customers stolen before are called after it. */
  readonly fromDay: number;
}

export interface Background {
  readonly kind: "none" | "weekly" | "spike";
  /** Reports a week of scam calls that have nothing to do with the desk. */
  readonly perWeek: number;
  /** A campaign: the weekly rate is multiplied on these days, in one language if given. */
  readonly spike: {
    readonly day: number;
    readonly days: number;
    readonly factor: number;
    readonly language: string | null;
  };
}

export interface Robustness {
  readonly duplicateReports: number;
  readonly unknownCustomers: number;
  /** Reports made up to frame an account: of customers it read. `actor` null picks an honest agent. */
  readonly maliciousFrame: { readonly actor: number | null; readonly reports: number } | null;
  /** Report times are off by up to this, either way. */
  readonly clockSkewHours: number;
  /** A cause nobody recorded that drives both contact and calls (log scale); 0 keeps the matching honest. */
  readonly unmeasured: number;
}

/** Every knob of a synthetic desk. With a seed it is the whole input: equal scenario and seed, equal desk. */
export interface Scenario {
  readonly name: string;
  /** Where the figures come from. */
  readonly source: string;
  /** What the sources don't say and this scenario supposes. */
  readonly assumed: readonly string[];
  readonly customers: number;
  readonly actors: number;
  readonly days: number;
  /** The first day, `YYYY-MM-DD`, UTC. */
  readonly start: string;
  readonly languages: readonly { readonly code: string; readonly country: string; readonly share: number }[];
  /** New tickets an agent and shift, on average. */
  readonly ticketsPerShift: number;
  /** A service account exports the whole base every so many days; 0 never. */
  readonly exportEveryDays: number;
  /** Days on which the ticket system wrote nothing, so that honest work stands without a reason. */
  readonly outage: { readonly day: number; readonly days: number } | null;
  readonly theft: Theft;
  readonly reporting: Reporting;
  readonly background: Background;
  readonly robustness: Robustness;
}

/** A base so small has queues without customers. */
export const customersMin = 200;
/** 40 bytes each: two gigabytes. */
export const customersMax = 50_000_000;
/** The fewest actors that still make a desk with every role, for each language two more. */
export const actorsMin = 12;
/** Actor columns are 16 bits wide. */
export const actorsMax = 60_000;
/** Ten years. */
export const daysMax = 3650;

const dayShape = /^\d{4}-\d{2}-\d{2}$/;

function within(what: string, value: number, [least, most]: readonly [number, number]): Refusal | null {
  return Number.isInteger(value) && value >= least && value <= most
    ? null
    : refusal("usage", `${value} ${what}`, `give a whole number from ${least} to ${most}`);
}

/** A refusal if the scenario can't be a desk, null if it can. */
export function checkScenario(scenario: Scenario): Refusal | null {
  const { customers, actors, days, start, languages } = scenario;
  const actorsLeast = Math.max(actorsMin, languages.length * 4);
  return (
    within("customers", customers, [customersMin, customersMax]) ??
    within("actors", actors, [actorsLeast, actorsMax]) ??
    within("days", days, [1, daysMax]) ??
    (dayShape.test(start) && parseInstant(start) !== null
      ? null
      : refusal("usage", `start ${start}`, "give a day as YYYY-MM-DD"))
  );
}

export const everyone: Segment = { language: null, kind: null, olderThanDays: null, hasTicket: false };

export const noTheft: Theft = {
  kind: "none",
  style: "own-queue",
  thieves: 0,
  perDay: null,
  total: 0,
  bySearch: 0,
  segment: everyone,
  fromDay: 0,
  toDay: 0,
  fields: ["name", "email", "ticket", "phone"],
};

/** An honest desk of a size that a benchmark can make by the thousand; the other scenarios start from it. */
export const plainScenario: Scenario = {
  name: "no-leak",
  source:
    "invented; weekly background of scam calls as Trend Micro's spokesperson described (techtarget.com, Nov 2019)",
  assumed: ["every figure"],
  customers: 20_000,
  actors: 100,
  days: 120,
  start: "2019-05-01",
  languages: [
    { code: "en", country: "US", share: 0.6 },
    { code: "ja", country: "JP", share: 0.16 },
    { code: "de", country: "DE", share: 0.1 },
    { code: "fr", country: "FR", share: 0.08 },
    { code: "es", country: "ES", share: 0.06 },
  ],
  ticketsPerShift: 4,
  exportEveryDays: 30,
  outage: null,
  theft: noTheft,
  reporting: { share: 0, count: null, delayDays: 14, fromDay: 0 },
  background: { kind: "weekly", perWeek: 1, spike: { day: 0, days: 0, factor: 1, language: null } },
  robustness: {
    duplicateReports: 0,
    unknownCustomers: 0,
    maliciousFrame: null,
    clockSkewHours: 0,
    unmeasured: 0,
  },
};

/** What the command line may change. */
export interface Scale {
  readonly customers?: number | undefined;
  readonly actors?: number | undefined;
  readonly days?: number | undefined;
  /** Leak reports, exactly. */
  readonly reports?: number | undefined;
}

/**
 * The same story at another size. What was stolen keeps its share of the customers and its place in the days;
 * the reports keep their number, since a trace that starts from nothing tells nothing: pass `reports` to change it.
 */
export function scaled(scenario: Scenario, scale: Scale): Scenario {
  const customers = scale.customers ?? scenario.customers;
  const days = scale.days ?? scenario.days;
  const size = customers / scenario.customers;
  const when = (day: number): number => Math.round((day * days) / scenario.days);
  const { theft, reporting, background, outage } = scenario;
  const count = (whole: number | null): number | null =>
    whole === null ? null : Math.max(1, Math.round(whole * size));
  const fromDay = when(theft.fromDay);
  return {
    ...scenario,
    customers,
    days,
    actors: scale.actors ?? scenario.actors,
    theft: {
      ...theft,
      perDay: theft.kind === "none" ? theft.perDay : count(theft.perDay),
      total: theft.kind === "none" ? 0 : count(theft.total),
      fromDay,
      toDay: theft.kind === "none" ? theft.toDay : Math.max(fromDay + 1, when(theft.toDay)),
    },
    reporting: { ...reporting, count: scale.reports ?? reporting.count, fromDay: when(reporting.fromDay) },
    background: { ...background, spike: { ...background.spike, day: when(background.spike.day) } },
    outage: outage === null ? null : { ...outage, day: when(outage.day) },
  };
}
