import type { ColumnRef, WindowDef } from "@pgsql/types";
import { foundColumn, forDeciding, type Level, lineageOf, type Use } from "./expressions.ts";
import {
  type Column,
  type Found,
  type Lineage,
  noLineage,
  type Occurrence,
  type Output,
  type Scope,
  union,
  wholeRow,
} from "./scope.ts";
import { calledName, isSomebodys } from "./beside/steady.ts";
import type { Targets } from "./select.ts";
import { anywhere, below, isTree, textOf } from "./tree/nodes.ts";
import { Refused } from "./tree/refused.ts";

/**
 * Whoever reads `guess` where `guess = email` reads the email: what is held against a customer's field tells it, in a condition as in what
 * orders, groups or filters rows. Such fields are tied to whatever else is read there.
 */

/** Conditions on rows, or what they are ordered or grouped by. */
export function decideRows(value: unknown, level: Level): void {
  for (const atom of tiesOf(value, level)) level.tied.add(atom);
}

/** Fields that a value only decides by, and of these the ones that are held against something else. */
export function tiesOf(value: unknown, level: Level): Lineage {
  if (Array.isArray(value)) return union(value.map((part) => tiesOf(part, level)));
  const { boolop, args } = isTree(value) && isTree(value["BoolExpr"]) ? value["BoolExpr"] : {};
  if (boolop === "AND_EXPR" || boolop === "OR_EXPR") return tiesOf(args, level);
  const before = structuredClone(value);
  const beside = columnsIn(value).some((column) => isFree(column, level));
  const match = isTree(value) && "SubLink" in value ? "match" : "value";
  // What a sub-select reads is told row by row, in groups for each of their rows.
  const use: Use = { ...forDeciding, aggregate: true, conditional: true, against: beside ? match : null };
  const lineage = lineageOf(value, level, use);
  for (const atom of lineage) level.probed.add(atom);
  if (lineage.size === 0 || !namesFree(before, level)) return noLineage;
  return atHand(lineage, level);
}

/** Fields by which rows come or don't; `against`: they are held against something else there. */
export function decideBy(lineage: Lineage, against: boolean, level: Level): void {
  for (const atom of lineage) level.probed.add(atom);
  if (against) for (const atom of atHand(lineage, level)) level.tied.add(atom);
}

/** Those whose customers can be told here: of tables in some FROM around it, and of sub-selects that are read a second time. */
function atHand(lineage: Lineage, { scope, companions }: Level): Lineage {
  const beside = new Set(companions.map(({ occurrence }) => occurrence));
  return new Set(
    [...lineage].filter(({ occurrence }) => beside.has(occurrence) || isAtHand(occurrence, scope)),
  );
}

/** Whether a value names a column that is no customer's field, or is one that was held against something else already. */
export function namesFree(value: unknown, level: Level): boolean {
  return [...columnsIn(value), ...outerColumnsIn(value, level)].some((column) => isFree(column, level));
}

function isFree(named: Named, level: Level): boolean {
  const { column, lineage } = foundColumn(named, level);
  return lineage.size === 0 || column?.compared === true || holdsFree(named, level.scope);
}

/** Functions of the server's and of reviewed extensions that give more values than they are given. */
const rowsNames: ReadonlySet<string> = new Set(
  `aclexplode each generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text json_object_keys
  json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
  jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset normal_rand pg_options_to_table pg_snapshot_xip
  regexp_matches regexp_split_to_table skeys string_to_table svals ts_debug ts_parse txid_snapshot_xip unnest`.split(
    /\s+/,
  ),
);

/** Whether a value of customers' fields may be anything besides: where a column is named that is none, or a function or window counts up. */
export function comparesWith(value: unknown, level: Level): boolean {
  const makes = (called: unknown): boolean =>
    isTree(called) && (rowsNames.has(calledName(called)) || isSomebodys(called, level.env.work.context));
  return namesFree(value, level) || anywhere(value, (tree) => "over" in tree || makes(tree["FuncCall"]));
}

interface Named {
  readonly ColumnRef: ColumnRef;
}

/** Columns that a value names, sub-selects left out: copies, because resolving changes them. */
function columnsIn(value: unknown): readonly Named[] {
  if (isTree(value) && isColumn(value)) return [structuredClone(value)];
  if (isTree(value) && "SelectStmt" in value) return [];
  return below(value).flatMap(columnsIn);
}

function isColumn(tree: Record<string, unknown>): tree is Record<string, unknown> & Named {
  return isTree(tree["ColumnRef"]);
}

/** Whether a whole row is named, one of whose columns is no customer's field, or was held against something. */
function holdsFree({ ColumnRef: { fields } }: Named, scope: Scope): boolean {
  const [first] = fields ?? [];
  const name = textOf(first);
  if (name === null || (fields ?? []).some((field, at) => at > 0 && !("A_Star" in field))) return false;
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    const item = level.items.find(({ alias }) => alias === name);
    if (item !== undefined)
      return item.columns.some(({ compared, lineage }) => compared === true || lineage.size === 0);
  }
  return false;
}

function isAtHand(occurrence: Occurrence, scope: Scope | null): boolean {
  for (let level = scope; level !== null; level = level.parent)
    for (const item of level.items)
      for (const atom of wholeRow(item)) if (atom.occurrence === occurrence) return true;
  return false;
}

/** What one FROM inside a value makes known there. */
interface Inner {
  readonly aliases: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
}

/** Columns that sub-selects of a value take from outside it, as far as they can be found there. */
function outerColumnsIn(value: unknown, level: Level): readonly Named[] {
  if (isTree(value) && isTree(value["SelectStmt"])) return outerOf(value["SelectStmt"], [], level);
  return below(value).flatMap((inner) => outerColumnsIn(inner, level));
}

/** @param around what the selects around this one, inside the value, make known to it. */
function outerOf(select: Record<string, unknown>, around: readonly Inner[], level: Level): readonly Named[] {
  const { withClause, larg, rarg, fromClause, ...rest } = select;
  const inside = [...around, innerOf(fromClause, level)];
  const sides = [larg, rarg].flatMap((side) => (isTree(side) ? outerOf(side, around, level) : []));
  return [
    ...sides,
    ...outerIn(withClause, around, level),
    ...outerIn(fromClause, inside, level),
    ...outerIn(rest, inside, level),
  ];
}

function outerIn(value: unknown, known: readonly Inner[], level: Level): readonly Named[] {
  if (isTree(value) && isTree(value["SelectStmt"])) return outerOf(value["SelectStmt"], known, level);
  if (!isTree(value) || !isColumn(value))
    return below(value).flatMap((inner) => outerIn(inner, known, level));
  const words = (value.ColumnRef.fields ?? []).map((field) => textOf(field));
  const [first = null, second] = words;
  const own = known.some(({ aliases, columns }) =>
    second === undefined
      ? first !== null && columns.has(first)
      : words.some((word) => aliases.has(word ?? "")),
  );
  const column = structuredClone({ ColumnRef: value.ColumnRef });
  return own || lookedUp(column, level) === null ? [] : [column];
}

/** Null: there is no such column outside either, so that it must be one of the sub-select's own. */
function lookedUp(column: Named, level: Level): Found | null {
  try {
    return foundColumn(structuredClone(column), level);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function innerOf(fromClause: unknown, { env }: Level): Inner {
  const aliases = new Set<string>();
  const columns = new Set<string>();
  const { catalog } = env.work.context;
  const look = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(look);
    if (!isTree(value)) return;
    const { JoinExpr: join, RangeTableSample: sample, RangeVar: place } = value;
    if (isTree(join)) return look([join["larg"], join["rarg"]]);
    if (isTree(sample)) return look(sample["relation"]);
    const [item] = Object.values(value);
    const alias = isTree(item) && isTree(item["alias"]) ? item["alias"]["aliasname"] : undefined;
    const { relname, schemaname } = isTree(place) ? place : {};
    const name = alias ?? relname;
    if (typeof name === "string") aliases.add(name);
    if (typeof relname !== "string") return;
    const found =
      typeof schemaname === "string"
        ? catalog.relation(schemaname, relname)
        : catalog.resolve(relname, env.work.searchPath);
    for (const column of found?.columns ?? []) columns.add(column.name);
  };
  look(fromClause);
  return { aliases, columns };
}

/** What rows are chosen, ordered and grouped by may be held against a column: then it tells of that. */
export function tiedTo({ columns, reads }: Targets, { env, tied }: Level): readonly Column[] {
  if (tied.size === 0) return columns;
  return columns.map((column, at) =>
    reads[at] === false && env.asked !== true
      ? column
      : { ...column, lineage: union([column.lineage, tied]) },
  );
}

export function decideWindows(windows: readonly WindowDef[], level: Level): void {
  for (const { partitionClause, orderClause, startOffset, endOffset } of windows)
    decideRows([...(partitionClause ?? []), ...(orderClause ?? []), startOffset, endOffset], level);
}

/** What a part of FROM held fields against may be a column of a query around it. */
export function tieOuter({ tied }: Output, level: Level): void {
  if (level.env.scope === null && level.scope.items.length === 0) return;
  for (const atom of tied ?? []) level.tied.add(atom);
}
