import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Random } from "../../src/base/index.ts";
import type { Desk, DeskReport, Reads } from "./desk.ts";

const day = 86_400_000;

/** One update of an incident: a person or program looked at the caller's record for it. */
interface Update {
  readonly actor: number;
  readonly customer: number;
  readonly time: number;
}

/** A real help desk's year: UCI, Incident management process enriched event log (CC BY 4.0). */
export interface Helpdesk {
  readonly actors: readonly string[];
  readonly customers: readonly string[];
  readonly updates: readonly Update[];
  /** Caller and time of each incident's opening. */
  readonly openings: readonly { readonly customer: number; readonly time: number }[];
}

/** `incident_event_log.csv.gz`; its dates are `d/m/yyyy hh:mm`, unknown is `?`. */
export function readHelpdesk(path: string): Helpdesk {
  const [head = "", ...rows] = gunzipSync(readFileSync(path)).toString("utf8").split("\n");
  const names = head.trim().split(",");
  const column = (name: string): number => names.indexOf(name);
  const [number, caller, by, at, opened] = [
    "number",
    "caller_id",
    "sys_updated_by",
    "sys_updated_at",
    "opened_at",
  ].map(column);
  const actors = new Map<string, number>();
  const customers = new Map<string, number>();
  const incidents = new Map<string, { customer: number; time: number }>();
  const updates: Update[] = [];
  for (const row of rows) {
    const cells = row.split(",");
    const who = cells[by ?? 0] ?? "?";
    const whose = cells[caller ?? 0] ?? "?";
    const time = dateOf(cells[at ?? 0] ?? "");
    if (who === "?" || whose === "?" || whose === "" || time === null) continue;
    const customer = indexOf(customers, whose);
    updates.push({ actor: indexOf(actors, who), customer, time });
    const start = dateOf(cells[opened ?? 0] ?? "");
    if (start !== null) incidents.set(cells[number ?? 0] ?? "", { customer, time: start });
  }
  return {
    actors: [...actors.keys()],
    customers: [...customers.keys()],
    updates,
    openings: [...incidents.values()],
  };
}

function indexOf(names: Map<string, number>, name: string): number {
  const index = names.get(name) ?? names.size;
  names.set(name, index);
  return index;
}

function dateOf(cell: string): number | null {
  const parts = /^(\d+)\/(\d+)\/(\d{4}) (\d+):(\d+)$/.exec(cell);
  if (parts === null) return null;
  const [d = 0, m = 0, y = 0, h = 0, min = 0] = parts.slice(1).map(Number);
  return Date.UTC(y, m - 1, d, h, min);
}

/** A planted theft: reads beside the work, or the sale of what the work shows. */
export interface Planted {
  readonly thief: number;
  readonly from: number;
  readonly days: number;
  /** Extra reads a day without any incident; 0 sells the customers of the own incidents. */
  readonly perDay: number;
}

export interface Stolen {
  readonly customer: number;
  readonly time: number;
}

/** What the theft takes, and the reads it leaves. */
export function plant(desk: Helpdesk, planted: Planted, random: Random): readonly Stolen[] {
  const until = planted.from + planted.days * day;
  if (planted.perDay === 0)
    return desk.updates.filter(
      ({ actor, time }) => actor === planted.thief && time >= planted.from && time < until,
    );
  return Array.from({ length: Math.round(planted.perDay * planted.days) }, () => ({
    customer: Math.floor(random() * desk.customers.length),
    time: planted.from + random() * planted.days * day,
  }));
}

/** The log, with the planted reads in it, as the tracer's desk. Every update is explained by its incident. */
export function deskOfHelpdesk(desk: Helpdesk, thief: number, extra: readonly Stolen[]): Desk {
  const n = desk.customers.length;
  const rows = [
    ...desk.updates.map((update) => ({ ...update, unexplained: 0 })),
    ...extra.map((read) => ({ ...read, actor: thief, unexplained: 1 })),
  ].sort((a, b) => a.customer - b.customer || a.actor - b.actor || a.time - b.time);
  const start = new Int32Array(n + 1);
  for (const { customer } of rows) start[customer + 1] = (start[customer + 1] ?? 0) + 1;
  const reads: Reads = {
    start: running(start),
    actor: Int32Array.from(rows, ({ actor }) => actor),
    time: Float64Array.from(rows, ({ time }) => time),
    unexplained: Uint8Array.from(rows, ({ unexplained }) => unexplained),
    // The log has no addresses, so no session can be called a stranger's.
    unfamiliar: new Uint8Array(rows.length),
    exclusive: new Uint8Array(rows.length).fill(1),
  };
  const openings = [...desk.openings].sort((a, b) => a.customer - b.customer || a.time - b.time);
  const ticketStart = new Int32Array(n + 1);
  for (const { customer } of openings) ticketStart[customer + 1] = (ticketStart[customer + 1] ?? 0) + 1;
  const starts = running(ticketStart);
  const times = Float64Array.from(openings, ({ time }) => time);
  return {
    customers: n,
    actors: desk.actors.length,
    actorName: (actor) => desk.actors[actor] ?? "",
    customerName: (customer) => desk.customers[customer] ?? "",
    standing: new Int32Array(n),
    language: new Int32Array(n),
    languageName: () => "",
    kind: new Int32Array(n),
    kindName: () => "",
    created: new Float64Array(n),
    ticketStart: starts,
    ticketTimes: times,
    contact: { from: "tickets", start: starts, times },
    reads,
    sessionsUnknown: () => true,
  };
}

function running(counts: Int32Array): Int32Array {
  for (let i = 1; i < counts.length; i++) counts[i] = (counts[i] ?? 0) + (counts[i - 1] ?? 0);
  return counts;
}

/** Reports of stolen customers, each once, some days after the theft. */
export function leakReports(stolen: readonly Stolen[], count: number, random: Random): readonly DeskReport[] {
  const left = [...stolen];
  const told = new Map<number, DeskReport>();
  while (told.size < count && left.length > 0) {
    const [taken] = left.splice(Math.floor(random() * left.length), 1);
    if (taken !== undefined && !told.has(taken.customer))
      told.set(taken.customer, {
        customer: taken.customer,
        time: taken.time + (2 + random() * 20) * day,
        knew: [],
      });
  }
  return [...told.values()];
}

/** Background reports: whoever had more to do with the desk by then is called, or tells of it, more often. */
export function backgroundReports(
  desk: Helpdesk,
  when: { readonly from: number; readonly days: number },
  count: number,
  random: Random,
): readonly DeskReport[] {
  return Array.from({ length: count }, () => {
    const time = when.from + random() * when.days * day;
    // An earlier incident's caller, or now and then anybody.
    const before = desk.openings[Math.floor(random() * desk.openings.length)];
    const customer =
      before !== undefined && before.time < time && random() < 0.7
        ? before.customer
        : Math.floor(random() * desk.customers.length);
    return { customer, time, knew: [] };
  });
}
