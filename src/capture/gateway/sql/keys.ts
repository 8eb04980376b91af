import type { InsertStmt, Node } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import {
  alternatives,
  type KeyPath,
  type KeyStep,
  tableKey,
  type TicketTable,
} from "../../../policy/index.ts";
import type { Reference, Relation } from "../catalog/catalog.ts";
import type { PlanContext } from "../plan.ts";
import { conditions, equal, ownAlias } from "./tables.ts";
import { both, quoteName, textOf } from "./tree/nodes.ts";
import { ownExpression } from "./tree/parse.ts";
import { refuse } from "./tree/refused.ts";

/**
 * Columns that say whose a row is. Whoever could change them could read a customer's row under another customer's name, or, bound to
 * tickets, make a ticket of their own for whomever they like.
 */

function isOf(relation: Relation, schema: string, table: string, { catalog }: PlanContext): boolean {
  const whole = [relation, ...relation.parents.map((oid) => catalog.byOid(oid))];
  return whole.some((one) => one !== null && one.schema === schema && one.name === table);
}

interface Steps {
  readonly schema: string;
  readonly table: string;
  readonly path: KeyPath;
}

function stepColumns(relation: Relation, steps: readonly KeyStep[], context: PlanContext): readonly string[] {
  return steps
    .filter(({ schema, table }) => isOf(relation, schema, table, context))
    .flatMap(({ match, take, where }) => [match, take, ...(where ?? []).map(({ column }) => column)]);
}

function pathColumns(relation: Relation, { schema, table, path }: Steps, context: PlanContext): string[] {
  const here = isOf(relation, schema, table, context);
  return alternatives(path).flatMap(({ column, steps, where }) => [
    ...(here ? [column, ...(where ?? []).map((condition) => condition.column)] : []),
    ...stepColumns(relation, steps, context),
  ]);
}

/**
 * The columns of a table from which somebody's customer, or for those bound to tickets somebody's tickets, are known, and those whose
 * change a foreign key would hand on to such a column.
 */
export function leadingColumns(relation: Relation, context: PlanContext): ReadonlySet<string> {
  const handed = (relation.references ?? []).filter(
    (reference) => reference.onUpdate && leadsBy(reference, context, true),
  );
  return new Set([...ownLeadingColumns(relation, context), ...handed.map(({ column }) => column)]);
}

/** Whether a foreign key stands in a column that says whose a row is; `ofTickets`: or whose ticket, for those bound to theirs. */
function leadsBy({ from, fromColumn }: Reference, context: PlanContext, ofTickets: boolean): boolean {
  const child = context.catalog.byOid(from);
  if (child === null || ownLeadingColumns(child, context).has(fromColumn)) return true;
  const { tickets } = context.protection;
  if (!ofTickets || tickets === null || !context.role.ticketBound) return false;
  const { schema, table, assignee, closed, open } = tickets;
  return isOf(child, schema, table, context) && [assignee, closed, ...openColumns(open)].includes(fromColumn);
}

/** Columns of a ticket that say whether it is open, besides that of when it was closed. */
function openColumns(open: TicketTable["open"]): readonly string[] {
  return open === undefined ? [] : [open.path.column, ...(open.path.where ?? []).map(({ column }) => column)];
}

/** Whether a row of another table would lead to nobody once the row that it refers to is deleted. */
export function leavesRows(relation: Relation, context: PlanContext): boolean {
  return (relation.references ?? []).some(
    (reference) => reference.onDelete && leadsBy(reference, context, false),
  );
}

/** Whether what happens to rows of a table happens to customers' rows too, by foreign keys: then an error may quote one of these. */
export function reachesProtected(relation: Relation, context: PlanContext): boolean {
  const reached = new Set([relation.oid]);
  // What is added while the set is gone through is gone through as well.
  for (const oid of reached) {
    const one = context.catalog.byOid(oid);
    if (one !== null && isProtected(one, context)) return true;
    for (const { from } of one?.references ?? []) reached.add(from);
  }
  return false;
}

function ownLeadingColumns(relation: Relation, context: PlanContext): ReadonlySet<string> {
  const { protection, role } = context;
  const { tickets } = protection;
  const paths: Steps[] = [...protection.tables.values()].map(({ schema, table, key }) => {
    return { schema, table, path: key };
  });
  const columns: string[] = [];
  if (role.ticketBound && tickets !== null) {
    const { schema, table, customer, open, actor } = tickets;
    paths.push({ schema, table, path: customer });
    columns.push(...stepColumns(relation, actor, context));
    // Where the tickets are protected, only those of one's own customers can be changed, so that nobody is won by it.
    const free = isOf(relation, schema, table, context) && !isProtected(relation, context);
    if (free) columns.push(tickets.assignee, ...(tickets.closed === null ? [] : [tickets.closed]));
    if (open !== undefined) columns.push(...stepColumns(relation, open.path.steps, context));
    if (free) columns.push(...openColumns(open));
  }
  return new Set([...columns, ...paths.flatMap((path) => pathColumns(relation, path, context))]);
}

function isProtected(relation: Relation, context: PlanContext): boolean {
  const { protection, catalog } = context;
  return [relation, ...relation.parents.map((oid) => catalog.byOid(oid))].some(
    (one) => one !== null && protection.tables.has(tableKey(one.schema, one.name)),
  );
}

/** Whether rows of others find their customer through this table's, which isn't protected itself. */
export function isLink(relation: Relation, context: PlanContext): boolean {
  if (isProtected(relation, context)) return false;
  const steps = linkSteps(context).flat();
  if (context.role.ticketBound) steps.push(...(context.protection.tickets?.actor ?? []));
  return stepColumns(relation, steps, context).length > 0;
}

/** What the server says within an error of `invalidText` where a row would be another customer's. */
export const givenAway = "whosaw: this row would be given to another customer";
/** And where it would be nobody's. */
export const unlinked = "whosaw: a row would no longer lead to its customer";

function linkSteps({ protection }: PlanContext): readonly (readonly KeyStep[])[] {
  return [...protection.tables.values()].flatMap(({ key }) => alternatives(key).map(({ steps }) => steps));
}

/**
 * What holds of a table's row through which another's customer may be found: SQL, with the row's alias. A help desk keeps its links to people
 * of all kinds in one table, and the paths say by their conditions which of them lead to customers: the others are the application's to drop.
 * It asks nothing of the row that would be read, so a link without one counts too. Null: all of them may.
 */
export function leadsText(relation: Relation, row: string, context: PlanContext): string | null {
  const { role, protection } = context;
  // Whose ticket it is must stay known as well; there are no conditions in that way.
  const actor = role.ticketBound ? (protection.tickets?.actor ?? []) : [];
  if (stepColumns(relation, actor, context).length > 0) return null;
  const tests = new Set<string>();
  for (const steps of linkSteps(context))
    for (const [index, { schema, table }] of steps.entries())
      if (isOf(relation, schema, table, context)) {
        const text = backText(steps.slice(0, index + 1), row);
        if (text === "") return null;
        tests.add(text);
      }
  return [...tests].join(" OR ");
}

/** Whether the last step's row, whose alias is given, can be reached by the steps before it. Empty: always. */
function backText(steps: readonly KeyStep[], row: string): string {
  const last = steps.at(-1) ?? defect("a way without a step");
  const tables: string[] = [];
  const tests = [...conditions(row, last.where)];
  let value = `${row}.${quoteName(last.match)}`;
  for (const [index, step] of [...steps.slice(0, -1).entries()].toReversed()) {
    const alias = `${ownAlias("b")}${index}`;
    tables.push(`${quoteName(step.schema)}.${quoteName(step.table)} AS ${alias}`);
    tests.push(equal(`${alias}.${quoteName(step.take)}`, value), ...conditions(alias, step.where));
    value = `${alias}.${quoteName(step.match)}`;
  }
  if (tables.length === 0) return tests.join(" AND ");
  return `EXISTS (SELECT 1 FROM ${tables.join(", ")} WHERE ${tests.join(" AND ")})`;
}

/**
 * A condition under which only rows that lead nowhere go: for one that leads to a customer it is an error as it runs, whose text is the row's
 * place. The server takes conditions in an order of its own, so the client's stands within it once more, before anything is an error; what
 * is not true there a second time stays.
 */
export function looseRows(condition: Node | undefined, leads: string, row: string): Node {
  const wrong = `CAST(pg_catalog.concat('${unlinked} ', ${row}.ctid) AS pg_catalog.int4) IS NULL`;
  const loose = ownExpression(`CASE WHEN ${leads} THEN ${wrong} ELSE true END`);
  if (condition === undefined) return loose;
  const again = ownExpression("CASE WHEN true THEN true ELSE false END");
  const [when] = "CaseExpr" in again ? (again.CaseExpr.args ?? []) : [];
  if (when === undefined || !("CaseWhen" in when)) return defect("a condition of whosaw's own is none");
  when.CaseWhen.expr = structuredClone(condition);
  when.CaseWhen.result = loose;
  return both(condition, again);
}

/** The value for a column that leads to a customer: itself, as applications write rows whole; anything else is an error as it runs. */
export function keptValue(value: Node, column: string, relation: Relation, alias: string): Node {
  if ("SetToDefault" in value || "MultiAssignRef" in value)
    return refuse(
      "key",
      "a row would be given to another customer",
      "Leave out the column that says whose the row is.",
    );
  const own = `${quoteName(alias)}.${quoteName(column)}`;
  const type = relation.columns.find(({ name }) => name === column)?.type ?? "text";
  const said = `'${givenAway} '`;
  const wrong = `CAST(CAST(CAST(pg_catalog.concat(${said}, ${quoteName(alias)}.ctid) AS pg_catalog.int4) AS pg_catalog.text) AS ${type})`;
  const kept = ownExpression(`CASE WHEN ${own} IS NOT DISTINCT FROM NULL THEN ${own} ELSE ${wrong} END`);
  const [when] = "CaseExpr" in kept ? (kept.CaseExpr.args ?? []) : [];
  const test = when !== undefined && "CaseWhen" in when ? when.CaseWhen.expr : undefined;
  if (test === undefined || !("A_Expr" in test)) return defect("a condition of whosaw's own is none");
  test.A_Expr.rexpr = value;
  return kept;
}

/** A ticket of one's own opens its customer: those bound to tickets may make only such as are nobody's or another's. */
export function keepTickets(statement: InsertStmt, relation: Relation, context: PlanContext): void {
  const { tickets } = context.protection;
  if (!context.role.ticketBound || tickets === null) return;
  if (stepColumns(relation, [...tickets.actor, ...tickets.customer.steps], context).length > 0) ticketless();
  if (!isOf(relation, tickets.schema, tickets.table, context)) return;
  const named = (statement.cols ?? []).map((node) => ("ResTarget" in node ? node.ResTarget.name : undefined));
  const at =
    statement.cols === undefined
      ? relation.columns.findIndex(({ name }) => name === tickets.assignee)
      : named.indexOf(tickets.assignee);
  if (at < 0) return;
  const query = statement.selectStmt;
  const rows = query !== undefined && "SelectStmt" in query ? query.SelectStmt.valuesLists : undefined;
  if (rows === undefined) return ticketless();
  for (const row of rows) {
    const value = "List" in row ? row.List.items?.[at] : undefined;
    if (value !== undefined && !isAnothers(value, context)) ticketless();
  }
}

function isAnothers(value: Node, { actor, protection }: PlanContext): boolean {
  if (!("A_Const" in value)) return false;
  if (value.A_Const.isnull === true) return true;
  const text = value.A_Const.sval === undefined ? null : textOf({ String: value.A_Const.sval });
  return text !== null && protection.tickets?.actor.length === 0 && text !== actor;
}

/** COPY FROM STDIN tells its rows too late to look at them. */
export function keepTicketsCopied(relation: Relation, context: PlanContext): void {
  const { tickets } = context.protection;
  if (!context.role.ticketBound || tickets === null) return;
  const steps = [...tickets.actor, ...tickets.customer.steps];
  if (
    isOf(relation, tickets.schema, tickets.table, context) ||
    stepColumns(relation, steps, context).length > 0
  )
    ticketless();
}

function ticketless(): never {
  return refuse(
    "binding",
    "a ticket of your own would be made by this, and your role is bound to tickets",
    "Leave the assignee out, and have the ticket assigned.",
  );
}
