import type { Node, SelectStmt, WindowDef } from "@pgsql/types";
import { figuredName } from "./tree/colnames.ts";
import { hoistFor, placeHoisted } from "./beside/once.ts";
import { rewriteWith } from "./with/ctes.ts";
import { decide, forOutput, isStar, type Level, lineageOf, wholeRowNames } from "./expressions.ts";
import { rewriteSource } from "./from.ts";
import { endsInStar, expand, plainStar, type Star } from "./items.ts";
import {
  anywhere,
  become,
  both,
  call,
  columnRef,
  nullOf,
  over,
  plainSelect,
  subselect,
  target,
  textOf,
  wordsOf,
} from "./tree/nodes.ts";
import { same } from "./tree/proof.ts";
import { refuse } from "./tree/refused.ts";
import {
  type Atom,
  type Carried,
  type Column,
  type Env,
  hiddenName,
  type Item,
  type Lineage,
  mingled,
  type Occurrence,
  originOf,
  type Output,
  type Scope,
  union,
} from "./scope.ts";
import { rewriteSetOperation } from "./setops.ts";
import { comparesWith, decideRows, decideWindows, tiedTo } from "./ties.ts";

/**
 * Rewrites a query where it stands. With `env.carry` its rows get hidden columns, after all others, that tell whose rows made them.
 * `named`: something outside reads its columns by name, so each gets the name that it is believed to have.
 */
export function rewriteQuery(query: SelectStmt, env: Env, named: boolean): Output {
  const probed = new Set<Atom>();
  const tables = rewriteWith(query.withClause, env, probed);
  const inside: Env = { ...env, tables };
  const output =
    query.op !== undefined && query.op !== "SETOP_NONE"
      ? rewriteSetOperation(query, inside, named)
      : query.valuesLists !== undefined
        ? rewriteValues(query, inside)
        : rewriteSelect(query, inside, named);
  for (const atom of probed) output.probed.add(atom);
  return output;
}

export function levelOf(env: Env, windows: readonly WindowDef[] = []): Level {
  const state = { grouped: false, aggregates: 0, replaced: 0 };
  const scope: Scope = { parent: env.scope, items: [], read: () => undefined };
  return {
    env,
    scope,
    tables: env.tables,
    windows,
    probed: new Set(),
    tied: new Set(),
    companions: [],
    through: [],
    hoist: null,
    state,
  };
}

/** Columns of masked tables that are read outside aggregates: a GROUP BY of the table's key covers them no longer. */
type Reads = Map<Item, Set<string>>;

function rewriteSelect(query: SelectStmt, env: Env, named: boolean): Output {
  const windows = (query.windowClause ?? []).flatMap((window) =>
    "WindowDef" in window ? [window.WindowDef] : [],
  );
  const level = levelOf(env, windows);
  if (query.lockingClause !== undefined) env.work.count.locks = true;
  const reads: Reads = new Map();
  const read = (item: Item, column: string): void => {
    if (item.covers === null || level.state.aggregates > 0) return;
    if (!item.columns.some(({ name }) => name === column)) return;
    reads.set(item, (reads.get(item) ?? new Set()).add(column));
  };
  const hoist = hoistFor(query);
  const scoped: Level = { ...level, hoist, scope: { ...level.scope, read } };
  const moved = new Map<string, string>();
  const whole = wholeRowNames(query);
  const sources = { level: scoped, outer: env.scope, whole, boxed: false, moved };
  const stars = (query.fromClause ?? []).flatMap((node) => rewriteSource(node, sources));
  decideRows(query.whereClause, scoped);
  reads.clear();
  const made = rewriteTargets(query.targetList ?? [], stars, scoped, named);
  query.targetList = made.targets;
  const { openEnded } = made;
  decideByName(query.groupClause, scoped, made.columns, "column");
  decideRows(query.havingClause, scoped);
  decideWindows(windows, scoped);
  decideByName(query.sortClause, scoped, made.columns, "output");
  decideByName(query.distinctClause, scoped, made.columns, "output");
  decide([query.limitCount, query.limitOffset], scoped);
  const columns = tiedTo(made, scoped);
  lockMoved(query, moved);
  if (query.groupClause !== undefined || query.havingClause !== undefined) level.state.grouped = true;
  if (query.groupClause !== undefined) coverReads(query, reads);
  placeHoisted(query, hoist);
  const { probed, tied } = scoped;
  const output = { columns, openEnded, carried: carry(query, scoped, columns), probed, tied };
  const distinct = query.distinctClause;
  const on = distinct?.some((node) => Object.keys(node).length > 0) === true;
  return distinct === undefined || on || output.carried.length === 0
    ? output
    : groupDistinct(query, output, env);
}

/** GROUP BY prefers a column of FROM to one of the answer of that name; ORDER BY the other way round. */
function decideByName(
  clause: readonly Node[] | undefined,
  level: Level,
  outputs: readonly Column[],
  first: "column" | "output",
): void {
  for (const node of clause ?? []) {
    const inner = "SortBy" in node ? node.SortBy.node : node;
    const fields = inner !== undefined && "ColumnRef" in inner ? (inner.ColumnRef.fields ?? []) : [];
    const name = fields.length === 1 ? textOf(fields[0]) : null;
    const position = inner !== undefined && "A_Const" in inner ? inner.A_Const.ival?.ival : undefined;
    const output =
      position === undefined ? outputs.findLast((column) => column.name === name) : outputs[position - 1];
    const own =
      name !== null && level.scope.items.some((item) => item.columns.some((column) => column.name === name));
    if (output !== undefined && (first === "output" || !own || position !== undefined)) {
      // By a column of the answer that was held against something, others are chosen too.
      if (output.compared === true) for (const atom of output.lineage) level.tied.add(atom);
      continue;
    }
    decideRows(node, level);
  }
}

/** What a query or RETURNING lists. */
export interface Targets {
  readonly targets: Node[];
  readonly columns: readonly Column[];
  readonly openEnded: boolean;
  /** For each column, whether it is made of any other. */
  readonly reads: readonly boolean[];
}

export function rewriteTargets(
  list: readonly Node[],
  stars: readonly Star[],
  level: Level,
  named: boolean,
): Targets {
  // A sub-select may be moved into FROM, where `*` would show it.
  const hides =
    level.scope.items.some((item) => item.hides || item.columns.some((c) => c.instead !== undefined)) ||
    (level.hoist !== null && anywhere(list, (tree) => "SubLink" in tree));
  const targets: Node[] = [];
  const columns: Column[] = [];
  const reads: boolean[] = [];
  let openEnded = false;
  for (const node of list) {
    if (!("ResTarget" in node)) return refuse("shape", "an unknown kind of column", "Name the columns.");
    const val = plainStar(node.ResTarget.val, level);
    if (val !== undefined) node.ResTarget.val = val;
    if (val !== undefined && "A_Indirection" in val && endsInStar(val.A_Indirection.indirection))
      openEnded = true;
    if (val !== undefined && isStar(val)) {
      const expanded = expand(val, stars, level);
      if (hides) {
        for (const { column, node: made } of expanded) {
          const value = column?.instead?.() ?? made();
          targets.push(column?.instead === undefined ? target(value) : target(value, column.name));
        }
      } else targets.push(node);
      for (const { column, item } of expanded) {
        if (column !== null) columns.push(column);
        else {
          openEnded = true;
          columns.push(...item.columns, { name: "", lineage: item.rest });
        }
      }
      while (reads.length < columns.length) reads.push(true);
      continue;
    }
    const name = node.ResTarget.name ?? figuredName(val);
    const plain = val !== undefined && "ColumnRef" in val;
    const before = level.companions.length;
    reads.push(anywhere(val, (tree) => "ColumnRef" in tree));
    const copy = hides ? structuredClone(val) : val;
    const lineage = lineageOf(val, level, forOutput);
    const compares = lineage.size > 0 && comparesWith(copy, level);
    for (const companion of level.companions.slice(before)) companion.target = targets.length;
    const still = val !== undefined && "ColumnRef" in val;
    if ((named && !plain) || plain !== still || figuredName(val) !== name) node.ResTarget.name = name;
    targets.push(node);
    const origin = originIn(val, level);
    columns.push(compares ? { name, lineage, origin, compared: true } : { name, lineage, origin });
  }
  return { targets, columns, openEnded, reads };
}

function originIn(val: Node | undefined, { scope }: Level): ReturnType<typeof originOf> {
  const words = val !== undefined && "ColumnRef" in val ? wordsOf(val.ColumnRef.fields) : null;
  return words === null ? null : originOf(words, scope);
}

/** FOR UPDATE OF names the alias whose rows are locked: where they are now. */
function lockMoved(query: SelectStmt, moved: ReadonlyMap<string, string>): void {
  for (const node of query.lockingClause ?? []) {
    if (!("LockingClause" in node)) continue;
    for (const place of node.LockingClause.lockedRels ?? []) {
      if (!("RangeVar" in place)) continue;
      const holder = moved.get(place.RangeVar.relname ?? "");
      if (holder !== undefined) place.RangeVar.relname = holder;
    }
  }
}

/**
 * The server lets a query grouped by a table's key read its other columns. A masked table stands in a sub-select, which has no key any
 * more; its other columns are grouped by as well, which makes the same groups.
 */
function coverReads(query: SelectStmt, reads: Reads): void {
  const group = query.groupClause ?? [];
  if (group.some((node) => "GroupingSet" in node)) return;
  for (const [item, columns] of reads) {
    const keyed = new Set(item.columns.map(({ name }) => name).filter((name) => groupsBy(query, item, name)));
    const keys = item.covers?.unique ?? [];
    if (!keys.some((key) => key.length > 0 && key.every((column) => keyed.has(column)))) continue;
    for (const column of columns) if (!keyed.has(column)) group.push(columnRef(item.alias, column));
  }
}

function groupsBy(query: SelectStmt, item: Item, column: string): boolean {
  return (query.groupClause ?? []).some((node) => {
    let named: Node | undefined = node;
    if ("A_Const" in node && node.A_Const.ival?.ival !== undefined) {
      const chosen = query.targetList?.[node.A_Const.ival.ival - 1];
      named = chosen !== undefined && "ResTarget" in chosen ? chosen.ResTarget.val : undefined;
    }
    if (named === undefined || !("ColumnRef" in named)) return false;
    const words = (named.ColumnRef.fields ?? []).map((field) => textOf(field));
    return words.at(-1) === column && (words.length === 1 || words.at(-2) === item.alias);
  });
}

/** Appends the hidden columns that the answer needs. */
export function carry(query: SelectStmt, level: Level, columns: readonly Column[]): Output["carried"] {
  if (!level.env.carry) return [];
  const shown = union(columns.map(({ lineage }) => lineage));
  const grouped = level.state.grouped;
  const carried: { occurrence: Occurrence; column: string; many: boolean }[] = [];
  const append = (occurrence: Occurrence, value: Node, many: boolean): void => {
    const column = hiddenName(level.env.work);
    query.targetList = [...(query.targetList ?? []), target(value, column)];
    carried.push({ occurrence, column, many });
  };
  for (const slot of level.scope.items.flatMap((item) => item.carried)) {
    const isShown = has(shown, slot.occurrence);
    if (!isShown && (grouped || !has(level.probed, slot.occurrence))) continue;
    const { value, many } = slotValue(slot, level);
    if (isShown && grouped) aggregated(query, slot, level);
    append(slot.occurrence, value, many);
  }
  for (const { occurrence, expression, aggregate, partition, target: at } of level.companions) {
    if (!has(shown, occurrence) && (grouped || !has(level.tied, occurrence))) continue;
    const each = (): Node => {
      const own = structuredClone(expression);
      return grouped && (aggregate || isKey(query, columns, at)) ? call("json_agg", [own]) : own;
    };
    // A window function over what a sub-select in FROM gave shows other rows' customers too.
    const partitions = windowsOf(level, occurrence).map((all) => over(call("json_agg", [each()]), all));
    if (partition !== null) partitions.push(over(call("json_agg", [each()]), partition));
    append(
      occurrence,
      partitions.length === 0 ? each() : call("json_build_array", [each(), ...partitions]),
      true,
    );
  }
  return carried;
}

/** Whether a column is one of the keys of GROUP BY: then what stands beside it may differ between the rows of a group. */
function isKey(query: SelectStmt, columns: readonly Column[], at: number | null): boolean {
  const node = at === null ? undefined : query.targetList?.[at];
  const value = node !== undefined && "ResTarget" in node ? node.ResTarget : undefined;
  if (at === null || value === undefined) return false;
  return (query.groupClause ?? []).some((key) => {
    if ("A_Const" in key) return key.A_Const.ival?.ival === at + 1;
    const fields = "ColumnRef" in key ? (key.ColumnRef.fields ?? []) : [];
    if (fields.length === 1 && textOf(fields[0]) === columns[at]?.name) return true;
    return same(key, value.val);
  });
}

export function has(lineage: Lineage, occurrence: Occurrence): boolean {
  for (const atom of lineage) if (atom.occurrence === occurrence) return true;
  return false;
}

/** Partitions of the window functions that an occurrence's fields go through. */
function windowsOf(level: Level, occurrence: Occurrence): readonly (readonly Node[])[] {
  return level.through.filter(({ lineage }) => has(lineage, occurrence)).map(({ partition }) => partition);
}

function slotValue(slot: Carried, level: Level): { readonly value: Node; readonly many: boolean } {
  const one = (): Node => {
    const value = slot.expression();
    return level.state.grouped ? call("json_agg", [value]) : value;
  };
  const windows = windowsOf(level, slot.occurrence);
  if (windows.length === 0) return { value: one(), many: slot.many || level.state.grouped };
  const partitions = windows.map((partition) => over(call("json_agg", [one()]), partition));
  return { value: call("json_build_array", [one(), ...partitions]), many: true };
}

/** What the role's rules say of customers' fields in groups. */
function aggregated(query: SelectStmt, slot: Carried, level: Level): void {
  const { aggregates } = level.env.work.context.role;
  if (!aggregates.allow)
    refuse("aggregate", "your role may not read customers' fields through aggregates", "Read the rows.");
  if (aggregates.smallestGroup <= 1) return;
  if (slot.many)
    refuse("aggregate", "groups within groups can't be counted", "Group once, over the tables themselves.");
  const counted = call("count", [slot.expression()]);
  if ("FuncCall" in counted) counted.FuncCall.agg_distinct = true;
  const least: Node = {
    A_Expr: {
      kind: "AEXPR_OP",
      name: [{ String: { sval: "pg_catalog" } }, { String: { sval: ">=" } }],
      lexpr: counted,
      rexpr: { A_Const: { ival: { ival: aggregates.smallestGroup } } },
    },
  };
  query.havingClause = both(query.havingClause, least);
}

/** SELECT DISTINCT is GROUP BY of all columns; so written, each row can tell of all that fell together. */
function groupDistinct(query: SelectStmt, output: Output, env: Env): Output {
  const { distinctClause: _, sortClause, limitCount, limitOffset, limitOption, withClause, ...inner } = query;
  if (output.openEnded)
    return refuse("distinct", "DISTINCT over columns that aren't known", "Name the columns.");
  const sorted = positions(sortClause, query.targetList ?? [], output.columns);
  const limits: SelectStmt = {
    ...(limitCount === undefined ? {} : { limitCount }),
    ...(limitOffset === undefined ? {} : { limitOffset }),
    ...(limitOption === undefined ? {} : { limitOption }),
    ...(withClause === undefined ? {} : { withClause }),
    ...(sorted === undefined ? {} : { sortClause: sorted }),
  };
  const { query: made, output: grouped } = groupAll(plainSelect(inner), output, env);
  become(query, { ...made, ...limits });
  return grouped;
}

/** One row for all that have the same visible columns, with all their customers. */
export function groupAll(
  inner: SelectStmt,
  output: Output,
  env: Env,
): { readonly query: SelectStmt; readonly output: Output } {
  const alias = hiddenName(env.work);
  const columns = output.columns.map((_, index) => `${alias}_${index + 1}`);
  const slots = output.carried.map(({ occurrence }) => {
    return { occurrence, column: hiddenName(env.work), many: true };
  });
  const query = plainSelect({
    targetList: [
      ...output.columns.map(({ name }, index) => target(columnRef(alias, columns[index] ?? ""), name)),
      ...output.carried.map(({ column }, index) =>
        target(call("json_agg", [columnRef(alias, column)]), slots[index]?.column),
      ),
    ],
    fromClause: [subselect(inner, alias, columns)],
    groupClause: columns.map((column) => columnRef(alias, column)),
  });
  return { query, output: { ...output, carried: slots } };
}

/** ORDER BY by position: what is ordered by stands among the columns, as DISTINCT and set operations demand. */
export function positions(
  sort: readonly Node[] | undefined,
  targets: readonly Node[],
  columns: readonly Column[],
): Node[] | undefined {
  return sort?.map((node) => {
    if (!("SortBy" in node)) return node;
    const inner = node.SortBy.node;
    if (inner !== undefined && "A_Const" in inner) return node;
    const fields = inner !== undefined && "ColumnRef" in inner ? (inner.ColumnRef.fields ?? []) : [];
    const name = fields.length === 1 ? textOf(fields[0]) : null;
    let at = name === null ? -1 : columns.findIndex((column) => column.name === name);
    if (at < 0) at = targets.findIndex((each) => "ResTarget" in each && same(each.ResTarget.val, inner));
    if (at < 0 && fields.length > 1) at = onlyNamed(textOf(fields.at(-1)), columns);
    if (at < 0)
      return refuse(
        "distinct",
        "ORDER BY names what isn't among the columns",
        "Order by a column's position.",
      );
    return { SortBy: { ...node.SortBy, node: { A_Const: { ival: { ival: at + 1 } } } } };
  });
}

function onlyNamed(name: string | null, columns: readonly Column[]): number {
  const at = columns.findIndex((column) => column.name === name);
  return columns.findLastIndex((column) => column.name === name) === at ? at : -1;
}

/** VALUES: a sub-select in one of its rows is that row's; the others have none. */
function rewriteValues(query: SelectStmt, env: Env): Output {
  const level = levelOf(env);
  const rows = (query.valuesLists ?? []).flatMap((row) => ("List" in row ? [row.List] : []));
  const values: Column[][] = [];
  const found: { row: number; occurrence: Occurrence; expression: Node }[] = [];
  for (const [index, { items = [] }] of rows.entries()) {
    const from = level.companions.length;
    values.push(
      items.map((item): Column => {
        const copy = structuredClone(item);
        const lineage = lineageOf(item, level, forOutput);
        const compares = lineage.size > 0 && comparesWith(copy, level);
        return compares ? { name: "", lineage, compared: true } : { name: "", lineage };
      }),
    );
    for (const { occurrence, expression } of level.companions.slice(from))
      found.push({ row: index, occurrence, expression });
  }
  decide(
    [query.sortClause?.filter((node) => !isOwnColumn(node)), query.limitCount, query.limitOffset],
    level,
  );
  const columns = (values[0] ?? []).map((_, at) =>
    mingled(
      `column${at + 1}`,
      values.flatMap((row) => row.slice(at, at + 1)),
    ),
  );
  // Whose values a row of an outer level makes is told there.
  const carried: { occurrence: Occurrence; column: string; many: boolean }[] = [];
  for (const { row, occurrence, expression } of found) {
    for (const [index, list] of rows.entries())
      list.items = [...(list.items ?? []), index === row ? expression : nullOf("json")];
    carried.push({ occurrence, column: hiddenName(env.work), many: true });
  }
  if (carried.length > 0) {
    const alias = hiddenName(env.work);
    const names = [...columns.map(({ name }) => name), ...carried.map(({ column }) => column)];
    const { withClause, ...inner } = query;
    const outside = plainSelect({
      targetList: names.map((name) => target(columnRef(alias, name))),
      fromClause: [subselect(inner, alias, names)],
    });
    become(query, withClause === undefined ? outside : { ...outside, withClause });
  }
  return { columns, openEnded: false, carried, probed: level.probed };
}

function isOwnColumn(node: Node): boolean {
  const inner = "SortBy" in node ? node.SortBy.node : undefined;
  const fields = inner !== undefined && "ColumnRef" in inner ? (inner.ColumnRef.fields ?? []) : [];
  return fields.length === 1 && /^column\d+$/.test(textOf(fields[0]) ?? "");
}
