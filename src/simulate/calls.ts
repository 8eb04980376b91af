import type { Random } from "../base/index.ts";
import { below, between, gamma, poisson, stream } from "./chance.ts";
import type { AccessColumns } from "./columns.ts";
import { dayMs } from "./floor.ts";
import { knownBy, type Population } from "./population.ts";
import type { Background, Scenario } from "./scenario/index.ts";
import { bit } from "./text.ts";
import type { Plot, StolenColumns } from "./theft.ts";

/** A scam call that its customer told of. */
export interface ReportRow {
  /** At or above the number of customers: nobody the desk knows. */
  readonly customer: number;
  /** The time of the call as it was told. */
  readonly time: number;
  /** What the caller knew: a mask over `fieldNames`. */
  readonly knew: number;
}

/** What only the simulator knows of a report. */
export interface TrueReport {
  readonly origin: "leak" | "background" | "malicious" | "duplicate" | "unknown";
  /** When the call came, whatever was told. */
  readonly called: number;
  /** The account it leaked through; -1 from outside, or no leak. */
  readonly account: number;
  /** Of a duplicate: the place of the report it repeats; else -1. */
  readonly duplicateOf: number;
}

export type FullReport = ReportRow & TrueReport;

/** Calls under way: what the days have brought so far. */
export interface Calls {
  readonly random: Random;
  readonly told: FullReport[];
  /** The account to be framed (-1 none), and a sample of what it read. */
  readonly framed: number;
  readonly frameSample: { readonly customer: number; readonly time: number; readonly fields: number }[];
  frameSeen: number;
}

export function noCalls(seed: number, framed: number): Calls {
  return { random: stream(seed, "calls"), told: [], framed, frameSample: [], frameSeen: 0 };
}

const kindFactor = [1, 0.5, 0.2];
/** The first language is the one the scammers speak best. */
const languageFactor = [1, 0.45, 0.6, 0.5, 0.6];

/** Contact makes people reachable and makes them tell: the more and the later, the likelier. At least 1. */
function contactFactor(population: Population, customer: number, day: number): number {
  const contacts = Math.min(6, population.contacts[customer]!);
  const ago = day - population.lastContact[customer]!;
  const recent = contacts === 0 ? 1 : ago < 30 ? 1.6 : ago < 90 ? 1.2 : 1;
  return (1 + 0.6 * contacts) * recent;
}

const contactFactorMax = (1 + 0.6 * 6) * 1.6;

function callWeight(population: Population, customer: number, day: number): number {
  return (
    (population.phone[customer] === 1 ? 1 : 0.25) *
    kindFactor[population.kind[customer]!]! *
    (languageFactor[population.language[customer]!] ?? 0.5) *
    contactFactor(population, customer, day) *
    (population.hidden?.[customer] ?? 1)
  );
}

/** Scam calls of today that have nothing to do with the desk. */
export function ordinaryCalls(calls: Calls, scenario: Scenario, population: Population, day: number): void {
  const { background } = scenario;
  if (background.kind === "none") return;
  const extra = background.kind === "spike" ? campaign(background, day) : 0;
  const { random } = calls;
  const spoken = scenario.languages.findIndex((each) => each.code === background.spike.language);
  const start = Date.parse(scenario.start) + day * dayMs;
  const call = (language: number): void => {
    const customer = whoIsCalled(
      population,
      { day, language, unmeasured: scenario.robustness.unmeasured },
      random,
    );
    if (customer < 0) return;
    const at = Math.floor(start + between(random, 8, 20) * 3_600_000);
    calls.told.push({
      customer,
      time: at,
      knew: littleKnown(population, customer, random),
      origin: "background",
      called: at,
      account: -1,
      duplicateOf: -1,
    });
  };
  for (let left = poisson(random, background.perWeek / 7); left > 0; left--) call(-1);
  for (let left = poisson(random, extra); left > 0; left--) call(spoken);
}

function campaign({ spike, perWeek }: Background, day: number): number {
  return day >= spike.day && day < spike.day + spike.days ? (perWeek / 7) * (spike.factor - 1) : 0;
}

interface Asked {
  readonly day: number;
  readonly language: number;
  readonly unmeasured: number;
}

function whoIsCalled(population: Population, { day, language, unmeasured }: Asked, random: Random): number {
  const known = knownBy(population, day);
  const bound = contactFactorMax * Math.exp(2 * unmeasured);
  for (let tries = 0; tries < 100_000; tries++) {
    const customer = below(random, known);
    if (language >= 0 && population.language[customer] !== language) continue;
    if (random() * bound < callWeight(population, customer, day)) return customer;
  }
  return -1;
}

/** An ordinary caller has a number and perhaps a name from elsewhere; a bought list sometimes has the e-mail address. */
function littleKnown(population: Population, customer: number, random: Random): number {
  const phone = population.phone[customer] === 1 && random() < 0.7 ? bit.phone : 0;
  return phone | (random() < 0.45 ? bit.name : 0) | (random() < 0.15 ? bit.email : 0);
}

/** Who bought the data knows what it holds, and does not say all of it. */
function muchKnown(fields: number, random: Random): number {
  const says = (field: number, share: number): number =>
    (fields & field) !== 0 && random() < share ? field : 0;
  return (
    says(bit.name, 0.92) |
    says(bit.email, 0.6) |
    says(bit.phone, 0.8) |
    says(bit.ticket, 0.55) |
    says(bit.address, 0.3) |
    says(bit.product, 0.5)
  );
}

/** Keeps an even sample (Vitter's algorithm R) of what the framed account read. */
export function watchFramed(calls: Calls, rows: AccessColumns, wanted: number): void {
  if (calls.framed < 0) return;
  for (let at = 0; at < rows.count; at++) {
    if (rows.actor[at] !== calls.framed) continue;
    const seen = { customer: rows.customer[at]!, time: rows.time[at]!, fields: rows.fields[at]! };
    const place =
      calls.frameSeen++ < wanted ? calls.frameSample.length : below(calls.random, calls.frameSeen);
    if (place < wanted) calls.frameSample[place] = seen;
  }
}

/** The reports table in the order of its times, each with its truth. */
export function tellAll(
  calls: Calls,
  scenario: Scenario,
  of: { readonly population: Population; readonly plot: Plot },
): readonly FullReport[] {
  const start = Date.parse(scenario.start);
  const end = start + scenario.days * dayMs;
  const { random } = calls;
  const { robustness } = scenario;
  const told = [...calls.told, ...leakCalls(calls, scenario, of)];
  for (const seen of calls.frameSample) {
    const called = Math.floor(between(random, seen.time, end));
    told.push({
      customer: seen.customer,
      time: called,
      knew: muchKnown(seen.fields, random),
      origin: "malicious",
      called,
      account: -1,
      duplicateOf: -1,
    });
  }
  for (let left = robustness.unknownCustomers; left > 0; left--) {
    const called = Math.floor(between(random, start, end));
    told.push({
      customer: of.population.count + below(random, 1_000_000),
      time: called,
      knew: bit.name,
      origin: "unknown",
      called,
      account: -1,
      duplicateOf: -1,
    });
  }
  const skew = robustness.clockSkewHours * 3_600_000;
  const originals = Array.from(told, (each) => ({
    ...each,
    time: Math.floor(each.time + between(random, -skew, skew)),
  }));
  const repeats = Array.from(
    { length: originals.length === 0 ? 0 : robustness.duplicateReports },
    (): FullReport => {
      const duplicateOf = below(random, originals.length);
      const original = originals[duplicateOf]!;
      return {
        ...original,
        time: Math.floor(original.time + between(random, 0, 48) * 3_600_000),
        origin: "duplicate",
        duplicateOf,
      };
    },
  );
  return byTime([...originals, ...repeats]);
}

function byTime(reports: readonly FullReport[]): readonly FullReport[] {
  const order = reports.map((_, at) => at).sort((a, b) => reports[a]!.time - reports[b]!.time || a - b);
  const place = new Int32Array(reports.length);
  for (const [now, before] of order.entries()) place[before] = now;
  return Array.from(order, (before) => {
    const report = reports[before]!;
    return report.duplicateOf < 0 ? report : { ...report, duplicateOf: place[report.duplicateOf]! };
  });
}

function leakCalls(
  calls: Calls,
  scenario: Scenario,
  { population, plot }: { readonly population: Population; readonly plot: Plot },
): readonly FullReport[] {
  const { stolen } = plot;
  const { random } = calls;
  const end = Date.parse(scenario.start) + scenario.days * dayMs;
  const opens = Date.parse(scenario.start) + scenario.reporting.fromDay * dayMs;
  const called = new Float64Array(stolen.count);
  const weight = new Float64Array(stolen.count);
  for (let at = 0; at < stolen.count; at++) {
    const delay = 2 + gamma(random, 2, scenario.reporting.delayDays);
    called[at] = dayHours(Math.max(stolen.time[at]!, opens) + delay * dayMs, random);
    weight[at] = called[at]! < end ? tellWeight(population, stolen, at) : 0;
  }
  return chosen(scenario, weight, random).map((at) => ({
    customer: stolen.customer[at]!,
    time: called[at]!,
    knew: muchKnown(stolen.fields[at]!, random),
    origin: "leak",
    called: called[at]!,
    account: stolen.actor[at]!,
    duplicateOf: -1,
  }));
}

/** Callers keep ordinary hours, on the day the delay gave, and never call before they have the data: the delay is two days at least. */
function dayHours(time: number, random: Random): number {
  return Math.floor(Math.floor(time / dayMs) * dayMs + between(random, 8, 20) * 3_600_000);
}

/** A stolen number is called more than one looked up; who has had much to do with support tells support more. */
function tellWeight(population: Population, stolen: StolenColumns, at: number): number {
  const customer = stolen.customer[at]!;
  const reached = (stolen.fields[at]! & bit.phone) !== 0 ? 1 : 0.35;
  return (
    reached * (1 + 0.3 * Math.min(6, population.contacts[customer]!)) * (population.hidden?.[customer] ?? 1)
  );
}

/** Which of the stolen report: exactly `count` by weight (Efraimidis and Spirakis 2006), or each with its share. */
function chosen(scenario: Scenario, weight: Float64Array, random: Random): readonly number[] {
  const { count, share } = scenario.reporting;
  const picked: number[] = [];
  if (count === null) {
    const mean = weight.reduce((sum, w) => sum + w, 0) / Math.max(1, weight.length);
    for (let at = 0; at < weight.length; at++) if (random() * mean < share * weight[at]!) picked.push(at);
    return picked;
  }
  const keys = weight.map((w) => (w > 0 ? Math.log(1 - random()) / w : Number.NEGATIVE_INFINITY));
  const ranked = keys.toSorted();
  const bar = ranked[Math.max(0, ranked.length - count)] ?? 0;
  for (let at = 0; at < keys.length && picked.length < count; at++)
    if (weight[at]! > 0 && keys[at]! >= bar) picked.push(at);
  return picked;
}
