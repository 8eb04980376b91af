import type { ColumnRef, FuncCall, Node, WindowDef } from "@pgsql/types";
import { arrayOfQuery, ofSubLink } from "./beside/sublinks.ts";
import { divideBeside, type Hoist } from "./beside/once.ts";
import { anywhere, become, below, isTree, lastWord, textOf, wordsOf } from "./tree/nodes.ts";
import { refuse } from "./tree/refused.ts";
import {
  type Atom,
  type CommonTable,
  type Env,
  findColumn,
  findIn,
  findItem,
  type Found,
  type Lineage,
  noLineage,
  type Occurrence,
  placeOf,
  type Scope,
  stillFound,
  union,
  wholeRow,
} from "./scope.ts";
import { tiesOf } from "./ties.ts";

/** Customers of a sub-select in an expression: computed beside it, from at least the rows that it reads. */
export interface Companion {
  readonly occurrence: Occurrence;
  readonly expression: Node;
  /** Inside an aggregate's arguments: once for each row of a group. */
  readonly aggregate: boolean;
  /** Inside a window function's arguments: what its partitions are. */
  readonly partition: readonly Node[] | null;
  /** Which of the query's columns it stands in, where it stands in one. */
  target: number | null;
}

/** One SELECT, while it is being rewritten. */
export interface Level {
  readonly env: Env;
  readonly scope: Scope;
  readonly tables: CommonTable | null;
  /** The query's own WINDOW clause. */
  readonly windows: readonly WindowDef[];
  readonly probed: Set<Atom>;
  /** Fields that some condition compares with columns of others. */
  readonly tied: Set<Atom>;
  readonly companions: Companion[];
  /** Fields that go through a window function: a row's answer holds those of its whole partition. */
  readonly through: { readonly partition: readonly Node[]; readonly lineage: Lineage }[];
  /** Where sub-selects may be moved to, to be computed once. Null: nowhere, as in RETURNING. */
  readonly hoist: Hoist | null;
  readonly state: { grouped: boolean; aggregates: number; replaced: number };
}

export interface Use {
  /** What is made of it goes into the answer; otherwise it only decides. */
  readonly output: boolean;
  readonly aggregate: boolean;
  readonly partition: readonly Node[] | null;
  /** It needn't be computed for every row: a branch of CASE. */
  readonly conditional: boolean;
  /** In what only decides: a sub-select's answer stands beside something that isn't a customer's; `match`: and only what it finds there passes. */
  readonly against: "value" | "match" | null;
}

export const forOutput: Use = {
  output: true,
  aggregate: false,
  partition: null,
  conditional: false,
  against: null,
};
export const forDeciding: Use = { ...forOutput, output: false };
/** What functions in FROM are given: computed before what stands after them. */
export const forSource: Use = { ...forOutput, aggregate: true, conditional: true };

/** What only decides which rows there are, or in which order. */
export function decide(value: unknown, level: Level): void {
  for (const atom of lineageOf(value, level, forDeciding)) level.probed.add(atom);
}

const aggregateNames: ReadonlySet<string> = new Set(
  `any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg
  json_agg_strict json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg
  jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict max min
  range_agg range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
  stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg`.split(/\s+/),
);

function isNode(tree: Record<string, unknown>): tree is Node {
  const [kind, ...others] = Object.keys(tree);
  return kind !== undefined && others.length === 0 && /^[A-Z]/.test(kind);
}

/** The fields that a value is made of; names in it are resolved, and what must not stand in it is replaced. */
export function lineageOf(value: unknown, level: Level, use: Use): Lineage {
  if (Array.isArray(value)) return union(value.map((inner) => lineageOf(inner, level, use)));
  if (!isTree(value)) return noLineage;
  if (!isNode(value)) return union(below(value).map((inner) => lineageOf(inner, level, use)));
  if ("ColumnRef" in value) return ofColumn(value, level);
  if ("SubLink" in value) return ofSubLink(value, level, use);
  if ("FuncCall" in value) return ofCall(value.FuncCall, level, use);
  const first = firstComputed(value);
  if (first !== null) {
    const [always, rest] = first;
    return union([lineageOf(always, level, use), lineageOf(rest, level, { ...use, conditional: true })]);
  }
  if ("A_Indirection" in value) {
    const field = ofField(value.A_Indirection.arg, value.A_Indirection.indirection ?? [], level);
    if (field !== null) return field;
  }
  if ("GroupingFunc" in value) {
    decide(value.GroupingFunc.args, level);
    return noLineage;
  }
  if ("JsonObjectAgg" in value)
    return ofJsonAggregate(value.JsonObjectAgg.arg, value.JsonObjectAgg.constructor, level, use);
  if ("JsonArrayAgg" in value)
    return ofJsonAggregate(value.JsonArrayAgg.arg, value.JsonArrayAgg.constructor, level, use);
  if ("JsonArrayQueryConstructor" in value) {
    become(value, arrayOfQuery(value.JsonArrayQueryConstructor));
    return lineageOf(value, level, use);
  }
  if ("SelectStmt" in value || "RangeVar" in value)
    return refuse("shape", "a query stands where none is expected", "Write it as a sub-select.");
  return union(below(Object.values(value)[0]).map((inner) => lineageOf(inner, level, use)));
}

/** Of what needn't all be computed: the part that always is, and the others. */
function firstComputed(value: Node): readonly [unknown, readonly unknown[]] | null {
  if ("CaseExpr" in value) {
    const { arg, args = [], defresult } = value.CaseExpr;
    const [when, ...others] = args;
    const test = when !== undefined && "CaseWhen" in when ? when.CaseWhen : {};
    return [
      [arg, test.expr],
      [test.result, others, defresult],
    ];
  }
  const { args = [] } =
    "CoalesceExpr" in value ? value.CoalesceExpr : "BoolExpr" in value ? value.BoolExpr : {};
  const [always, ...rest] = args;
  return always === undefined ? null : [always, rest];
}

function ofColumn(node: { ColumnRef: ColumnRef }, level: Level): Lineage {
  const found = foundColumn(node, level);
  if (found.column?.instead !== undefined) become(node, found.column.instead());
  return found.lineage;
}

export function foundColumn(node: { ColumnRef: ColumnRef }, level: Level): Found {
  const fields = node.ColumnRef.fields ?? [];
  const last = fields.at(-1);
  const star = last !== undefined && "A_Star" in last;
  const words = wordsOf(star ? fields.slice(0, -1) : fields);
  if (words === null) return refuse("shape", "a column is named in an unknown way", "Name it plainly.");
  if (star && words.length === 0)
    return { lineage: union(level.scope.items.map((item) => wholeRow(item))), column: null };
  const [first] = words;
  return words.length === 1 && !star && first !== undefined
    ? findColumn(first, level.scope, placeOf(node.ColumnRef, level.env.work))
    : qualified(node, words, star, level);
}

/** `table.column`, `schema.table.column`; the schema is left out, since what stands for the table has none. */
function qualified(
  node: { ColumnRef: ColumnRef },
  words: readonly string[],
  star: boolean,
  level: Level,
): Found {
  const column = star ? null : (words.at(-1) ?? null);
  const path = star ? words : words.slice(0, -1);
  const [table, schema] = path.toReversed();
  if (table === undefined || path.length > 3)
    return refuse("shape", "a column is named in an unknown way", "Name it plainly.");
  // Moved there by whosaw, and resolved where it stands now.
  if (level.hoist?.aliases.has(table) === true) return { lineage: noLineage, column: null };
  const at = placeOf(node.ColumnRef, level.env.work);
  const found = findIn(findItem(table, schema ?? null, level.scope, at), column, at);
  if (column !== null && found.column === null) keepFromCalling(column, level);
  const fields = node.ColumnRef.fields ?? [];
  if (path.length > 1) {
    stillFound(table, schema ?? null, level.scope);
    node.ColumnRef.fields = fields.slice(path.length - 1);
  }
  return found;
}

/** Of a row whose columns aren't all known, `row.name` is a call of that function where there is no such column. */
function keepFromCalling(name: string, { env }: Level): void {
  const { catalog, role } = env.work.context;
  const schemas = catalog.functionSchemas(name).filter((schema) => schema !== "information_schema");
  if (schemas.some((schema) => !role.functions.has(`${schema}.${name}`)))
    refuse(
      "call",
      `"${name}" may be a function here`,
      "Name the columns of what stands in FROM: AS alias (a, b).",
    );
}

/** `(alias).column`: only that column, where the alias can't be a column itself. Null for everything else. */
function ofField(arg: Node | undefined, steps: readonly Node[], level: Level): Lineage | null {
  const [step] = steps;
  const field = textOf(step);
  if (arg === undefined || field === null || steps.length !== 1 || !("ColumnRef" in arg)) return null;
  const words = wordsOf(arg.ColumnRef.fields);
  const [name] = words ?? [];
  if (name === undefined || words?.length !== 1) return null;
  for (let scope: Scope | null = level.scope; scope !== null; scope = scope.parent) {
    if (scope.items.some((item) => item.openEnded || item.columns.some((column) => column.name === name)))
      return null;
  }
  const found = findIn(findItem(name, null, level.scope, null), field, null);
  if (found.column === null) keepFromCalling(field, level);
  if (found.column?.instead !== undefined)
    return refuse("row", "a whole row of a masked table is read", "Name its columns.");
  return found.lineage;
}

function isAggregate(called: FuncCall): boolean {
  return (
    called.agg_star === true ||
    called.agg_distinct === true ||
    called.agg_within_group === true ||
    called.agg_order !== undefined ||
    called.agg_filter !== undefined ||
    aggregateNames.has(lastWord(called.funcname) ?? "")
  );
}

/** Whether an aggregate stands in an expression; those of sub-selects are their own. */
export function callsAggregate(value: unknown): boolean {
  if (isTree(value) && isNode(value)) {
    if ("SelectStmt" in value) return false;
    if ("FuncCall" in value && value.FuncCall.over === undefined && isAggregate(value.FuncCall)) return true;
    const made =
      "JsonObjectAgg" in value
        ? value.JsonObjectAgg.constructor
        : "JsonArrayAgg" in value
          ? value.JsonArrayAgg.constructor
          : null;
    if (made !== null && isTree(made) && made["over"] === undefined) return true;
  }
  return below(value).some(callsAggregate);
}

function ofCall(called: FuncCall, level: Level, use: Use): Lineage {
  const counting = isCount(called.funcname, level);
  const inner: Use = counting ? forDeciding : use;
  if (called.over !== undefined) return ofWindow(called, called.over, level, inner);
  if (!isAggregate(called)) return lineageOf(called.args, level, use);
  if (isOfOuterLevel(called, level.scope))
    refuse(
      "outer_aggregate",
      "an aggregate of an outer query's columns stands in a sub-select",
      "Put it into the outer query.",
    );
  return asAggregate(level, () => {
    const filtered = called.agg_filter !== undefined;
    const each: Use = { ...inner, aggregate: true, conditional: inner.conditional || filtered };
    const values = [lineageOf(called.args, level, each), tiesOf(called.agg_filter, level)];
    if (called.agg_within_group === true) values.push(lineageOf(called.agg_order, level, each));
    else values.push(tiesOf(called.agg_order, level));
    return afterCounting(union(values), level, counting);
  });
}

/** An aggregate all of whose columns are an outer query's is that query's own, wherever it stands, and groups it. */
function isOfOuterLevel({ args, agg_order: order, agg_filter: filter }: FuncCall, scope: Scope): boolean {
  if (scope.parent === null) return false;
  let [outer, own] = [0, 0];
  anywhere([args, order, filter], ({ ColumnRef: node }) => {
    if (!isTree(node) || !Array.isArray(node["fields"])) return false;
    const words = (node["fields"] as readonly Node[]).map((field) => textOf(field));
    const table = words.at(-2);
    const here = scope.items.some(({ alias, columns, openEnded }) =>
      typeof table === "string"
        ? alias === table
        : openEnded || alias === words[0] || columns.some(({ name }) => name === words[0]),
    );
    if (here) own++;
    else outer++;
    return false;
  });
  return outer > 0 && own === 0;
}

/** The server's own count: another schema may have a function of that name which gives what it is given. */
function isCount(name: readonly Node[] | undefined, level: Level): boolean {
  const words = wordsOf(name);
  if (words === null || words.at(-1) !== "count") return false;
  const { catalog } = level.env.work.context;
  return words.length === 1 ? catalog.functionSchemas("count").length === 0 : words[0] === "pg_catalog";
}

/** A number of rows tells of no field more than that it decided. */
function afterCounting(lineage: Lineage, level: Level, counting: boolean): Lineage {
  if (!counting) return lineage;
  for (const atom of lineage) level.probed.add(atom);
  return noLineage;
}

function asAggregate(level: Level, inside: () => Lineage): Lineage {
  level.state.grouped = true;
  level.state.aggregates += 1;
  const lineage = inside();
  level.state.aggregates -= 1;
  return lineage;
}

function ofWindow(
  called: { readonly args?: Node[]; readonly agg_filter?: Node; readonly funcname?: Node[] },
  window: WindowDef,
  level: Level,
  use: Use,
): Lineage {
  divideBeside(partitionOf(window, level.windows), level);
  const partition = structuredClone(partitionOf(window, level.windows));
  // Written a second time it would read the tables past masks and tickets, and so make other partitions.
  if (anywhere(partition, (tree) => "SubLink" in tree))
    refuse("window", "a window's partitions are made by a sub-select", "Join the table that it reads.");
  const { partitionClause = [], orderClause = [], startOffset, endOffset } = window;
  const ties = tiesOf([...partitionClause, ...orderClause, startOffset, endOffset, called.agg_filter], level);
  const lineage = union([lineageOf(called.args, level, { ...use, partition }), ties]);
  const shown = afterCounting(lineage, level, isCount(called.funcname, level));
  if (shown.size > 0) level.through.push({ partition, lineage: shown });
  return shown;
}

function partitionOf(window: WindowDef, named: readonly WindowDef[]): readonly Node[] {
  const other = window.refname ?? (window.partitionClause === undefined ? window.name : undefined);
  const base = named.find((candidate) => candidate !== window && candidate.name === other);
  if (other === undefined || base === undefined) return window.partitionClause ?? [];
  // Windows that name each other, or bear one name, are the server's to refuse; here they must come to an end.
  return partitionOf(
    base,
    named.filter((one) => one !== base),
  );
}

function ofJsonAggregate(arg: unknown, made: unknown, level: Level, use: Use): Lineage {
  const { over, agg_filter: filter, agg_order: order } = isTree(made) ? made : {};
  if (isTree(over))
    return ofWindow(
      {
        args: isTree(arg) ? [{ JsonKeyValue: arg }] : [],
        ...(isTree(filter) && isNode(filter) ? { agg_filter: filter } : {}),
      },
      over,
      level,
      use,
    );
  return asAggregate(level, () => {
    return union([
      lineageOf(arg, level, { ...use, aggregate: true }),
      tiesOf(filter, level),
      tiesOf(order, level),
    ]);
  });
}

/** Names that may stand for whole rows somewhere in a query: their rows must hold no column of whosaw's. */
export function wholeRowNames(query: object): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(add);
    if (!isTree(value)) return;
    const { ResTarget: named, ColumnRef: column } = value;
    // `SELECT c.*` is written out as columns, so it is no whole row.
    if (isTree(named) && isTree(named["val"]) && isStar(named["val"])) return;
    if (isTree(column) && Array.isArray(column["fields"])) {
      const [first, second, third] = column["fields"].map((field: unknown) =>
        isTree(field) ? (plainWord(field) ?? "*") : "*",
      );
      if (second === undefined || second === "*") names.add(first ?? "");
      if (third === "*") names.add(second ?? "");
      return;
    }
    below(value).forEach(add);
  };
  add(query);
  return names;
}

function plainWord({ String: text }: Record<string, unknown>): string | null {
  if (!isTree(text)) return null;
  return typeof text["sval"] === "string" ? text["sval"] : "";
}

export function isStar(value: Record<string, unknown>): value is { ColumnRef: ColumnRef } {
  const { ColumnRef: column } = value;
  if (!isTree(column) || !Array.isArray(column["fields"])) return false;
  const last: unknown = column["fields"].at(-1);
  return isTree(last) && "A_Star" in last;
}
