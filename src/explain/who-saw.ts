import {
  type CustomerId,
  type ExplanationKind,
  type Instant,
  formatInstant,
  splitFields,
} from "../domain/index.ts";
import { liveImportMin } from "../store/index.ts";
import type { Engine } from "./engine.ts";
import { customerSightings } from "./queries/customer-sightings.ts";
import { customerProbes, customerUnknown } from "./queries/customer-unnamed.ts";
import { readsAfterSearches, searchesPerQueryMax } from "./queries/reads-after-searches.ts";
import { type SightingReceipt, receiptsOf } from "./receipts.ts";
import { type Span, spanParams } from "./span.ts";
import { searchToReadSeconds } from "./windows.ts";

/** The answer of `whosaw customer` (docs/formats/answers.md). Times are RFC 3339 in UTC. */
export interface WhoSaw {
  readonly customer: string;
  readonly sightings: readonly SeenOnce[];
  /** List or search events in these times that don't say which customers came back: any may have shown this one. */
  readonly exposureUnknown: number;
  readonly exposureUnknownBy: readonly { readonly actor: string; readonly events: number }[];
  /** Statements at a gateway in these times that customers' fields decided and that name nobody: any may have been about this one. */
  readonly probes: number;
  readonly probesBy: readonly { readonly actor: string; readonly probes: number }[];
}

export interface SeenOnce {
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly fields: readonly string[];
  readonly masked: readonly string[];
  /** Fields that only decided that the row came; nothing of them was shown. */
  readonly probed: readonly string[];
  readonly ticket: string | null;
  readonly explained: boolean;
  readonly explanation: { readonly kind: ExplanationKind; readonly ticket: string } | null;
  /** A search hit on the way to another customer's explained read. */
  readonly bystander: boolean;
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  /** The log's entry: its own, or that of the import that brought it, where `line` then names it. Null without a log. */
  readonly receipt: SightingReceipt | null;
  /** Where it came in: the import's number and the line of its file. Null: a gateway saw it itself. */
  readonly origin: { readonly import: number; readonly line: number } | null;
}

interface Row {
  readonly time: number;
  readonly actor: string;
  readonly action: string;
  readonly fields: string;
  readonly masked: string;
  readonly probed: string;
  readonly ticket: string;
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  readonly import: number;
  readonly line: number;
  readonly kind: ExplanationKind | "";
  readonly reason_ticket: string;
}

/** Every sighting of one customer between two moments, oldest first, each with its explanation or none. */
export async function whoSaw(engine: Engine, customer: CustomerId, span: Span): Promise<WhoSaw> {
  const params = { customer, ...spanParams(span) };
  // Questions that don't wait for each other; the next two wait for the rows.
  const [rows, unknown, probes] = await Promise.all([
    engine.query<Row>(customerSightings, params),
    engine.query<{ actor: string; events: number }>(customerUnknown, params),
    engine.query<{ actor: string; probes: number }>(customerProbes, params),
  ]);
  const [bystanders, receipts] = await Promise.all([bystandersAmong(engine, rows), receiptsOf(engine, rows)]);
  return {
    customer,
    sightings: rows.map((row) => seenOnce(row, bystanders.has(row), receipts(row))),
    exposureUnknown: unknown.reduce((sum, { events }) => sum + events, 0),
    exposureUnknownBy: unknown,
    probes: probes.reduce((sum, one) => sum + one.probes, 0),
    probesBy: probes,
  };
}

function seenOnce(row: Row, bystander: boolean, receipt: SightingReceipt | null): SeenOnce {
  const probed = splitFields(row.probed);
  return {
    time: formatInstant(row.time as Instant),
    actor: row.actor,
    action: row.action,
    fields: splitFields(row.fields),
    // A probed field stands in both, so that whatever counts what was shown needs to know of masks alone.
    masked: splitFields(row.masked).filter((field) => !probed.includes(field)),
    probed,
    ticket: row.ticket === "" ? null : row.ticket,
    explained: row.kind !== "",
    explanation: row.kind === "" ? null : { kind: row.kind, ticket: row.reason_ticket },
    bystander,
    session: row.session,
    ip: row.ip,
    source: row.source,
    receipt,
    origin: row.import >= liveImportMin ? null : { import: row.import, line: row.line },
  };
}

async function bystandersAmong(engine: Engine, rows: readonly Row[]): Promise<ReadonlySet<Row>> {
  const searches = rows.filter((row) => row.kind === "" && row.action === "search");
  const found = new Set<Row>();
  for (let from = 0; from < searches.length; from += searchesPerQueryMax) {
    const some = searches.slice(from, from + searchesPerQueryMax);
    const params = Object.fromEntries(
      some.flatMap(({ actor, time }, i) => [
        [`a${i}`, actor],
        [`t${i}`, time],
      ]),
    );
    const reads = await engine.query<{ actor: string; time: number }>(
      readsAfterSearches(some.length),
      params,
    );
    for (const search of some) {
      const until = search.time + searchToReadSeconds * 1000;
      if (reads.some(({ actor, time }) => actor === search.actor && time >= search.time && time <= until))
        found.add(search);
    }
  }
  return found;
}
