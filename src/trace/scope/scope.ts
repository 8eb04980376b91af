import { type ActorId, type Instant, formatInstant } from "../../domain/index.ts";
import {
  type Engine,
  type ImportReceipt,
  type Span,
  actorReceipts,
  spanParams,
} from "../../explain/index.ts";
import {
  customersInAll,
  knownFields,
  scopeRows,
  scopeSegments,
  scopeTotals,
  shownFields,
} from "./queries.ts";

/** The answer of `whosaw scope` (docs/formats/answers.md): the customers and fields exposed through one actor. */
export interface Scope {
  readonly actor: string;
  readonly customers: number;
  /** Customers read for work, and never otherwise but as bystanders of a search. */
  readonly explained: number;
  /** Customers with at least one read that work does not explain. */
  readonly unexplained: number;
  /** The rest: seen only beside an explained read, in a search. */
  readonly bystanders: number;
  /** Events of the actor that don't say which customers they showed. */
  readonly exposureUnknown: number;
  /** Field to the number of customers whose value of it was shown. */
  readonly fields: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Exposed customers among all customers, 0 to 1; null when the customers table was not imported. */
  readonly share: number | null;
  /**
   * Fields that others were shown and this actor was not, in any read of the span. Empty where that can't be said: some read doesn't
   * name its fields, or some event doesn't name its customers; \`notExposedUnknown\` says so.
   */
  readonly notExposed: readonly string[];
  readonly notExposedUnknown: boolean;
  readonly first: string | null;
  readonly last: string | null;
  /** The log's entries of the imports that these sightings came in with. */
  readonly receipts: readonly ImportReceipt[];
}

export interface ScopeQuestion extends Span {
  readonly actor: ActorId;
  readonly unexplainedOnly: boolean;
}

interface Totals {
  readonly customers: number;
  readonly explained: number;
  readonly unexplained: number;
  readonly first: number;
  readonly last: number;
  readonly fields: Readonly<Record<string, number>>;
}

/** Which customers and fields one actor saw between two moments. */
export async function scope(engine: Engine, question: ScopeQuestion): Promise<Scope> {
  const params = { actors: [question.actor], ...spanParams(question) };
  const [totals] = await engine.query<Totals>(scopeTotals(question.unexplainedOnly), params);
  const segments = await engine.query<{ segment: string; value: string; customers: number }>(
    scopeSegments(question.unexplainedOnly),
    params,
  );
  const [unknown] = await engine.query<{ events: number }>(actorUnknownEvents, params);
  const known = await engine.query<{ field: string }>(knownFields);
  const [ever] = await engine.query<{ shown: readonly string[]; unsaid: number }>(shownFields, params);
  const unsure = (unknown?.events ?? 0) > 0 || (ever?.unsaid ?? 0) === 1;
  const [all] = await engine.query<{ customers: number }>(customersInAll);
  const seen = totals?.customers ?? 0;
  const fields = totals?.fields ?? {};
  return {
    actor: question.actor,
    customers: seen,
    explained: totals?.explained ?? 0,
    unexplained: totals?.unexplained ?? 0,
    bystanders: seen - (totals?.explained ?? 0) - (totals?.unexplained ?? 0),
    exposureUnknown: unknown?.events ?? 0,
    fields,
    segments: bySegment(segments),
    share: all === undefined || all.customers === 0 ? null : seen / all.customers,
    notExposed: unsure
      ? []
      : known.map(({ field }) => field).filter((field) => ever?.shown.includes(field) !== true),
    notExposedUnknown: unsure,
    first: seen === 0 ? null : formatInstant((totals?.first ?? 0) as Instant),
    last: seen === 0 ? null : formatInstant((totals?.last ?? 0) as Instant),
    receipts: await actorReceipts(engine, question.actor, question),
  };
}

const actorUnknownEvents = `
  SELECT count() AS events FROM unknown_exposures
  WHERE actor IN {actors:Array(String)}
    AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}`;

/** What the customers table does not say is shown as "unknown", never left out of the sum. */
function bySegment(
  rows: readonly { segment: string; value: string; customers: number }[],
): Record<string, Record<string, number>> {
  const segments: Record<string, Record<string, number>> = {};
  for (const { segment, value, customers } of rows) {
    (segments[segment] ??= {})[value === "" ? "unknown" : value] = customers;
  }
  return segments;
}

export interface ExposedCustomer {
  readonly customer: string;
  readonly fields: string;
  readonly masked: string;
  readonly first: number;
  readonly last: number;
  readonly explained: 0 | 1;
  readonly tickets: string;
}

/** What streams rows of a query without holding them all. */
export type StreamRows = <Row>(sql: string, params: Readonly<Record<string, unknown>>) => AsyncIterable<Row>;

/** The list behind the numbers, as the lines of a CSV file: `customer,fields,masked,first,last,explained,tickets`. */
export async function* scopeCsv(stream: StreamRows, question: ScopeQuestion): AsyncGenerator<string> {
  const params = { actors: [question.actor], ...spanParams(question) };
  yield "customer,fields,masked,first,last,explained,tickets\n";
  for await (const row of stream<ExposedCustomer>(scopeRows(question.unexplainedOnly), params)) {
    const cells = [
      row.customer,
      row.fields,
      row.masked,
      formatInstant(row.first as Instant),
      formatInstant(row.last as Instant),
      row.explained === 1 ? "true" : "false",
      row.tickets,
    ];
    yield `${cells.map(csvCell).join(",")}\n`;
  }
}

/** RFC 4180: quoted where the text holds a comma, a quote or a line break. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
