import type { Node } from "@pgsql/types";
import {
  nobodys,
  type PlanContext,
  type Slot,
  type StatementPlan,
  type StatementRefusal,
  statementRefusal,
} from "../plan.ts";
import { rewriteStatement } from "./utility.ts";
import { namesHiding, namesOnlyPlainTables } from "./plain.ts";
import { anywhere, below, hiddenPrefix, isTree } from "./tree/nodes.ts";
import type { ParsedStatement } from "./tree/parse.ts";
import { provenText } from "./tree/proof.ts";
import { refuse, Refused } from "./tree/refused.ts";
import { type Atom, type Lineage, type Occurrence, type Output, union, type Work } from "./scope.ts";

/** What becomes of a statement. */
export type Rewritten = Pick<
  StatementPlan,
  "sql" | "slots" | "origins" | "probes" | "decided" | "protected" | "action" | "names"
>;

const system = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

export function workFor(statement: ParsedStatement, context: PlanContext): Work {
  const systemColumns = new Set<string>();
  // Aliases and names of columns stand in fields of their own. EXPLAIN tells what the names begin with.
  anywhere(statement.tree, (tree) => {
    for (const value of Object.values(tree))
      if (typeof value === "string" && value.includes(hiddenPrefix))
        refuse("reserved", "a reserved name", "Use another name.");
    const { String: text } = tree;
    const name = isTree(text) ? text["sval"] : undefined;
    if (typeof name !== "string") return false;
    if (system.includes(name)) systemColumns.add(name);
    return false;
  });
  return {
    context,
    searchPath: context.searchPath,
    systemColumns,
    names: new Set(),
    seen: new Set(),
    count: { names: 0, protected: false, changed: false, action: null, export: false, locks: false },
    depth: 0,
  };
}

export function rewrite(statement: ParsedStatement, context: PlanContext): Rewritten | StatementRefusal {
  try {
    return rewritten(statement, context);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { at, refusal } = error;
    if (refusal.rule === "names") {
      if (namesOnlyPlainTables(statement.tree, context)) return asItIs(statement);
      if (namesHiding(statement.tree, context)) return hiding;
    }
    return at === null ? refusal : { ...refusal, position: characterAt(statement.whole, at) };
  }
}

/** Whether the name is a mistake hangs on which of two tables is meant, and that is the server's to say. */
const hiding: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: a table of another schema stands before a customers' table of that name",
  hint: "Write the schema in front of the table's name.",
  rule: "shadow",
});

/** Nothing in it is anybody's. */
function asItIs({ text: sql }: ParsedStatement): Rewritten {
  return { ...nobodys, sql };
}

/** The server counts bytes in its trees, and characters, from 1, in its errors. */
function characterAt(text: string, byte: number): number {
  // Of a character's bytes only the first is no continuation.
  return (
    Buffer.from(text)
      .subarray(0, byte)
      .filter((one) => (one & 0xc0) !== 0x80).length + 1
  );
}

function rewritten(statement: ParsedStatement, context: PlanContext): Rewritten {
  const work = workFor(statement, context);
  const { count } = work;
  const tree: Node = structuredClone(statement.tree);
  const places = placesIn(tree);
  const output = rewriteStatement(tree, { work, scope: null, tables: null, carry: true });
  // A part of a statement that nobody looked at would be sent as it came.
  for (const place of places)
    if (!work.seen.has(place))
      refuse("shape", "a table is named where none was looked for", "Write the statement more plainly.");
  const searched = output.probed.size > 0;
  return {
    ...told(output),
    origins: originsOf(output),
    sql: count.changed ? provenText(tree) : statement.text,
    protected: count.protected,
    action: count.export ? "export" : (count.action ?? (searched ? "search" : "read")),
    names: work.names,
  };
}

/** Every table that stands in some FROM. A view that is made is looked at when it is read. */
function placesIn(tree: unknown): readonly object[] {
  if (isTree(tree) && "ViewStmt" in tree) return [];
  const own = isTree(tree) && "fromClause" in tree ? placesBelow(tree["fromClause"]) : [];
  return [...own, ...below(tree).flatMap(placesIn)];
}

function placesBelow(value: unknown): readonly object[] {
  if (!isTree(value)) return below(value).flatMap(placesBelow);
  if (isTree(value["RangeVar"])) return [value["RangeVar"]];
  const { JoinExpr: join, RangeTableSample: sample } = value;
  if (isTree(join)) return [join["larg"], join["rarg"]].flatMap(placesBelow);
  return isTree(sample) ? placesBelow(sample["relation"]) : [];
}

function originsOf({ columns, openEnded }: Output): StatementPlan["origins"] {
  const origins = columns.map(({ origin }) => origin ?? null);
  return openEnded || origins.every((origin) => origin === null) ? [] : origins;
}

/** Slots and probes of a query's answer. Every field in it has its slot, or the statement isn't sent. */
function told({ columns, carried, probed }: Output): {
  readonly slots: readonly Slot[];
  readonly probes: StatementPlan["probes"];
  readonly decided: StatementPlan["decided"];
} {
  const shown = union(columns.map(({ lineage }) => lineage));
  const known = new Set(carried.map(({ occurrence }) => occurrence));
  for (const { occurrence } of shown)
    if (!known.has(occurrence))
      refuse("lineage", "whose data would be shown can't be told", "Write the statement more plainly.");
  const slots = carried.map(({ occurrence, column, many }): Slot => {
    const fields = fieldsOf(shown, occurrence);
    const own = [...fields.plain, ...fields.masked];
    const decided = [...fieldsOf(probed, occurrence).plain, ...fieldsOf(probed, occurrence).masked];
    return {
      column,
      table: occurrence.table,
      shown: fields.plain,
      masked: fields.masked,
      probed: decided.filter((field) => !own.includes(field)),
      many,
    };
  });
  const decidedBy = (isKnown: boolean): StatementPlan["probes"] =>
    byTable([...probed].filter(({ occurrence }) => known.has(occurrence) === isKnown));
  return { slots, probes: decidedBy(false), decided: decidedBy(true) };
}

function byTable(atoms: readonly Atom[]): StatementPlan["probes"] {
  const tables = new Map<string, Set<string>>();
  for (const { occurrence, field } of atoms)
    tables.set(occurrence.table, (tables.get(occurrence.table) ?? new Set()).add(field));
  return [...tables].map(([table, fields]) => ({ table, fields: [...fields].sort() }));
}

function fieldsOf(
  lineage: Lineage,
  occurrence: Occurrence,
): { readonly plain: readonly string[]; readonly masked: readonly string[] } {
  const own = [...lineage].filter((atom) => atom.occurrence === occurrence);
  const of = (showing: "plain" | "masked"): readonly string[] =>
    own.flatMap((atom) => (atom.showing === showing ? [atom.field] : [])).sort();
  return { plain: of("plain"), masked: of("masked") };
}
