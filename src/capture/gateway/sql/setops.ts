import type { Node, SelectStmt } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import { decide } from "./expressions.ts";
import {
  become,
  call,
  columnRef,
  hiddenPrefix,
  materialized,
  nullOf,
  plainSelect,
  scalar,
  subselect,
  tableNamed,
  target,
  word,
} from "./tree/nodes.ts";
import { refuse } from "./tree/refused.ts";
import { type Column, type Env, hiddenName, mingled, noLineage, type Output, union } from "./scope.ts";
import { groupAll, has, levelOf, positions, rewriteQuery } from "./select.ts";

/** UNION, INTERSECT, EXCEPT. The sides are rewritten each for itself; whose rows a row is made of stays known by padding or by joining. */
export function rewriteSetOperation(query: SelectStmt, env: Env, named: boolean): Output {
  const { larg, rarg } = query;
  if (larg === undefined || rarg === undefined) return defect("a set operation without its sides");
  const left = rewriteQuery(larg, env, named);
  const right = rewriteQuery(rarg, env, false);
  const level = levelOf(env);
  decide([query.limitCount, query.limitOffset], level);
  const probed = union([left.probed, right.probed, level.probed]);
  const own = left.columns.map((column, index): Column => {
    return mingled(column.name, [column, right.columns[index] ?? { lineage: noLineage }]);
  });
  const openEnded = left.openEnded || right.openEnded;
  // Which rows are in both, or come first, tells of a column that was held against something: so all columns do.
  const against = union(deciding(query, own).map(({ lineage }) => lineage));
  const columns = own.map((column) => ({ ...column, lineage: union([column.lineage, against]) }));
  const tied = union([left.tied ?? noLineage, right.tied ?? noLineage, against]);
  const output: Output = { columns, openEnded, carried: [], probed, tied };
  if (query.op !== "SETOP_UNION" || query.all !== true)
    for (const { lineage } of columns) for (const atom of lineage) probed.add(atom);
  if (!env.carry || left.carried.length + right.carried.length === 0) return output;
  if (openEnded || left.columns.length !== right.columns.length)
    return refuse("union", "a set operation over columns that aren't known", "Name the columns.");
  if (query.op === "SETOP_UNION") return rewriteUnion(query, [left, right], output, env);
  return rewriteOthers(query, [left, right], output, env);
}

/** Columns by which rows are chosen or ordered, of those that a field and something else went into. */
function deciding({ op, sortClause }: SelectStmt, columns: readonly Column[]): readonly Column[] {
  const compared = columns.filter((column) => column.compared === true);
  if (op !== "SETOP_UNION" || compared.length === 0) return compared;
  const sorted = (positions(sortClause, [], columns) ?? []).map((node) => {
    const place = "SortBy" in node ? node.SortBy.node : undefined;
    return place !== undefined && "A_Const" in place ? place.A_Const.ival?.ival : undefined;
  });
  return compared.filter((column) => sorted.includes(columns.indexOf(column) + 1));
}

/** Appends columns to every SELECT that a set operation is made of; `at` counts from the end. */
function pad(query: SelectStmt, values: readonly Node[], at: number): void {
  if (values.length === 0) return;
  if (comparesRows(query)) {
    // JSON can't be compared, and these rows are: the padding goes around them.
    const alias = `${hiddenPrefix}pad`;
    const all: Node = { ColumnRef: { fields: [word(alias), { A_Star: {} }] } };
    const { ...inner } = query;
    become(query, plainSelect({ targetList: [target(all)], fromClause: [subselect(inner, alias)] }));
  }
  if (query.larg !== undefined && query.rarg !== undefined) {
    pad(query.larg, values, at);
    pad(query.rarg, values, at);
  } else if (query.valuesLists === undefined) {
    const list = query.targetList ?? [];
    const place = list.length - at;
    query.targetList = [
      ...list.slice(0, place),
      ...structuredClone(values).map((value) => target(value)),
      ...list.slice(place),
    ];
  } else {
    for (const row of query.valuesLists)
      if ("List" in row) row.List.items = [...(row.List.items ?? []), ...structuredClone(values)];
  }
}

function comparesRows(query: SelectStmt): boolean {
  if (query.op === undefined || query.op === "SETOP_NONE") return query.distinctClause !== undefined;
  return query.op !== "SETOP_UNION" || query.all !== true;
}

function nullsFor({ carried }: Output): readonly Node[] {
  return carried.map(({ many }) => nullOf(many ? "json" : "text"));
}

function rewriteUnion(query: SelectStmt, sides: readonly [Output, Output], output: Output, env: Env): Output {
  const { larg, rarg } = query;
  if (larg === undefined || rarg === undefined) return defect("a set operation without its sides");
  const [left, right] = sides;
  pad(larg, nullsFor(right), 0);
  pad(rarg, nullsFor(left), right.carried.length);
  const padded = right.carried.map((slot) => ({ ...slot, column: hiddenName(env.work) }));
  nameLast(
    larg,
    padded.map(({ column }) => column),
  );
  const carried: Output = { ...output, carried: [...left.carried, ...padded] };
  if (query.all === true) return carried;
  const { sortClause, limitCount, limitOffset, limitOption, withClause, lockingClause: _, ...inner } = query;
  const sorted = positions(sortClause, [], output.columns);
  const { query: made, output: grouped } = groupAll({ ...plainSelect(inner), all: true }, carried, env);
  become(query, {
    ...made,
    ...(limitCount === undefined ? {} : { limitCount }),
    ...(limitOffset === undefined ? {} : { limitOffset }),
    ...(limitOption === undefined ? {} : { limitOption }),
    ...(withClause === undefined ? {} : { withClause }),
    ...(sorted === undefined ? {} : { sortClause: sorted }),
  });
  return grouped;
}

/** The first SELECT names a set operation's columns. */
function nameLast(query: SelectStmt, names: readonly string[]): void {
  if (query.larg !== undefined) return nameLast(query.larg, names);
  const list = query.targetList ?? [];
  for (const [index, name] of names.entries()) {
    const node = list[list.length - names.length + index];
    if (node !== undefined && "ResTarget" in node) node.ResTarget.name = name;
  }
}

/**
 * INTERSECT and EXCEPT drop rows by the columns' values. Both sides are computed once, the operation is done over their visible
 * columns, and each row of its answer finds the rows of both sides that are the same.
 */
function rewriteOthers(
  query: SelectStmt,
  [left, right]: readonly [Output, Output],
  output: Output,
  env: Env,
): Output {
  const { larg, rarg, sortClause, limitCount, limitOffset, limitOption, withClause, op, all } = query;
  if (larg === undefined || rarg === undefined || op === undefined)
    return defect("a set operation without its sides");
  const names = [hiddenName(env.work), hiddenName(env.work)] as const;
  const alias = hiddenName(env.work);
  const visible = output.columns.map((_, index) => `${alias}_${index + 1}`);
  const select = (from: string): SelectStmt =>
    plainSelect({
      targetList: visible.map((column) => target(columnRef(from, column))),
      fromClause: [tableNamed(from)],
    });
  const joined = plainSelect({
    op,
    ...(all === true ? { all } : {}),
    larg: select(names[0]),
    rarg: select(names[1]),
  });
  const carried: { occurrence: Output["carried"][number]["occurrence"]; column: string; many: boolean }[] =
    [];
  const targets = output.columns.map(({ name }, index) =>
    target(columnRef(alias, visible[index] ?? ""), name),
  );
  for (const [which, slots] of [left.carried, right.carried].entries()) {
    const from = names[which] ?? "";
    for (const slot of slots) {
      if (!output.columns.some(({ lineage }) => has(lineage, slot.occurrence))) continue;
      const column = hiddenName(env.work);
      const matching = plainSelect({
        targetList: [target(call("json_agg", [columnRef(from, slot.column)]))],
        fromClause: [tableNamed(from)],
        whereClause: {
          BoolExpr: { boolop: "AND_EXPR", args: visible.map((name) => alike(from, alias, name)) },
        },
      });
      if (visible.length === 1) matching.whereClause = alike(from, alias, visible[0] ?? "");
      targets.push(target(scalar(matching), column));
      carried.push({ occurrence: slot.occurrence, column, many: true });
    }
  }
  const sorted = positions(sortClause, [], output.columns);
  const own = [materialized(names[0], visible, larg), materialized(names[1], visible, rarg)];
  become(query, {
    ...plainSelect({ targetList: targets, fromClause: [subselect(joined, alias, visible)] }),
    ...(limitCount === undefined ? {} : { limitCount }),
    ...(limitOffset === undefined ? {} : { limitOffset }),
    ...(limitOption === undefined ? {} : { limitOption }),
    ...(sorted === undefined ? {} : { sortClause: sorted }),
    withClause: { ...withClause, ctes: [...(withClause?.ctes ?? []), ...own] },
  });
  return { ...output, carried };
}

function alike(left: string, right: string, column: string): Node {
  return {
    A_Expr: {
      kind: "AEXPR_NOT_DISTINCT",
      name: [word("=")],
      lexpr: columnRef(left, column),
      rexpr: columnRef(right, column),
    },
  };
}
