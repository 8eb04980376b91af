import type { Random } from "../base/index.ts";
import { below, stream } from "./chance.ts";
import { type Population, segmentTest } from "./population.ts";
import type { Scenario, Theft, TheftStyle } from "./scenario/index.ts";
import type { Actor } from "./staff.ts";
import { maskOf } from "./text.ts";

/** What was stolen, in the order of the theft: who, when, through which account (-1: from outside), which fields. */
export class StolenColumns {
  count = 0;
  customer: Uint32Array = new Uint32Array(256);
  time: Float64Array = new Float64Array(256);
  actor: Int32Array = new Int32Array(256);
  fields: Uint8Array = new Uint8Array(256);

  add(row: StolenRow): void {
    if (this.count === this.time.length) this.#grow();
    const at = this.count++;
    this.customer[at] = row.customer;
    this.time[at] = row.time;
    this.actor[at] = row.actor;
    this.fields[at] = row.fields;
  }

  #grow(): void {
    const room = this.count * 2;
    const [customer, time, actor, fields] = [this.customer, this.time, this.actor, this.fields];
    (this.customer = new Uint32Array(room)).set(customer);
    (this.time = new Float64Array(room)).set(time);
    (this.actor = new Int32Array(room)).set(actor);
    (this.fields = new Uint8Array(room)).set(fields);
  }
}

export interface StolenRow {
  readonly customer: number;
  readonly time: number;
  readonly actor: number;
  readonly fields: number;
}

/** A stolen account is used from elsewhere, whatever style the scenario names. */
export function styleOf(theft: Theft): TheftStyle {
  return theft.kind === "stolen_account" ? "borrowed-session" : theft.style;
}

/** Who leaks. Cast before the desk opens, because a former employee must have left. */
export interface Cast {
  readonly actors: readonly Actor[];
  /** The accounts through which it leaks. */
  readonly accounts: readonly number[];
  /** The people behind it, where they are on the staff: with a borrowed session these aren't the accounts' owners. */
  readonly people: readonly number[];
}

/** Days between a former employee's last and the download. */
const daysGone = 5;

export function castThieves(scenario: Scenario, seed: number, actors: readonly Actor[]): Cast {
  const { theft, languages } = scenario;
  if (theft.kind === "none" || theft.kind === "outside_breach") return { actors, accounts: [], people: [] };
  const random = stream(seed, "cast");
  const agents = actors.filter((actor) => actor.role === "agent");
  const speaks = (actor: Actor): boolean =>
    theft.segment.language === null || languages[actor.language]!.code === theft.segment.language;
  const there = (actor: Actor): boolean => actor.hiredDay <= theft.fromDay && actor.leftDay > theft.toDay;
  const fitting = agents.filter((actor) => speaks(actor) && there(actor) && !actor.partTime);
  const rest = agents.filter((actor) => !fitting.includes(actor));
  const accounts = draw([...shuffled(fitting, random), ...shuffled(rest, random)], theft.thieves);
  const borrows = theft.kind === "insider" && styleOf(theft) === "borrowed-session";
  const others = agents.filter((actor) => there(actor) && !accounts.includes(actor.index));
  const people =
    theft.kind === "stolen_account" ? [] : borrows ? draw(shuffled(others, random), theft.thieves) : accounts;
  const left = styleOf(theft) === "report-download" ? accounts : [];
  return {
    actors: actors.map((actor) =>
      left.includes(actor.index) ? { ...actor, hiredDay: -400, leftDay: theft.fromDay - daysGone } : actor,
    ),
    accounts,
    people,
  };
}

function draw(actors: readonly Actor[], count: number): readonly number[] {
  return actors.slice(0, count).map((actor) => actor.index);
}

function shuffled(actors: readonly Actor[], random: Random): readonly Actor[] {
  const list = [...actors];
  for (let last = list.length - 1; last > 0; last--) {
    const other = below(random, last + 1);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}

/** The theft under way. */
export interface Plot {
  readonly accounts: readonly number[];
  readonly stolen: StolenColumns;
  /** By customer: 1 once stolen. */
  readonly taken: Uint8Array;
  readonly wanted: (customer: number) => boolean;
  /** The mask of fields that are sold. */
  readonly sold: number;
  readonly random: Random;
}

export function plotTheft(
  scenario: Scenario,
  seed: number,
  of: { readonly population: Population; readonly cast: Cast },
): Plot {
  return {
    accounts: of.cast.accounts,
    stolen: new StolenColumns(),
    taken: new Uint8Array(scenario.theft.kind === "none" ? 0 : of.population.count),
    wanted: segmentTest(scenario, of.population, scenario.theft.segment),
    sold: maskOf(scenario.theft.fields),
    random: stream(seed, "theft"),
  };
}

/** Takes note of a customer that a row has just shown; false if it was stolen before or nobody asked for it. */
export function take(plot: Plot, row: StolenRow): boolean {
  if (plot.taken[row.customer] === 1 || !plot.wanted(row.customer)) return false;
  plot.taken[row.customer] = 1;
  plot.stolen.add({ ...row, fields: row.fields & plot.sold });
  return true;
}
