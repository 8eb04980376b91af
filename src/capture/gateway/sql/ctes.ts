import type { CommonTableExpr, Node, SelectStmt, WithClause } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import { anywhere, call, isTree, nullOf, target, textOf } from "./tree/nodes.ts";
import { mistake, refuse } from "./tree/refused.ts";
import {
  type Atom,
  type Column,
  type CommonTable,
  type Env,
  hiddenName,
  type Lineage,
  type Occurrence,
  type Output,
  union,
} from "./scope.ts";
import { rewriteQuery } from "./select.ts";
import { rewriteWrite } from "./write.ts";

/** Rewrites the queries of a WITH clause, and gives the names that hide tables after it. What they only decide by goes to `probed`. */
export function rewriteWith(clause: WithClause | undefined, env: Env, probed: Set<Atom>): CommonTable | null {
  let tables = env.tables;
  const parts = (clause?.ctes ?? []).flatMap((node) =>
    "CommonTableExpr" in node ? [node.CommonTableExpr] : [],
  );
  const recursive = clause?.recursive === true;
  // In WITH RECURSIVE every name hides a table from the start, in plain WITH only after its query.
  const named = parts.map((part) => {
    const table: CommonTable = { name: part.ctename ?? "", output: null, outer: tables };
    if (recursive) tables = table;
    return { part, table };
  });
  for (const { part, table } of named) {
    const inside: Env = { ...env, tables };
    const output = rewritePart(part, table, inside, recursive);
    for (const atom of output.probed) probed.add(atom);
    table.output = { ...output, columns: namedColumns(part, output) };
    if (!recursive) tables = { ...table, outer: tables };
  }
  return tables;
}

function namedColumns(part: CommonTableExpr, output: Output): readonly Column[] {
  const names = (part.aliascolnames ?? []).map((name) => textOf(name) ?? "");
  const columns = output.columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  const lineage = union(output.columns.map((column) => column.lineage));
  const { search_clause: search, cycle_clause: cycle } = part;
  const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
  return [...columns, ...added.flatMap((name) => (name === undefined ? [] : [{ name, lineage }]))];
}

function rewritePart(part: CommonTableExpr, table: CommonTable, env: Env, recursive: boolean): Output {
  const query = part.ctequery;
  if (query === undefined) return defect("WITH without a query");
  if (!("SelectStmt" in query)) return rewriteWrite(query, env);
  if (recursive && reads(query.SelectStmt, table.name))
    return rewriteRecursive(part, query.SelectStmt, table, env);
  return rewriteQuery(query.SelectStmt, env, true);
}

function reads(query: SelectStmt, name: string): boolean {
  return anywhere(query, ({ RangeVar: place }) => {
    return isTree(place) && place["relname"] === name && place["schemaname"] === undefined;
  });
}

/**
 * A recursive query: every row tells, table by table, of the customers of the row it came from and of its own. Its columns are taken to
 * hold all that the first part and the repeated part show, since a value may wander from one column to another on its way round.
 */
function rewriteRecursive(part: CommonTableExpr, query: SelectStmt, table: CommonTable, around: Env): Output {
  const { larg: first, rarg: again } = query;
  const { sortClause, limitCount, limitOffset, lockingClause } = query;
  if ([sortClause, limitCount, limitOffset, lockingClause].some((clause) => clause !== undefined))
    return mistake("0A000", "ORDER BY, LIMIT and FOR UPDATE in a recursive query are not implemented");
  const probed = new Set<Atom>();
  const env: Env = { ...around, tables: rewriteWith(query.withClause, around, probed) };
  if (query.op !== "SETOP_UNION" || first === undefined || again === undefined)
    return refuse(
      "recursive",
      "a recursive query of an unknown kind",
      "Write it as UNION ALL of two queries.",
    );
  const start = rewriteQuery(first, env, true);
  if (start.openEnded)
    return refuse("recursive", "a recursive query over columns that aren't known", "Name the columns.");
  for (const atom of start.probed) probed.add(atom);
  // What the repeated part reads by itself is found by rewriting a copy of it.
  table.output = { ...start, columns: namedColumns(part, start) };
  const trial = rewriteQuery(structuredClone(again), env, false);
  const everything = union([...start.columns, ...trial.columns].map(({ lineage }) => lineage));
  const carried = gathered([...start.carried, ...trial.carried], everything, env);
  if (carried.length > 0 && query.all !== true)
    return refuse("recursive", "UNION in a recursive query of customers' data", "Write UNION ALL.");
  const atoms = carried.flatMap(({ occurrence }) => [...occurrence.atoms.values()]);
  const lineage: Lineage = env.carry ? new Set(atoms) : everything;
  const columns = start.columns.map((column) => ({ ...column, lineage, origin: null }));
  const output: Output = { columns, openEnded: false, carried, probed };
  replaceSlots(first, start, carried);
  table.output = { ...output, columns: namedColumns(part, output) };
  const repeated = rewriteQuery(again, env, false);
  for (const atom of repeated.probed) probed.add(atom);
  replaceSlots(again, repeated, carried);
  return output;
}

type Slots = Output["carried"];

/** One slot for each table, with the fields that may be shown of it. */
function gathered(slots: Slots, shown: Lineage, env: Env): Slots {
  const tables = new Map<string, Occurrence>();
  for (const { occurrence } of slots)
    tables.set(occurrence.table, { table: occurrence.table, atoms: new Map<string, Atom>() });
  for (const atom of shown) {
    const occurrence = tables.get(atom.occurrence.table);
    occurrence?.atoms.set(atom.field, { ...atom, occurrence });
  }
  return [...tables.values()].map((occurrence) => {
    return { occurrence, column: hiddenName(env.work), many: true };
  });
}

/** Puts one column for each table where a query's own slots stand. */
function replaceSlots(query: SelectStmt, { carried }: Output, slots: Slots): void {
  if (query.larg !== undefined || query.valuesLists !== undefined) {
    if (carried.length + slots.length > 0)
      refuse("recursive", "a part of a recursive query that is no plain SELECT", "Write it as one SELECT.");
    return;
  }
  const list = query.targetList ?? [];
  const from = list.length - carried.length;
  const values = list.slice(from).map((node): Node => {
    return ("ResTarget" in node ? node.ResTarget.val : undefined) ?? nullOf("json");
  });
  query.targetList = [
    ...list.slice(0, from),
    ...slots.map(({ occurrence, column }) => {
      const own = values.filter((_, index) => carried[index]?.occurrence.table === occurrence.table);
      return target(call("json_build_array", structuredClone(own)), column);
    }),
  ];
}
