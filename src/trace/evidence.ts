import { type Engine, type Span, spanParams } from "../explain/index.ts";
import type { ChannelEvidence, Evidence, SegmentEvidence, UsedReport } from "./model/evidence.ts";
import type { ContactFrom } from "./model/contact.ts";
import { type GivenReport, type KnownReport, usableReports } from "./model/intake.ts";
import { createdName, createdSteps } from "./model/segments.ts";
import type { Settings } from "./model/settings.ts";
import { stratumName, stratumOf } from "./model/strata.ts";
import * as ask from "./queries/customers.ts";
import { matchedExposed, matchedSizes } from "./queries/matched.ts";
import { reachOf } from "./reach.ts";
import { hitChannels, type HitChannel, keyOf, type ReporterRead } from "./reads.ts";

/** Matched customers looked at for one report. The mean over all reports is what counts, so its error is that of many more. */
export const matchedMaxDefault = 1000;

export interface EvidenceOptions {
  readonly settings: Settings;
  readonly span: Span;
  /** Which tables: those of `refreshReach` under their own names, or those of `buildReach` under its suffix. */
  readonly suffix: string;
  readonly matchedMax: number;
  /** Customers that are invented. */
  readonly canaries: ReadonlySet<string>;
}

const hourMillis = 3_600_000;

interface Reporter {
  readonly customer: string;
  readonly language: string;
  readonly kind: string;
  readonly standing: string;
  readonly created: number;
}

/** A report on its way to evidence. */
interface Situated extends KnownReport {
  readonly cutoff: number;
  readonly reporter: Reporter;
  readonly opened: readonly number[];
  readonly contact: number;
}

/** The evidence of these reports, counted in the store. */
export async function evidenceFromStore(
  engine: Engine,
  given: readonly GivenReport[],
  options: EvidenceOptions,
): Promise<Evidence> {
  const { settings, suffix, span } = options;
  const ids = [...new Set(given.flatMap(({ customer }) => (customer === null ? [] : [customer])))].sort();
  const [reporters, { reads, sessionsUnknown: unknownSessions }, sizes, unknown] = await Promise.all([
    reportersOf(engine, ids),
    readsOf(engine, ids, options),
    engine.query<{ name: string; value: number }>(ask.baseSizes(suffix)),
    engine.query<{ actor: string; events: number }>(ask.unknownByActor, spanParams(span)),
  ]);
  const known = (customer: string | null): string | null =>
    customer !== null && (reporters.has(customer) || reads.has(customer) || options.canaries.has(customer))
      ? customer
      : null;
  const intake = usableReports(
    given.map((report) => ({ ...report, customer: known(report.customer) })),
    settings,
  );
  const situated = await situate(engine, intake.used, { reporters, options });
  const channels = hitChannels(situated, reads);
  const base = new Map(sizes.map(({ name, value }) => [name, value]));
  const steps = createdSteps(monthsOf(base));
  const asked = { engine, options, situated };
  const [matched, exposed, { reach, reaches }] = await Promise.all([
    matchedOf(asked, steps),
    exposedOf(asked, channels),
    reachOf(engine, { channels, cutoffs: situated.map(({ cutoff }) => cutoff), suffix }),
  ]);
  const none = situated.map(() => 0);
  const contactFrom: ContactFrom = base.get("contact from reads") === 1 ? "reads" : "tickets";
  return {
    reports: situated.map((report, i) => {
      const used = usedReport(report, {
        matched: matched[i]?.matched ?? 0,
        reads: reads.get(report.customer) ?? [],
        contactFrom,
      });
      return options.canaries.has(report.customer) ? { ...used, canary: true } : used;
    }),
    intake: intake.counts,
    customers: base.get("customers") ?? 0,
    accounts: base.get("accounts") ?? 0,
    reaches,
    channels: channels.map((channel): ChannelEvidence => {
      const key = keyOf(channel);
      return { ...channel, exposed: exposed.get(key) ?? none, reach: reach.get(key) ?? none };
    }),
    segments: segmentsOf(situated, matched, { base, steps }),
    contactFrom,
    sessionsUnknown: new Set(
      channels.map(({ actor }) => actor).filter((actor) => unknownSessions.has(actor)),
    ),
    exposureUnknown: new Map(unknown.map(({ actor, events }) => [actor, events])),
  };
}

async function reportersOf(
  engine: Engine,
  customers: readonly string[],
): Promise<ReadonlyMap<string, Reporter>> {
  const rows = await engine.query<Reporter>(ask.reporters, { customers });
  return new Map(rows.map((row) => [row.customer, row]));
}

interface ReporterReads {
  readonly reads: ReadonlyMap<string, readonly ReporterRead[]>;
  readonly sessionsUnknown: ReadonlySet<string>;
}

/** One account's reads of one reporter: the arrays have an entry for each. */
interface ReadsRow {
  readonly customer: string;
  readonly actor: string;
  readonly times: readonly number[];
  readonly ips: readonly string[];
  readonly exclusive: readonly (0 | 1)[];
}

async function readsOf(
  engine: Engine,
  customers: readonly string[],
  { settings, span, suffix }: EvidenceOptions,
): Promise<ReporterReads> {
  const [rows, unexplained] = await Promise.all([
    engine.query<ReadsRow>(ask.reporterReads, {
      customers,
      onlyHere: settings.onlyHere,
      ...spanParams(span),
    }),
    engine.query<{ customer: string; actor: string; times: number[] }>(ask.reporterUnexplained(suffix), {
      customers,
    }),
  ]);
  const actors = [...new Set(rows.map(({ actor }) => actor))].sort();
  const strange = await engine.query<{ actor: string; ip: string }>(ask.unfamiliarOf(suffix), { actors });
  const loose = new Map(
    unexplained.map(({ customer, actor, times }) => [`${actor}\n${customer}`, new Set(times)]),
  );
  const unfamiliar = new Set(strange.map(({ actor, ip }) => `${actor}\n${ip}`));
  const reads = new Map<string, ReporterRead[]>();
  for (const { customer, actor, times, ips, exclusive } of rows) {
    const list = reads.get(customer) ?? [];
    reads.set(customer, list);
    const unexplainedTimes = loose.get(`${actor}\n${customer}`);
    for (const [i, time] of times.entries()) {
      const ip = ips[i] ?? "";
      list.push({
        customer,
        actor,
        time,
        unexplained: unexplainedTimes?.has(time) ?? false,
        unfamiliar: ip !== "" && unfamiliar.has(`${actor}\n${ip}`),
        exclusive: exclusive[i] === 1,
      });
    }
  }
  return {
    reads,
    sessionsUnknown: new Set(strange.flatMap(({ actor, ip }) => (ip === "" ? [actor] : []))),
  };
}

async function situate(
  engine: Engine,
  used: readonly KnownReport[],
  {
    reporters,
    options,
  }: { readonly reporters: ReadonlyMap<string, Reporter>; readonly options: EvidenceOptions },
): Promise<readonly Situated[]> {
  const customers = [...new Set(used.map(({ customer }) => customer))];
  const contact = await engine.query<{ customer: string; opened: number[] }>(
    ask.reporterContact(options.suffix),
    {
      customers,
    },
  );
  const openings = new Map(contact.map(({ customer, opened }) => [customer, opened]));
  return used.map((report): Situated => {
    const cutoff = report.time - options.settings.clockToleranceHours * hourMillis;
    const opened = openings.get(report.customer) ?? [];
    const before = opened.filter((time) => time < cutoff);
    const stranger = { customer: report.customer, language: "", kind: "", standing: "||", created: 0 };
    return {
      ...report,
      cutoff,
      opened,
      reporter: reporters.get(report.customer) ?? stranger,
      contact: stratumOf(before.length, cutoff - (before.at(-1) ?? -Infinity)),
    };
  });
}

interface Asked {
  readonly engine: Engine;
  readonly options: EvidenceOptions;
  readonly situated: readonly Situated[];
}

function cellParams({ situated, options }: Asked): Readonly<Record<string, unknown>> {
  return {
    reports: situated.map((_, i) => i),
    standings: situated.map(({ reporter }) => reporter.standing),
    cutoffs: situated.map(({ cutoff }) => cutoff),
    strata: situated.map(({ contact }) => contact),
    matchedMax: options.matchedMax,
  };
}

interface Matched {
  readonly report: number;
  readonly matched: number;
  readonly with_ticket: number;
  readonly before: readonly number[];
}

async function matchedOf(asked: Asked, steps: readonly number[]): Promise<readonly Matched[]> {
  const empty = asked.situated.map((_, report): Matched => {
    return { report, matched: 0, with_ticket: 0, before: steps.map(() => 0) };
  });
  if (empty.length === 0) return [];
  const rows = await asked.engine.query<Matched>(matchedSizes(asked.options.suffix), {
    ...cellParams(asked),
    steps,
  });
  for (const row of rows) empty[row.report] = row;
  return empty;
}

/** Of one account: by which of the reports its channels had exposed how many of the matched customers. */
interface ExposedRow {
  readonly actor: string;
  readonly reports: readonly number[];
  readonly every: readonly number[];
  readonly unexplained: readonly number[];
  readonly unfamiliar: readonly number[];
}

async function exposedOf(
  asked: Asked,
  channels: readonly HitChannel[],
): Promise<ReadonlyMap<string, number[]>> {
  const exposed = new Map<string, number[]>();
  const actors = [...new Set(channels.map(({ actor }) => actor))];
  if (actors.length === 0) return exposed;
  const rows = await asked.engine.query<ExposedRow>(matchedExposed(asked.options.suffix), {
    ...cellParams(asked),
    actors,
  });
  const wanted = new Set(channels.map(keyOf));
  for (const { actor, reports, every, unexplained, unfamiliar } of rows)
    for (const [kind, counts] of [
      ["all", every],
      ["unexplained", unexplained],
      ["unfamiliar", unfamiliar],
    ] as const) {
      const key = keyOf({ kind, actor });
      if (!wanted.has(key)) continue;
      const list = asked.situated.map(() => 0);
      for (let i = 0; i < reports.length; i++) list[reports[i] ?? 0] = counts[i] ?? 0;
      exposed.set(key, list);
    }
  return exposed;
}

function usedReport(
  report: Situated,
  {
    matched,
    reads,
    contactFrom,
  }: {
    readonly matched: number;
    readonly reads: readonly ReporterRead[];
    readonly contactFrom: ContactFrom;
  },
): UsedReport {
  const { customer, time, knew, knowledge, cutoff, opened } = report;
  return {
    customer,
    time,
    knew,
    knowledge,
    knowable:
      (contactFrom === "tickets" && (opened[0] ?? Infinity) < cutoff) ||
      reads.some((read) => read.exclusive && read.time < cutoff),
    stratum: stratumName(report.reporter.standing, report.contact, contactFrom),
    matched,
  };
}

function monthsOf(base: ReadonlyMap<string, number>): readonly { month: number; customers: number }[] {
  return [...base].flatMap(([name, customers]) =>
    name.startsWith("month ") ? [{ month: Number(name.slice(6)) * 1000, customers }] : [],
  );
}

/** Where the base has no such column, or all of it lies in one part, there is no such segment. */
function segmentsOf(
  situated: readonly Situated[],
  matched: readonly Matched[],
  { base, steps }: { readonly base: ReadonlyMap<string, number>; readonly steps: readonly number[] },
): readonly SegmentEvidence[] {
  const total = base.get("customers") ?? 0;
  const months = monthsOf(base);
  const part = (name: string, inside: (report: Situated) => boolean): SegmentEvidence => ({
    name,
    size: base.get(name) ?? 0,
    inside: situated.map(inside),
    // Matched customers are alike in language and kind, so all of them are inside or none.
    exposed: situated.map((report, i) => (inside(report) ? (matched[i]?.matched ?? 0) : 0)),
  });
  const names = [...base.keys()].sort();
  const languages = names.filter((name) => name.startsWith("language "));
  const kinds = names.filter((name) => name.startsWith("kind "));
  return [
    ...languages.map((name) => part(name, ({ reporter }) => `language ${reporter.language}` === name)),
    ...kinds.map((name) => part(name, ({ reporter }) => `kind ${reporter.kind}` === name)),
    {
      ...part("has a ticket", ({ opened }) => opened.length > 0),
      exposed: matched.map((each) => each.with_ticket),
    },
    ...steps.map((step, at): SegmentEvidence => ({
      name: createdName(step),
      size: months.filter(({ month }) => month < step).reduce((sum, { customers }) => sum + customers, 0),
      inside: situated.map(({ reporter }) => reporter.created < step),
      exposed: matched.map(({ before }) => before[at] ?? 0),
    })),
  ].filter(({ size }) => size > 0 && size < total);
}
