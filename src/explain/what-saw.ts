import { type ActorId, type Instant, formatInstant, splitFields } from "../domain/index.ts";
import type { Engine } from "./engine.ts";
import {
  actorActions,
  actorCounts,
  actorFields,
  actorProbes,
  actorUnknown,
  actorWho,
  teamShares,
} from "./queries/actor-summary.ts";
import { type Span, spanParams } from "./span.ts";

/** The answer of `whosaw actor` (docs/formats/answers.md): counts, explained share, peers, timeline. */
export interface WhatSaw {
  readonly actor: string;
  readonly kind: string | null;
  readonly team: string | null;
  readonly sightings: number;
  /** Different customers seen: the actor's reach. */
  readonly customers: number;
  readonly explained: number;
  readonly bystanders: number;
  readonly unexplained: number;
  readonly unexplainedCustomers: number;
  /** Explained sightings among all that are not bystanders, 0 to 1; null without any. */
  readonly explainedShare: number | null;
  readonly sessions: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly fields: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly peers: Peers | null;
  readonly timeline: readonly Day[];
  readonly exposureUnknown: number;
  /** Rows that those events may have shown at most; null where an event states no bound. */
  readonly exposureUnknownRowsMax: number | null;
  /** Statements at a gateway that customers' fields decided and that name nobody; and of which tables' fields. */
  readonly probes: number;
  readonly probesOf: readonly {
    readonly table: string;
    readonly fields: readonly string[];
    readonly probes: number;
  }[];
}

interface Day {
  readonly day: string;
  readonly reads: number;
  readonly explained: number;
  readonly bystanders: number;
  readonly unexplained: number;
  readonly customers: number;
}

/** The team's explained shares over the same days: 5th percentile, median and 95th percentile of its members. */
interface Peers {
  readonly team: string;
  readonly actors: number;
  readonly explainedShare: { readonly low: number; readonly median: number; readonly high: number };
  readonly customersADay: { readonly low: number; readonly median: number; readonly high: number };
}

interface Counts extends Day {
  readonly total: number;
  readonly unexplained_customers: number;
  readonly sessions: number;
  readonly first: number;
  readonly last: number;
}

/** What one actor saw between two moments. */
export async function whatSaw(engine: Engine, actor: ActorId, span: Span): Promise<WhatSaw> {
  const params = { actors: [actor], ...spanParams(span) };
  const counts = await engine.query<Counts>(actorCounts(), params);
  const fields = await engine.query<{ field: string; customers: number }>(actorFields, params);
  const actions = await engine.query<{ action: string; reads: number }>(actorActions, params);
  const [unknown] = await engine.query<{ events: number; rows_max: number; unbounded: number }>(
    actorUnknown,
    params,
  );
  const probes = await engine.query<{ target: string; fields: string; probes: number }>(actorProbes, params);
  const [who] = await engine.query<{ kind: string; team: string }>(actorWho, { actors: [actor] });
  const seen = counts.find(({ total, reads }) => total === 1 && reads > 0) ?? null;
  const judged = (seen?.explained ?? 0) + (seen?.unexplained ?? 0);
  return {
    actor,
    kind: said(who?.kind),
    team: said(who?.team),
    sightings: seen?.reads ?? 0,
    customers: seen?.customers ?? 0,
    explained: seen?.explained ?? 0,
    bystanders: seen?.bystanders ?? 0,
    unexplained: seen?.unexplained ?? 0,
    unexplainedCustomers: seen?.unexplained_customers ?? 0,
    explainedShare: judged === 0 ? null : (seen?.explained ?? 0) / judged,
    sessions: seen?.sessions ?? 0,
    first: seen === null ? null : formatInstant(seen.first as Instant),
    last: seen === null ? null : formatInstant(seen.last as Instant),
    fields: Object.fromEntries(fields.map(({ field, customers }) => [field, customers])),
    actions: Object.fromEntries(actions.map(({ action, reads }) => [action, reads])),
    peers: await peersOf(engine, said(who?.team), span),
    timeline: counts.filter(({ total }) => total === 0).map(asDay),
    exposureUnknown: unknown?.events ?? 0,
    exposureUnknownRowsMax: unknown === undefined || unknown.unbounded > 0 ? null : unknown.rows_max,
    probes: probes.reduce((sum, one) => sum + one.probes, 0),
    probesOf: probes.map((one) => ({
      table: one.target,
      fields: splitFields(one.fields),
      probes: one.probes,
    })),
  };
}

function asDay({ day, reads, explained, bystanders, unexplained, customers }: Day): Day {
  return { day, reads, explained, bystanders, unexplained, customers };
}

function said(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

async function peersOf(engine: Engine, team: string | null, span: Span): Promise<Peers | null> {
  if (team === null) return null;
  const shares = await engine.query<{ share: number; customers_a_day: number }>(teamShares, {
    team,
    ...spanParams(span),
  });
  if (shares.length === 0) return null;
  return {
    team,
    actors: shares.length,
    explainedShare: spread(shares.map(({ share }) => share)),
    customersADay: spread(shares.map((row) => row.customers_a_day)),
  };
}

/** Nearest-rank percentiles: with few members these are members' own figures, not interpolations. */
function spread(values: readonly number[]): { low: number; median: number; high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { low: at(0.05), median: at(0.5), high: at(0.95) };
}
