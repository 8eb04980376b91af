import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  Node,
  RangeVar,
  ReturningClause,
  SelectStmt,
  UpdateStmt,
} from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import type { Relation } from "../catalog/catalog.ts";
import { rewriteWith } from "./with/ctes.ts";
import { decide, forDeciding, type Level, lineageOf, wholeRowNames } from "./expressions.ts";
import { relationOf, rewriteSource } from "./from.ts";
import { type Sources, type Star, starOf, tableItem } from "./items.ts";
import { decideRows, namesFree, tiedTo } from "./ties.ts";
import {
  type Atom,
  type Column,
  type Env,
  type Item,
  noLineage,
  type Occurrence,
  occurrenceOf,
  type Output,
} from "./scope.ts";
import { carry, levelOf, rewriteQuery, rewriteTargets } from "./select.ts";
import {
  isLink,
  keepTickets,
  keptValue,
  leadingColumns,
  leadsText,
  leavesRows,
  looseRows,
  reachesProtected,
} from "./keys.ts";
import {
  type Guarded,
  guardOf,
  ownAlias,
  pathText,
  policyText,
  shownText,
  surePathText,
  touchesProtected,
} from "./tables.ts";
import { both, quoteName } from "./tree/nodes.ts";
import { ownExpression } from "./tree/parse.ts";
import { mistake, refuse } from "./tree/refused.ts";

/** The table that is written: it must stay in place, so its masks stand where its columns are named. */
interface Target {
  readonly relation: Relation;
  readonly item: Item;
  readonly guarded: Guarded | null;
  readonly occurrence: Occurrence | null;
}

/** INSERT, UPDATE, DELETE or MERGE, at the top or in WITH. What it returns tells its customers as a query's rows do. */
export function rewriteWrite(statement: Node, env: Env): Output {
  const { count } = env.work;
  if ("DeleteStmt" in statement) count.action = "delete";
  else count.action ??= "update";
  if ("InsertStmt" in statement) return rewriteInsert(statement.InsertStmt, env);
  if ("UpdateStmt" in statement) return rewriteUpdate(statement.UpdateStmt, env);
  if ("DeleteStmt" in statement) return rewriteDelete(statement.DeleteStmt, env);
  if ("MergeStmt" in statement) return rewriteMerge(statement.MergeStmt, env);
  return refuse("statement", "a query of an unknown kind", "Write it as SELECT, INSERT, UPDATE or DELETE.");
}

interface Writing {
  readonly level: Level;
  readonly target: Target;
  readonly sources: Sources;
}

function startWriting(statement: InsertStmt | UpdateStmt | DeleteStmt | MergeStmt, env: Env): Writing {
  const probed = new Set<Atom>();
  const tables = rewriteWith(statement.withClause, env, probed);
  const level = levelOf({ ...env, tables });
  for (const atom of probed) level.probed.add(atom);
  const isFresh = "selectStmt" in statement && statement.onConflictClause === undefined;
  const target = targetOf(statement.relation ?? defect("a write to no table"), level, isFresh);
  const sources = {
    level,
    outer: env.scope,
    whole: wholeRowNames(statement),
    boxed: false,
    moved: new Map(),
  };
  return { level, target, sources };
}

function targetOf(place: RangeVar, level: Level, isFresh: boolean): Target {
  const { work } = level.env;
  const { context } = work;
  const unaliased = place.alias === undefined;
  const alias = place.alias?.aliasname ?? place.relname ?? "";
  const relation = relationOf(place, work);
  if (relation === null) return mistake("42809", `cannot change relation "${place.relname}"`);
  if (relation.ruled === true)
    refuse(
      "rules",
      `rules change what a write to "${relation.name}" does`,
      "Write to the tables themselves.",
    );
  const guarded = guardOf(relation, context);
  const item = tableItem(alias, unaliased ? relation.schema : null, relation, undefined);
  if (guarded === null) {
    if (reachesProtected(relation, context)) work.count.protected = true;
    if (relation.definition !== null && touchesProtected(relation, context))
      refuse("view", `view "${relation.name}" shows customers' tables`, "Write to the tables themselves.");
    return { relation, item, guarded, occurrence: null };
  }
  work.count.protected = true;
  work.count.changed = true;
  const occurrence = occurrenceOf(guarded, context);
  const { key } = guarded.config;
  const cell = (column: string): string => `${quoteName(alias)}.${quoteName(column)}`;
  const carried = {
    occurrence,
    column: null,
    // A row that is only inserted is the client's own; any other may be newer than the snapshot.
    expression: () => ownExpression((isFresh ? pathText : surePathText)(key, cell, ownAlias("k"))),
    many: key.many === true,
  };
  const columns = columnsOf(guarded, occurrence, alias, level);
  return { relation, item: { ...item, columns, carried: [carried] }, guarded, occurrence };
}

function columnsOf(guarded: Guarded, occurrence: Occurrence, alias: string, level: Level): readonly Column[] {
  const { context } = level.env.work;
  const row = quoteName(alias);
  return guarded.relation.columns.map(({ name }): Column => {
    const atom = occurrence.atoms.get(name);
    const lineage = atom === undefined ? noLineage : new Set([atom]);
    const shown = shownText(guarded, name, row, context);
    const own = `${row}.${quoteName(name)}`;
    if (shown === own) return { name, lineage };
    const instead = (): Node => {
      level.state.replaced += 1;
      return ownExpression(shown);
    };
    return { name, lineage, instead };
  });
}

/** What is stored must not be made of customers' fields, or they would be read from where nobody looks; but a field may become itself. */
function store(column: string | null, value: unknown, { level, target }: Writing): void {
  const { replaced } = level.state;
  // What a condition holds against a customer's field would be that field in another place.
  if (level.tied.size > 0 && namesFree(value, level)) derived();
  const lineage = lineageOf(value, level, forDeciding);
  // A mask, or the null of a hidden field, would be written over what it hides.
  if (level.state.replaced > replaced) derived();
  for (const { occurrence, field, showing } of lineage) {
    if (occurrence === target.occurrence && field === column && showing === "plain") continue;
    derived();
  }
}

function assign(list: readonly Node[] | undefined, writing: Writing): void {
  const { level, target } = writing;
  const leading = leadingColumns(target.relation, level.env.work.context);
  for (const node of list ?? []) {
    if (!("ResTarget" in node)) continue;
    const { name = "", indirection, val } = node.ResTarget;
    decide(indirection, level);
    if (val !== undefined && "MultiAssignRef" in val) store(null, val.MultiAssignRef.source, writing);
    else store(name, val, writing);
    if (val === undefined || !leading.has(name)) continue;
    if (indirection !== undefined) refuse("key", "a part of a key is changed", "Leave it out.");
    node.ResTarget.val = keptValue(val, name, target.relation, target.item.alias);
    level.env.work.count.changed = true;
  }
}

/** Only rows of one's tickets may be changed. */
function boundRows(statement: { whereClause?: Node }, { level, target }: Writing): void {
  const { context } = level.env.work;
  if (!context.role.ticketBound || target.guarded === null) return;
  const policy = ownExpression(policyText(target.guarded.config.key, quoteName(target.item.alias), context));
  statement.whereClause = both(statement.whereClause, policy);
}

function unbound({ level, target }: Writing): void {
  if (level.env.work.context.role.ticketBound && target.guarded !== null)
    refuse("binding", "rows of customers without a ticket of yours may be changed by this", "Use UPDATE.");
}

/** Without its link a row would be nobody's. */
function keepLinks({ level, target }: Writing): void {
  const { context } = level.env.work;
  if (isLink(target.relation, context) || leavesRows(target.relation, context)) unlinked();
}

function unlinked(): never {
  return refuse(
    "key",
    "customers' rows would no longer lead to their customer",
    "Ask whoever runs the database.",
  );
}

/** Of a table of links only rows that lead to no customer may go, which is known row by row. */
function looseLinks(statement: DeleteStmt, { level, target }: Writing): void {
  const { context, count } = level.env.work;
  if (leavesRows(target.relation, context)) unlinked();
  if (!isLink(target.relation, context)) return;
  const row = quoteName(target.item.alias);
  const leads = leadsText(target.relation, row, context) ?? unlinked();
  const { whereClause } = statement;
  // A cursor's row can't be asked for twice.
  if (whereClause !== undefined && "CurrentOfExpr" in whereClause) unlinked();
  statement.whereClause = looseRows(whereClause, leads, row);
  count.changed = true;
}

function returning(
  clause: ReturningClause | undefined,
  stars: readonly Star[],
  { level, target }: Writing,
): Output {
  const none: Output = { columns: [], openEnded: false, carried: [], probed: level.probed };
  if (clause === undefined) return none;
  level.scope.items.push(...oldAndNew(clause, level, target));
  const made = rewriteTargets(clause.exprs ?? [], stars, level, false);
  const columns = tiedTo(made, level);
  const { openEnded } = made;
  const list: SelectStmt = { targetList: made.targets };
  const carried = carry(list, level, columns);
  clause.exprs = list.targetList ?? [];
  return { columns, openEnded, carried, probed: level.probed };
}

/** PostgreSQL 18 lets RETURNING name the row before and after. */
function oldAndNew(
  clause: ReturningClause,
  level: Level,
  { item, guarded, occurrence }: Target,
): readonly Item[] {
  const aliases = new Set(["old", "new"]);
  for (const option of clause.options ?? [])
    if ("ReturningOption" in option) aliases.add(option.ReturningOption.value ?? "");
  const taken = new Set(level.scope.items.map(({ alias }) => alias));
  return [...aliases]
    .filter((alias) => !taken.has(alias))
    .map((alias) => ({
      ...item,
      alias,
      schema: null,
      carried: [],
      // Only through their names: a column named alone is the table's own.
      columns:
        guarded === null || occurrence === null ? item.columns : columnsOf(guarded, occurrence, alias, level),
    }));
}

function rewriteInsert(statement: InsertStmt, env: Env): Output {
  const writing = startWriting(statement, env);
  const { level, target } = writing;
  const query = statement.selectStmt;
  keepTickets(statement, target.relation, level.env.work.context);
  if (query !== undefined && "SelectStmt" in query) {
    const bare: Env = { ...level.env, carry: false };
    const output = rewriteQuery(query.SelectStmt, bare, false);
    for (const atom of output.probed) level.probed.add(atom);
    if (output.columns.some(({ lineage }) => lineage.size > 0)) derived();
  }
  level.scope.items.push(target.item);
  const conflict = statement.onConflictClause;
  if (conflict !== undefined) {
    if (conflict.action === "ONCONFLICT_UPDATE") unbound(writing);
    decide(conflict.infer, level);
    const excluded = {
      ...target.item,
      alias: "excluded",
      schema: null,
      carried: [],
      columns: target.item.columns.map(({ name }) => ({ name, lineage: noLineage })),
    };
    level.scope.items.push(excluded);
    assign(conflict.targetList, writing);
    decide(conflict.whereClause, level);
    level.scope.items.pop();
  }
  return returning(statement.returningClause, starOf(target.item), writing);
}

/** Which rows of a list are marked, or left, tells the field that they were held against, and the list is nobody's. */
function keepUnmarked({ level, target }: Writing): void {
  if (target.guarded === null && level.tied.size > 0) derived();
}

function derived(): never {
  return refuse(
    "derived",
    "customers' data would be copied to another place",
    "Write values of your own, or change a field only by what it holds itself.",
  );
}

function rewriteUpdate(statement: UpdateStmt, env: Env): Output {
  const writing = startWriting(statement, env);
  const { level, target, sources } = writing;
  level.scope.items.push(target.item);
  const stars = (statement.fromClause ?? []).flatMap((node) => rewriteSource(node, sources));
  decideRows(statement.whereClause, level);
  keepUnmarked(writing);
  assign(statement.targetList, writing);
  boundRows(statement, writing);
  return returning(statement.returningClause, [...starOf(target.item), ...stars], writing);
}

function rewriteDelete(statement: DeleteStmt, env: Env): Output {
  const writing = startWriting(statement, env);
  const { level, target, sources } = writing;
  level.scope.items.push(target.item);
  const stars = (statement.usingClause ?? []).flatMap((node) => rewriteSource(node, sources));
  decideRows(statement.whereClause, level);
  keepUnmarked(writing);
  boundRows(statement, writing);
  looseLinks(statement, writing);
  return returning(statement.returningClause, [...starOf(target.item), ...stars], writing);
}

function rewriteMerge(statement: MergeStmt, env: Env): Output {
  const writing = startWriting(statement, env);
  const { level, target, sources } = writing;
  unbound(writing);
  const inserts = (statement.mergeWhenClauses ?? []).some(
    (node) => "MergeWhenClause" in node && node.MergeWhenClause.commandType === "CMD_INSERT",
  );
  if (inserts) keepTickets({}, target.relation, level.env.work.context);
  if ((statement.mergeWhenClauses ?? []).some(deletes)) keepLinks(writing);
  level.scope.items.push(target.item);
  const source = statement.sourceRelation ?? defect("MERGE from nothing");
  const stars = rewriteSource(source, sources);
  decideRows(statement.joinCondition, level);
  for (const node of statement.mergeWhenClauses ?? []) {
    if (!("MergeWhenClause" in node)) continue;
    const { commandType, condition, targetList, values } = node.MergeWhenClause;
    decideRows(condition, level);
    if (commandType === "CMD_INSERT") store(null, values, writing);
    else assign(targetList, writing);
  }
  keepUnmarked(writing);
  return returning(statement.returningClause, [...stars, ...starOf(target.item)], writing);
}

function deletes(node: Node): boolean {
  return "MergeWhenClause" in node && node.MergeWhenClause.commandType === "CMD_DELETE";
}
