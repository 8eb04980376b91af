import type { Node, SelectStmt } from "@pgsql/types";
import { callsAggregate, type Companion, type Level, type Use } from "../expressions.ts";
import { type Carried, type Env, hiddenName, type Lineage, type Output, union } from "../scope.ts";
import { has, rewriteQuery } from "../select.ts";
import { decideRows } from "../ties.ts";
import {
  anywhere,
  become,
  call,
  columnRef,
  materialized,
  plainSelect,
  scalar,
  subselect,
  tableNamed,
  target,
} from "../tree/nodes.ts";

/**
 * A sub-select that is computed once gives its answer and its customers together, whatever it chooses its rows by: LIMIT, a window,
 * random(), a function that somebody wrote. Where it reads nothing of the query that it stands in, it becomes a query of that one's WITH;
 * where it does, a sub-select in FROM, beside each row.
 */
export interface Hoist {
  readonly parts: Node[];
  readonly sources: Node[];
  /** Of `sources`: names of whosaw's own, which are read where the sub-selects stood. */
  readonly aliases: Set<string>;
  /** Rows become groups: what is computed beside a row is not at hand then, but inside aggregates. */
  readonly grouped: boolean;
  /** Not all rows that FROM and WHERE give are wanted: computing something beside each of them may be much for little. */
  readonly limited: boolean;
}

export function hoistFor(query: SelectStmt): Hoist {
  const { groupClause, havingClause, targetList, sortClause, limitCount, limitOffset } = query;
  return {
    parts: [],
    sources: [],
    aliases: new Set(),
    grouped:
      groupClause !== undefined || havingClause !== undefined || callsAggregate([targetList, sortClause]),
    limited: limitCount !== undefined || limitOffset !== undefined,
  };
}

export function placeHoisted(query: SelectStmt, { parts, sources }: Hoist): void {
  if (parts.length > 0)
    query.withClause = { ...query.withClause, ctes: [...(query.withClause?.ctes ?? []), ...parts] };
  if (sources.length > 0) query.fromClause = [...(query.fromClause ?? []), ...sources];
}

export interface Beside {
  readonly companions: readonly Companion[];
  readonly lineage: Lineage;
  readonly probed: Output["probed"];
}

export interface Place {
  /** The node that holds the sub-select, and the query in it, as the client wrote it. */
  readonly node: Extract<Node, { SubLink: unknown }>;
  readonly query: SelectStmt;
  readonly level: Level;
  readonly use: Use;
  /** It holds fields against what it reads of its level. */
  readonly asked: boolean;
}

/** In WITH: for what reads nothing of this level. Computed when something first asks for it, as the server does with such a sub-select. */
export function inWith(link: Place): Beside | null {
  const { node, level, use } = link;
  if (level.hoist === null) return null;
  const made = namedOnce(link);
  if (made === null) return null;
  const { name, part, output } = made;
  level.hoist.parts.push(part);
  node.SubLink.subselect = { SelectStmt: visible(name, output) };
  return told(output, use, (column) => customersOf(name, column));
}

/** Whether a sub-select that reads this level's rows can be computed beside each of them. */
export function canStandBeside({ node, level, use }: Place): boolean {
  const { subLinkType, testexpr } = node.SubLink;
  const plain = testexpr === undefined && (subLinkType === "EXPR_SUBLINK" || subLinkType === "ARRAY_SUBLINK");
  if (level.hoist === null || use.conditional || !plain) return false;
  return use.aggregate || !level.hoist.grouped;
}

/** In FROM: one row that holds the sub-select's value, or its error, and its customers. */
export function besideRow(link: Place): Beside | null {
  const { node, level, use } = link;
  const made = level.hoist === null ? null : namedOnce(link);
  if (level.hoist === null || made === null) return null;
  const { name, part, output } = made;
  const alias = hiddenName(level.env.work);
  const value = hiddenName(level.env.work);
  const slots = new Map(output.carried.map(({ column }) => [column, hiddenName(level.env.work)]));
  const inner: Node = { SubLink: { ...node.SubLink, subselect: { SelectStmt: visible(name, output) } } };
  const row = plainSelect({
    targetList: [
      target(inner, value),
      ...[...slots].map(([column, slot]) => target(customersOf(name, column), slot)),
    ],
    withClause: { ctes: [part] },
  });
  place(row, alias, level.hoist);
  become(node, columnRef(alias, value));
  return told(output, use, (column) => columnRef(alias, slots.get(column) ?? column));
}

function place(row: SelectStmt, alias: string, hoist: Hoist): void {
  const source = subselect(row, alias);
  if ("RangeSubselect" in source) source.RangeSubselect.lateral = true;
  hoist.sources.push(source);
  hoist.aliases.add(alias);
}

/** What windows divide by is computed beside each row where a sub-select makes it: it is written down more than once. */
export function divideBeside(partition: readonly Node[], level: Level): void {
  const { hoist } = level;
  if (hoist === null || hoist.grouped) return;
  for (const node of partition) {
    if (!anywhere(node, (tree) => "SubLink" in tree)) continue;
    decideRows(node, level);
    const alias = hiddenName(level.env.work);
    const value = hiddenName(level.env.work);
    // A query of WITH keeps the server from putting the expression back where it was.
    const name = hiddenName(level.env.work);
    const made = plainSelect({ targetList: [target({ ...node }, value)] });
    const row = plainSelect({
      targetList: [target(columnRef(name, value), value)],
      fromClause: [tableNamed(name)],
      withClause: { ctes: [materialized(name, [value], made)] },
    });
    place(row, alias, hoist);
    become(node, columnRef(alias, value));
  }
}

function namedOnce({
  query,
  level,
  asked,
}: Place): { readonly name: string; readonly part: Node; readonly output: Output } | null {
  const env: Env = { work: level.env.work, scope: level.scope, tables: level.tables, carry: true, asked };
  const name = hiddenName(env.work);
  const output = rewriteQuery(query, env, false);
  if (output.openEnded) return null;
  const columns = output.columns.map((_, index) => `${name}_${index + 1}`);
  return { name, part: materialized(name, columns, query), output };
}

function visible(name: string, output: Output): SelectStmt {
  return plainSelect({
    targetList: output.columns.map((column, index) =>
      target(columnRef(name, `${name}_${index + 1}`), column.name),
    ),
    fromClause: [tableNamed(name)],
  });
}

function customersOf(name: string, column: string): Node {
  return scalar(
    plainSelect({
      targetList: [target(call("json_agg", [columnRef(name, column)]))],
      fromClause: [tableNamed(name)],
    }),
  );
}

function told(
  output: Output,
  use: Use,
  expression: (column: string) => ReturnType<Carried["expression"]>,
): Beside {
  const lineage = union(output.columns.map((column) => column.lineage));
  const companions = output.carried
    .filter(({ occurrence }) => has(lineage, occurrence))
    .map(({ occurrence, column }): Companion => {
      const { aggregate, partition } = use;
      return { occurrence, expression: expression(column), aggregate, partition, target: null };
    });
  return { companions, lineage, probed: output.probed };
}
