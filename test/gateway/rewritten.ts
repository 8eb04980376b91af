import { Client } from "pg";
import {
  type Catalog,
  isStatementRefusal,
  type Slot,
  type StatementRefusal,
} from "../../src/capture/gateway/index.ts";
import { loadCatalog } from "../../src/capture/gateway/catalog/loadCatalog.ts";
import {
  type ParsedStatement,
  parseStatements,
  rewrite,
  type Rewritten,
} from "../../src/capture/gateway/sql/index.ts";
import type { Role } from "../../src/policy/index.ts";
import { markerCodes, markerPattern } from "../../src/simulate/index.ts";
import type { Postgres } from "./postgres.ts";
import { protection } from "./protection.ts";

/** What both forms of one statement answered, at the level of SQL: the gateway isn't there, its rewriting is. */
export interface Compared {
  readonly sql: string;
  readonly refusal: StatementRefusal | null;
  /** What the server said of the original, if it refused that; null if it answered. */
  readonly originalError: string | null;
  readonly rewrittenError: string | null;
  readonly problems: readonly string[];
  /** Customers named by slots, and customers whose markers were found. */
  readonly named: number;
  readonly seen: number;
  readonly rewritten: string;
}

export interface Desk {
  readonly client: Client;
  readonly catalog: Catalog;
}

export async function openDesk({ host, port, owner, database }: Postgres): Promise<Desk> {
  const client = new Client({ host, port, user: owner.user, database });
  await client.connect();
  // Everything is compared as the text that the server writes.
  client.setTypeParser = (() => undefined) as never;
  const catalog = await loadCatalog(async (text) => {
    const { rows } = await client.query<(string | null)[]>({ text, rowMode: "array", types: asText });
    return rows;
  }, "idle");
  return { client, catalog };
}

const asText = { getTypeParser: () => (value: unknown) => value };

interface Answer {
  readonly names: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

async function ask({ client }: Desk, text: string): Promise<Answer | string> {
  await client.query("begin");
  try {
    const { rows, fields } = await client.query<(string | null)[]>({ text, rowMode: "array", types: asText });
    return { names: fields.map(({ name }) => name), rows };
  } catch (error) {
    return error instanceof Error ? error.message : "unknown";
  } finally {
    await client.query("rollback");
  }
}

/** Every way that a marker may have been written. */
function found(value: string): ReadonlySet<string> {
  const forms = [value, Array.from(value).toReversed().join("")];
  for (const [hex] of value.matchAll(/[0-9a-f]{20,}/gi))
    forms.push(Buffer.from(hex, "hex").toString("latin1"));
  for (const [base64] of value.matchAll(/[A-Za-z0-9+/\n]{16,}={0,2}/g))
    forms.push(Buffer.from(base64, "base64").toString("latin1"));
  const markers = new Set<string>();
  for (const form of forms)
    for (const [marker] of form.matchAll(markerPattern)) markers.add(marker.toLowerCase());
  return markers;
}

function customersIn(value: string | null, many: boolean): readonly string[] {
  if (value === null) return [];
  if (!many) return [value];
  const all: string[] = [];
  const walk = (inner: unknown): void => {
    if (Array.isArray(inner)) inner.forEach(walk);
    else if (typeof inner === "string") all.push(inner);
    else if (inner !== null) throw new Error(`a slot holds ${JSON.stringify(inner)}`);
  };
  walk(JSON.parse(value));
  return all;
}

interface Marker {
  readonly customer: string;
  readonly table: string;
  readonly field: string;
}

function meaning(marker: string): Marker {
  const [table, field] = markerCodes.get(marker.slice(7, 9)) ?? ["", ""];
  return { customer: String(Number(marker.slice(2, 6))), table, field };
}

/** Markers of a row's visible cells whose customer and field no slot of this or an earlier row names. */
function untold(
  answer: Answer,
  slots: readonly Slot[],
  width: number,
  shownToo: "shown" | "masked",
): string[] {
  const told = new Set<string>();
  const problems: string[] = [];
  for (const row of answer.rows) {
    for (const [index, slot] of slots.entries()) {
      for (const customer of customersIn(row[width + index] ?? null, slot.many))
        for (const field of [...slot.shown, ...(shownToo === "masked" ? slot.masked : [])])
          told.add(`${customer} ${slot.table}.${field}`);
    }
    for (const cell of row.slice(0, width))
      for (const marker of cell === null ? [] : found(cell)) {
        const { customer, table, field } = meaning(marker);
        // The domain of an address is generated from it, and holds its marker.
        const names = field === "email" ? ["email", "email_domain"] : [field];
        if (!names.some((name) => told.has(`${customer} ${table}.${name}`)))
          problems.push(`${marker} was shown, and nobody was told`);
      }
  }
  return problems;
}

function only(sql: string): ParsedStatement | StatementRefusal {
  const parsed = parseStatements(sql);
  if ("kind" in parsed) return parsed;
  const [statement] = parsed;
  if (statement === undefined || parsed.length !== 1) throw new Error("not one statement");
  return statement;
}

/**
 * Runs a statement as it is and as it is rewritten, and compares what is to be compared. `choosing`: it may answer other rows each time,
 * as LIMIT and lag() do over rows that sort alike; then only their number is the same.
 */
export async function compare(desk: Desk, sql: string, role: Role, choosing = false): Promise<Compared> {
  const none = {
    sql,
    originalError: null,
    rewrittenError: null,
    problems: [],
    named: 0,
    seen: 0,
    rewritten: "",
  };
  const statement = only(sql);
  if (isStatementRefusal(statement)) return { ...none, refusal: statement };
  const context = { catalog: desk.catalog, searchPath: ["public"], protection, role, actor: "agent-0004" };
  const made: Rewritten | StatementRefusal = rewrite(statement, context);
  if (isStatementRefusal(made)) return { ...none, refusal: made };
  const original = await ask(desk, sql);
  const answer = await ask(desk, made.sql);
  const result = { ...none, refusal: null, rewritten: made.sql };
  if (typeof original === "string" || typeof answer === "string") {
    const originalError = typeof original === "string" ? original : null;
    return { ...result, originalError, rewrittenError: typeof answer === "string" ? answer : null };
  }
  const width = answer.names.length - made.slots.length;
  const problems = untold(answer, made.slots, width, "masked");
  const visible: Answer = {
    names: answer.names.slice(0, width),
    rows: answer.rows.map((row) => row.slice(0, width)),
  };
  if (visible.names.join() !== original.names.join())
    problems.push(`columns ${visible.names.join()} for ${original.names.join()}`);
  if (answer.names.slice(width).join() !== made.slots.map(({ column }) => column).join())
    problems.push("slots don't stand where they should");
  if (role.name === "wide") problems.push(...unlike(original, visible, choosing));
  const named = new Set<string>();
  const seen = new Set<string>();
  for (const row of answer.rows) {
    for (const [index, slot] of made.slots.entries())
      if (slot.shown.length > 0)
        for (const customer of customersIn(row[width + index] ?? null, slot.many)) named.add(customer);
    for (const cell of row.slice(0, width))
      for (const marker of cell === null ? [] : found(cell)) seen.add(meaning(marker).customer);
  }
  return { ...result, problems, named: named.size, seen: seen.size };
}

/** Rows as multisets: without ORDER BY their order means nothing. */
function unlike(left: Answer, right: Answer, choosing: boolean): readonly string[] {
  const lines = ({ rows }: Answer): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
  const [one, two] = [lines(left), lines(right)];
  if (one.length !== two.length) return [`${two.length} rows for ${one.length}`];
  if (choosing) return [];
  const at = one.findIndex((line, index) => line !== two[index]);
  return at < 0 ? [] : [`${two[at]?.slice(0, 200)} for ${one[at]?.slice(0, 200)}`];
}
