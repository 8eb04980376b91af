import type { CommonTableExpr, SelectStmt, WithClause } from "@pgsql/types";
import { defect } from "../../../../base/index.ts";
import { anywhere, isTree, textOf } from "../tree/nodes.ts";
import { type Atom, type Column, type CommonTable, type Env, mingled, type Output } from "../scope.ts";
import { rewriteQuery } from "../select.ts";
import { rewriteWrite } from "../write.ts";
import { rewriteRecursive } from "./recursion.ts";

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

export function namedColumns(part: CommonTableExpr, output: Output): readonly Column[] {
  const names = (part.aliascolnames ?? []).map((name) => textOf(name) ?? "");
  const columns = output.columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  const { search_clause: search, cycle_clause: cycle } = part;
  const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
  return [
    ...columns,
    ...added.flatMap((name) => (name === undefined ? [] : [mingled(name, output.columns)])),
  ];
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
