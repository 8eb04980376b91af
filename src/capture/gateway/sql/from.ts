import type { Alias, JoinExpr, Node, RangeSubselect, RangeVar, SelectStmt } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import type { Relation } from "../catalog/catalog.ts";
import { decide, forSource, type Level, lineageOf } from "./expressions.ts";
import { become, columnRef, lastWord, quoteName, textOf, word } from "./tree/nodes.ts";
import { ownExpression, ownSelect } from "./tree/parse.ts";
import { mistake, refuse } from "./tree/refused.ts";
import {
  anotherReading,
  type Carried,
  type Column,
  type CommonTable,
  type Env,
  hiddenName,
  type Item,
  type Lineage,
  mingled,
  noLineage,
  occurrenceOf,
  type Output,
  placeOf,
  type Scope,
  type Work,
} from "./scope.ts";
import { hold, openItem, readItem, renamed, type Sources, type Star, starOf, tableItem } from "./items.ts";
import { rewriteQuery } from "./select.ts";
import { decideBy, decideRows, namesFree, tieOuter } from "./ties.ts";
import {
  definitionOf,
  type Guarded,
  guardOf,
  keyText,
  hidesProtected,
  ownAlias,
  policyText,
  shownText,
  touchesProtected,
  viewsDeepMax,
} from "./tables.ts";

/** Resolves and rewrites one thing in FROM, and makes its items known to the level. Gives what `*` means there. */
export function rewriteSource(node: Node, sources: Sources): readonly Star[] {
  const add = (item: Item): readonly Star[] => {
    sources.level.scope.items.push(item);
    return starOf(item);
  };
  if ("RangeVar" in node) return add(rewriteTable(node, node, node.RangeVar, sources));
  if ("RangeTableSample" in node) {
    const { relation, args, repeatable } = node.RangeTableSample;
    decide([args, repeatable], sources.level);
    if (relation === undefined || !("RangeVar" in relation)) return defect("TABLESAMPLE of no table");
    return add(rewriteTable(node, relation, relation.RangeVar, sources));
  }
  if ("RangeSubselect" in node) return add(rewriteSubselect(node, node.RangeSubselect, sources));
  if ("JoinExpr" in node) return rewriteJoin(node.JoinExpr, sources);
  if ("RangeFunction" in node) {
    const { alias, functions, coldeflist, ordinality } = node.RangeFunction;
    const lineage = made(functions, sources.level);
    const named = alias?.aliasname ?? functionName(functions);
    const defined = (coldeflist ?? []).flatMap((definition) =>
      "ColumnDef" in definition ? [definition.ColumnDef.colname ?? ""] : [],
    );
    const columns = [...(alias?.colnames ?? []).map((name) => textOf(name) ?? ""), ...defined];
    if (ordinality === true) columns.push("ordinality");
    return add(openItem(named, columns.length === 0 ? [named] : columns, lineage));
  }
  if ("RangeTableFunc" in node) {
    const { docexpr, rowexpr, namespaces, columns, alias } = node.RangeTableFunc;
    const all = made([docexpr, rowexpr, namespaces, columns], sources.level);
    return add(readItem(alias, "xmltable", columns, all));
  }
  if ("JsonTable" in node) {
    const { alias, ...rest } = node.JsonTable;
    const all = made(rest, sources.level);
    return add(readItem(alias, "json_table", node.JsonTable.columns, all));
  }
  return refuse("shape", "FROM holds something unknown", "Write it as a table or a sub-select.");
}

/** What a function in FROM makes rows of. How many it makes tells of its arguments, even where none of its columns is read. */
function made(value: unknown, level: Level): Lineage {
  const before = structuredClone(value);
  const lineage = lineageOf(value, level, forSource);
  decideBy(lineage, lineage.size > 0 && namesFree(before, level), level);
  return lineage;
}

function functionName(functions: readonly Node[] | undefined): string {
  const [list] = functions ?? [];
  const [called] = list !== undefined && "List" in list ? (list.List.items ?? []) : [];
  return (called !== undefined && "FuncCall" in called ? lastWord(called.FuncCall.funcname) : null) ?? "";
}

/** The relation that a name means, and the common table that hides it. */
export function relationOf(place: RangeVar, work: Work): Relation | null {
  const { schemaname: schema, relname: name = "" } = place;
  delete place.catalogname;
  const { catalog } = work.context;
  const found =
    schema === undefined ? catalog.resolve(name, work.searchPath) : catalog.relation(schema, name);
  if (found === null) {
    if (schema === "pg_catalog" || schema === "information_schema") return null;
    return mistake(
      "42P01",
      `relation "${schema === undefined ? name : `${schema}.${name}`}" does not exist`,
      placeOf(place, work),
    );
  }
  // Were it gone by the time that the statement runs, the name would mean a customers' table behind it: so the name is sent whole.
  if (schema === undefined && hidesProtected(found, work.searchPath, work.context)) work.count.changed = true;
  place.schemaname = found.schema;
  work.names.add(found.name).add(found.schema);
  for (const column of found.columns) work.names.add(column.name);
  return found;
}

function commonTable(place: RangeVar, tables: CommonTable | null): CommonTable | null {
  if (place.schemaname !== undefined) return null;
  for (let table = tables; table !== null; table = table.outer)
    if (table.name === place.relname) return table;
  return null;
}

const unsampled = "TABLESAMPLE clause can only be applied to tables and materialized views";

/** `outside` is what FROM holds: the name itself, or a sample of it. */
function rewriteTable(outside: Node, inside: Node, place: RangeVar, sources: Sources): Item {
  const { level } = sources;
  level.env.work.seen.add(place);
  const alias = place.alias?.aliasname ?? place.relname ?? "";
  const common = commonTable(place, level.tables);
  if (common !== null) {
    if ("RangeTableSample" in outside) return mistake("0A000", unsampled, placeOf(place, level.env.work));
    if (common.output === null)
      return refuse(
        "with",
        `WITH query "${common.name}" is read before its turn`,
        "Put it before the queries that read it.",
      );
    const reading = anotherReading(common.output);
    tieOuter(reading, level);
    return hold(outside, reading, place.alias ?? { aliasname: alias }, sources);
  }
  const unaliased = place.alias === undefined;
  const relation = relationOf(place, level.env.work);
  if (relation === null) return openItem(alias, [], noLineage);
  if (relation.kind === "index" || relation.kind === "composite")
    return mistake("42809", `cannot open relation "${relation.name}"`);
  const { work } = level.env;
  const guarded = guardOf(relation, work.context);
  if (relation.kind === "view" && relation.definition !== null)
    return inlineView(outside, relation, place.alias ?? { aliasname: alias }, sources);
  const schema = unaliased ? relation.schema : null;
  if (guarded === null) {
    if (relation.kind === "materialized" && touchesProtected(relation, work.context))
      return refuse(
        "materialized",
        `materialized view "${relation.name}" holds customers' data without saying whose`,
        "Read the tables themselves, or protect it in whosaw.yaml.",
      );
    return tableItem(alias, schema, relation, place.alias);
  }
  work.count.protected = true;
  work.count.changed = true;
  if (guarded.open && !sources.boxed)
    return guardInPlace(tableItem(alias, schema, relation, place.alias), guarded, place, sources);
  const built = maskedTable(outside, inside, guarded, level);
  return { ...hold(outside, built, place.alias ?? { aliasname: alias }, sources), schema, covers: relation };
}

/** A table that this role may see as it is: only its customers are added, as an expression over its columns. */
function guardInPlace(item: Item, guarded: Guarded, place: RangeVar, { level }: Sources): Item {
  const occurrence = occurrenceOf(guarded, level.env.work.context);
  const { columns } = guarded.relation;
  const plain = columns.map(({ name }): Column => {
    const atom = occurrence.atoms.get(name);
    return { name, lineage: atom === undefined ? noLineage : new Set([atom]) };
  });
  const visible = renamed(plain, place.alias);
  const nameOf = new Map(columns.map(({ name }, index) => [name, visible[index]?.name ?? name]));
  const { key } = guarded.config;
  const cell = (column: string): string =>
    `${quoteName(item.alias)}.${quoteName(nameOf.get(column) ?? column)}`;
  const carried: Carried = {
    occurrence,
    expression: () => ownExpression(keyText(level.env.work.count)(key, cell, ownAlias("k"))),
    column: null,
    many: key.many === true,
  };
  return {
    ...item,
    columns: visible,
    carried: level.env.carry ? [carried] : [],
    // A column that is added meanwhile is not among those that \`*\` is written out as.
    hides: true,
  };
}

/** A table of which this role sees only some rows, or masks: a sub-select takes its place. */
function maskedTable(outside: Node, inside: Node, guarded: Guarded, level: Level): Output {
  const { work, carry } = level.env;
  const { context } = work;
  const { key } = guarded.config;
  const occurrence = occurrenceOf(guarded, context);
  const { relation } = guarded;
  const shown = relation.columns.map(
    ({ name }) => `${shownText(guarded, name, "w_r", context)} AS ${quoteName(name)}`,
  );
  const system = [...work.systemColumns].filter((name) => relation.columns.every((own) => own.name !== name));
  shown.push(...system.map((name) => `w_r.${name} AS ${quoteName(name)}`));
  const slot = hiddenName(work);
  if (carry)
    shown.push(
      `${keyText(work.count)(key, (column) => `w_r.${quoteName(column)}`, ownAlias("k"))} AS ${quoteName(slot)}`,
    );
  const policy = context.role.ticketBound ? ` WHERE ${policyText(key, "w_r", context)}` : "";
  const query = ownSelect(`SELECT ${shown.join(", ")} FROM x AS w_r${policy}`);
  const [source] = query.fromClause ?? [];
  const original = structuredClone(outside);
  const name = "RangeTableSample" in original ? original.RangeTableSample.relation : original;
  if (source === undefined || name === undefined || !("RangeVar" in name) || !("RangeVar" in inside))
    return defect("a masked table that is none");
  name.RangeVar.alias = { aliasname: "w_r" };
  become(source, original);
  become(outside, { RangeSubselect: { subquery: { SelectStmt: query } } });
  const columns = relation.columns.map((column): Column => {
    const atom = occurrence.atoms.get(column.name);
    return { name: column.name, lineage: atom === undefined ? noLineage : new Set([atom]) };
  });
  columns.push(...system.map((column) => ({ name: column, lineage: noLineage })));
  const carried = carry ? [{ occurrence, column: slot, many: key.many === true }] : [];
  return { columns, openEnded: false, carried, probed: new Set() };
}

/** A view is what its query says, so its query stands in its place: one that is replaced meanwhile changes nothing. */
function inlineView(outside: Node, view: Relation, alias: Alias, sources: Sources): Item {
  const { level } = sources;
  const { work } = level.env;
  if (work.depth >= viewsDeepMax)
    return refuse("view", `views are nested more than ${viewsDeepMax} deep`, "Read the tables themselves.");
  if ("RangeTableSample" in outside) {
    const { relation } = outside.RangeTableSample;
    const place = relation !== undefined && "RangeVar" in relation ? relation.RangeVar : {};
    return mistake("0A000", unsampled, placeOf(place, work));
  }
  work.count.changed = true;
  const query = definitionOf(view, work.context);
  const inner: Work = { ...work, searchPath: [], depth: work.depth + 1 };
  const output = rewriteQuery(
    query,
    { work: inner, scope: null, tables: null, carry: level.env.carry },
    true,
  );
  if (output.openEnded || output.columns.length !== view.columns.length)
    return refuse("view", `view "${view.name}" can't be read through`, "Read the tables themselves.");
  for (const atom of output.probed) level.probed.add(atom);
  const names = view.columns.map(({ name }, index) => word(textOf(alias.colnames?.[index]) ?? name));
  if (view.barrier === true) keepBarrier(query);
  become(outside, { RangeSubselect: { subquery: { SelectStmt: query } } });
  const columns = output.columns.map((column, index): Column => {
    return { ...column, origin: { relation: view.oid, column: index + 1 } };
  });
  const held = { ...output, columns };
  return hold(outside, held, { aliasname: alias.aliasname ?? view.name, colnames: names }, sources);
}

/** No condition is moved into a query with an OFFSET, so that none sees a row before the view's own conditions do. */
function keepBarrier(query: SelectStmt): void {
  if (query.limitOffset !== undefined || query.limitCount !== undefined) return;
  query.limitOffset = { A_Const: { ival: {} } };
  query.limitOption = "LIMIT_OPTION_COUNT";
}

function rewriteSubselect(node: Node, part: RangeSubselect, sources: Sources): Item {
  const { level, outer } = sources;
  const { subquery, lateral, alias } = part;
  if (subquery === undefined || !("SelectStmt" in subquery))
    return refuse("shape", "a sub-select of an unknown kind", "Write it as a plain sub-select.");
  const { work, carry } = level.env;
  const env: Env = { work, scope: lateral === true ? level.scope : outer, tables: level.tables, carry };
  const output = rewriteQuery(subquery.SelectStmt, env, true);
  for (const atom of output.probed) level.probed.add(atom);
  if (env.scope !== null) tieOuter(output, level);
  return hold(node, output, alias ?? { aliasname: hiddenName(work) }, sources);
}

function rewriteJoin(join: JoinExpr, sources: Sources): readonly Star[] {
  const { larg, rarg, alias } = join;
  if (larg === undefined || rarg === undefined) return defect("a join without its sides");
  if (alias !== undefined) return [...rewriteBoxedJoin(join, alias, sources)];
  return joinSides(join, larg, rarg, sources);
}

function joinSides(join: JoinExpr, larg: Node, rarg: Node, sources: Sources): readonly Star[] {
  const left = rewriteSource(larg, sources);
  const right = rewriteSource(rarg, sources);
  decideRows(join.quals, sources.level);
  const using = (join.usingClause ?? []).map((name) => textOf(name) ?? "");
  const merged = join.isNatural === true ? commonNames(left, right) : using;
  if (merged.length === 0) return [...left, ...right];
  const both: Star[] = [];
  for (const name of merged) {
    const sides = [...left, ...right].filter(({ column }) => column?.name === name);
    const [first] = sides;
    const second = sides.at(-1);
    if (first?.column === undefined || first.column === null || second === undefined || sides.length < 2)
      return refuse("join", "a join by names over columns that aren't known", "Write the join with ON.");
    const column = mingled(
      name,
      sides.flatMap((side) => side.column ?? []),
    );
    decideBy(column.lineage, column.compared === true, sources.level);
    const kept = join.jointype === "JOIN_RIGHT" ? second : first;
    const whole = join.jointype === "JOIN_FULL";
    const node = whole ? (): Node => columnRef(name) : kept.node;
    const origin = whole ? null : (kept.column?.origin ?? null);
    both.push({ item: first.item, column: { ...column, origin }, node });
  }
  if (join.join_using_alias !== undefined) {
    const item = openItem(join.join_using_alias.aliasname ?? "", [], noLineage);
    const columns = both.flatMap(({ column }) => (column === null ? [] : [column]));
    // Its columns are found through their tables as well; found twice is no harm, because a bare name means the merged one.
    sources.level.scope.items.push({ ...item, columns, openEnded: false });
  }
  const others = [...left, ...right].filter(({ column }) => column === null || !merged.includes(column.name));
  return [...both, ...others];
}

function commonNames(left: readonly Star[], right: readonly Star[]): readonly string[] {
  if ([...left, ...right].some(({ column }) => column === null))
    return refuse("join", "a natural join over columns that aren't known", "Write the join with ON.");
  const names = new Set(right.map(({ column }) => column?.name));
  return left.flatMap(({ column }) => (column !== null && names.has(column.name) ? [column.name] : []));
}

/** A join with an alias hides what it joins: all that can be read from outside are its columns, whosaw's among them. */
function rewriteBoxedJoin(join: JoinExpr, alias: Alias, sources: Sources): readonly Star[] {
  const { level } = sources;
  const { larg, rarg } = join;
  if (larg === undefined || rarg === undefined) return defect("a join without its sides");
  const scope: Scope = { parent: level.scope, items: [], read: level.scope.read };
  const inner: Level = { ...level, scope };
  const before = level.companions.length;
  const stars = joinSides(join, larg, rarg, { ...sources, level: inner, boxed: true });
  const name = alias.aliasname ?? "";
  const known = stars.flatMap(({ column }) => (column === null ? [] : [column]));
  const openEnded = known.length !== stars.length;
  const carried = scope.items.flatMap((item) => item.carried);
  if (
    openEnded ||
    level.companions.length > before ||
    (alias.colnames !== undefined && carried.length > 0) ||
    (carried.length > 0 && sources.whole.has(name))
  )
    return refuse(
      "join",
      "an alias for a whole join of customers' tables",
      "Give each table an alias of its own.",
    );
  const item: Item = {
    ...openItem(name, [], noLineage),
    columns: renamed(known, alias),
    openEnded: false,
    hides: carried.length > 0,
    carried: carried.map(({ occurrence, column, many }) => {
      const own = column ?? defect("a key that is no column inside a join with an alias");
      return { occurrence, column: own, many, expression: () => columnRef(name, own) };
    }),
  };
  level.scope.items.push(item);
  return starOf(item);
}
