import type {
  ChannelEvidence,
  ChannelKind,
  Evidence,
  Hit,
  Knowledge,
  SegmentEvidence,
  Settings,
  UsedReport,
} from "../../src/trace/index.ts";
import { createdName, createdSteps, monthOf, stratumOf, usableReports } from "../../src/trace/index.ts";
import type { Desk, DeskReport } from "./desk.ts";

const hour = 3_600_000;
const channelKinds: readonly ChannelKind[] = ["all", "unexplained", "unfamiliar"];

/** Per customer and account: the first exposure through each kind of channel, computed once for a desk. */
export interface FirstReads {
  readonly start: Int32Array;
  readonly actor: Int32Array;
  /** For each kind, the time of the first such read; infinite if there was none. */
  readonly first: readonly [Float64Array, Float64Array, Float64Array];
  /** For each actor and kind (actor * 3 + kind): all first exposures, ascending. */
  readonly byChannel: readonly Float64Array[];
}

export function firstReads(desk: Desk): FirstReads {
  const { reads } = desk;
  const size = reads.actor.length;
  const start = new Int32Array(desk.customers + 1);
  const actor = new Int32Array(size);
  const first = [new Float64Array(size), new Float64Array(size), new Float64Array(size)] as const;
  for (const times of first) times.fill(Infinity);
  const lists: number[][] = Array.from({ length: desk.actors * 3 }, () => []);
  let pair = -1;
  for (let customer = 0; customer < desk.customers; customer++) {
    start[customer] = pair + 1;
    let previous = -1;
    for (let i = reads.start[customer] ?? 0; i < (reads.start[customer + 1] ?? 0); i++) {
      const who = reads.actor[i] ?? 0;
      if (who !== previous) {
        pair++;
        actor[pair] = who;
        previous = who;
      }
      const time = reads.time[i] ?? 0;
      for (let kind = 0; kind < 3; kind++) {
        const times = first[kind];
        if (times === undefined || times[pair] !== Infinity || !isOfKind(desk, i, kind)) continue;
        times[pair] = time;
        lists[who * 3 + kind]?.push(time);
      }
    }
  }
  start[desk.customers] = pair + 1;
  return { start, actor, first, byChannel: lists.map((list) => Float64Array.from(list).sort()) };
}

function isOfKind(desk: Desk, read: number, kind: number): boolean {
  if (kind === 0) return true;
  return (kind === 1 ? desk.reads.unexplained[read] : desk.reads.unfamiliar[read]) === 1;
}

/** The evidence of these reports on this desk, counted exactly. */
export function evidenceInMemory(
  desk: Desk,
  firsts: FirstReads,
  given: readonly DeskReport[],
  settings: Settings,
): Evidence {
  const intake = usableReports(
    given.map((report) => ({ ...report, customer: report.customer < 0 ? null : String(report.customer) })),
    settings,
  );
  const tolerance = settings.clockToleranceHours * hour;
  const reports: UsedReport[] = [];
  const counters = new Map<number, { readonly exposed: number[] }>();
  const segments = segmentsOf(desk, intake.used.length);
  for (const [index, report] of intake.used.entries()) {
    const cutoff = report.time - tolerance;
    const customer = Number(report.customer);
    const stratum = stratumAt(desk, customer, cutoff);
    let matched = 0;
    for (let other = 0; other < desk.customers; other++) {
      if (desk.standing[other] !== desk.standing[customer] || (desk.created[other] ?? 0) > cutoff) continue;
      if (other !== customer && stratumAt(desk, other, cutoff) !== stratum) continue;
      matched++;
      for (const segment of segments)
        if (segment.holds(other)) segment.exposed[index] = (segment.exposed[index] ?? 0) + 1;
      for (let pair = firsts.start[other] ?? 0; pair < (firsts.start[other + 1] ?? 0); pair++)
        for (let kind = 0; kind < 3; kind++) {
          if ((firsts.first[kind]?.[pair] ?? Infinity) >= cutoff) continue;
          const channel = (firsts.actor[pair] ?? 0) * 3 + kind;
          let counter = counters.get(channel);
          if (counter === undefined) {
            counter = { exposed: Array.from({ length: intake.used.length }, () => 0) };
            counters.set(channel, counter);
          }
          counter.exposed[index] = (counter.exposed[index] ?? 0) + 1;
        }
    }
    reports.push({
      ...report,
      customer: desk.customerName(customer),
      stratum: String(stratum),
      matched,
      knowable: isKnowable(desk, customer, cutoff),
    });
  }
  const hits = hitsOf(desk, intake.used, tolerance);
  const actorsHit = new Set([...hits.keys()].map((channel) => Math.floor(channel / 3)));
  return {
    reports,
    intake: intake.counts,
    customers: desk.customers,
    accounts: desk.actors,
    reaches: reachesOf(desk, firsts, reports, tolerance),
    channels: channelsOf({ desk, firsts, hits, counters, reports, tolerance }),
    segments: segments.map(({ name, size, exposed, holds }): SegmentEvidence => ({
      name,
      size,
      exposed,
      inside: intake.used.map((report) => holds(Number(report.customer))),
    })),
    contactFrom: desk.contact.from,
    sessionsUnknown: new Set([...actorsHit].filter(desk.sessionsUnknown).map(desk.actorName)),
    exposureUnknown: new Map(),
  };
}

/** A ticket had been opened, or some read had shown an exclusive fact. */
function isKnowable(desk: Desk, customer: number, cutoff: number): boolean {
  if (
    desk.contact.from === "tickets" &&
    (desk.ticketTimes[desk.ticketStart[customer] ?? 0] ?? Infinity) < cutoff &&
    desk.ticketStart[customer] !== desk.ticketStart[customer + 1]
  )
    return true;
  for (let i = desk.reads.start[customer] ?? 0; i < (desk.reads.start[customer + 1] ?? 0); i++)
    if (desk.reads.exclusive[i] === 1 && (desk.reads.time[i] ?? Infinity) < cutoff) return true;
  return false;
}

function stratumAt(desk: Desk, customer: number, cutoff: number): number {
  let count = 0;
  let last = -Infinity;
  const { start, times } = desk.contact;
  for (let i = start[customer] ?? 0; i < (start[customer + 1] ?? 0); i++) {
    const time = times[i] ?? 0;
    if (time >= cutoff) break;
    count++;
    last = time;
  }
  return (desk.standing[customer] ?? 0) * 64 + stratumOf(count, cutoff - last);
}

function hitsOf(
  desk: Desk,
  used: readonly { readonly customer: string; readonly time: number; readonly knowledge: Knowledge }[],
  tolerance: number,
): Map<number, Hit[]> {
  const hits = new Map<number, Hit[]>();
  for (const [index, report] of used.entries()) {
    const customer = Number(report.customer);
    const cutoff = report.time - tolerance;
    const found = new Map<number, { first: number; last: number; reads: number; shown: boolean }>();
    for (let i = desk.reads.start[customer] ?? 0; i < (desk.reads.start[customer + 1] ?? 0); i++) {
      const time = desk.reads.time[i] ?? 0;
      if (time >= cutoff) continue;
      for (let kind = 0; kind < 3; kind++) {
        if (!isOfKind(desk, i, kind)) continue;
        const channel = (desk.reads.actor[i] ?? 0) * 3 + kind;
        const hit = found.get(channel) ?? {
          first: time,
          last: time,
          reads: 0,
          shown: false,
        };
        found.set(channel, hit);
        hit.last = time;
        hit.reads++;
        if (desk.reads.exclusive[i] === 1) hit.shown = true;
      }
    }
    for (const [channel, hit] of found)
      // A caller can't have an exclusive fact from a channel that never showed one.
      if (hit.shown || report.knowledge !== "exclusive")
        hits.set(channel, [...(hits.get(channel) ?? []), { report: index, ...hit }]);
  }
  return hits;
}

interface ChannelInputs {
  readonly desk: Desk;
  readonly firsts: FirstReads;
  readonly hits: Map<number, Hit[]>;
  readonly counters: Map<number, { readonly exposed: number[] }>;
  readonly reports: readonly UsedReport[];
  readonly tolerance: number;
}

function channelsOf(inputs: ChannelInputs): readonly ChannelEvidence[] {
  const { desk, firsts, hits, counters, reports, tolerance } = inputs;
  return [...hits]
    .sort(([a], [b]) => a - b)
    .map(([channel, found]) => ({
      actor: desk.actorName(Math.floor(channel / 3)),
      kind: channelKinds[channel % 3] ?? "all",
      hits: found,
      exposed: counters.get(channel)?.exposed ?? reports.map(() => 0),
      reach: reports.map((report) =>
        countBelow(firsts.byChannel[channel], endOfDay(report.time - tolerance)),
      ),
    }));
}

/** For each report, by kind: how many accounts had exposed how many customers, in powers of two, by whole days as reach is. */
function reachesOf(
  desk: Desk,
  firsts: FirstReads,
  reports: readonly UsedReport[],
  tolerance: number,
): Evidence["reaches"] {
  const of = (kind: number): readonly (readonly number[])[] =>
    reports.map((report) => {
      const limit = endOfDay(report.time - tolerance);
      const counts: number[] = [];
      for (let actor = 0; actor < desk.actors; actor++) {
        const told = kind === 2 && desk.sessionsUnknown(actor) ? 0 : kind;
        const reach = countBelow(firsts.byChannel[actor * 3 + told], limit);
        if (reach === 0) continue;
        const place = Math.floor(Math.log2(reach));
        while (counts.length <= place) counts.push(0);
        counts[place] = (counts[place] ?? 0) + 1;
      }
      return counts;
    });
  return { all: of(0), unexplained: of(1), unfamiliar: of(2) };
}

/** Reach is counted by whole days, so that a table of days serves any moment. */
function endOfDay(time: number): number {
  return (Math.floor(time / (24 * hour)) + 1) * 24 * hour;
}

function countBelow(sorted: Float64Array | undefined, limit: number): number {
  let low = 0;
  let high = sorted?.length ?? 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted?.[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface SegmentCounter {
  readonly name: string;
  readonly size: number;
  readonly exposed: number[];
  readonly holds: (customer: number) => boolean;
}

function counterOf(
  desk: Desk,
  used: number,
  name: string,
  holds: (customer: number) => boolean,
): SegmentCounter {
  let size = 0;
  for (let customer = 0; customer < desk.customers; customer++) if (holds(customer)) size++;
  return { name, size, holds, exposed: Array.from({ length: used }, () => 0) };
}

function segmentsOf(desk: Desk, used: number): readonly SegmentCounter[] {
  const counter = (name: string, holds: (customer: number) => boolean): SegmentCounter =>
    counterOf(desk, used, name, holds);
  const months = new Map<number, number>();
  for (const created of desk.created) {
    const month = monthOf(created);
    months.set(month, (months.get(month) ?? 0) + 1);
  }
  return [
    ...distinct(desk.language).map((value) =>
      counter(`language ${desk.languageName(value)}`, (c) => desk.language[c] === value),
    ),
    ...distinct(desk.kind).map((value) =>
      counter(`kind ${desk.kindName(value)}`, (c) => desk.kind[c] === value),
    ),
    counter(
      "has a ticket",
      (c) => desk.contact.from === "tickets" && (desk.ticketStart[c + 1] ?? 0) > (desk.ticketStart[c] ?? 0),
    ),
    ...createdSteps([...months].map(([month, customers]) => ({ month, customers }))).map((limit) =>
      counter(createdName(limit), (c) => (desk.created[c] ?? 0) < limit),
    ),
  ].filter((segment) => segment.size > 0 && segment.size < desk.customers);
}

function distinct(of: Int32Array): readonly number[] {
  return [...new Set(of)].sort((a, b) => a - b);
}
