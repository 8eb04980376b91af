import type { Node } from "@pgsql/types";
import {
  alternatives,
  type Field,
  type KeyCondition,
  type KeyPath,
  type KeyStep,
  type ProtectedTable,
  type Showing,
  tableKey,
  unnamedField,
} from "../../../policy/index.ts";
import type { Relation } from "../catalog/catalog.ts";
import type { PlanContext } from "../plan.ts";
import { anywhere, below, hiddenPrefix, isTree, quoteName, quoteText, textOf, word } from "./tree/nodes.ts";
import { ownSelect } from "./tree/parse.ts";
import { refuse } from "./tree/refused.ts";

/** A table whose rows are customers', as one role may see it. */
export interface Guarded {
  readonly relation: Relation;
  /** `schema.table` of the configuration's entry: a partition has its parent's. */
  readonly table: string;
  readonly config: ProtectedTable;
  /** Nothing is masked, and every row may be seen: the table can stay where it stands. */
  readonly open: boolean;
}

const pgCatalogEquals = "OPERATOR(pg_catalog.=)";

/** How the relation is protected; null where it isn't. Children have their parents' protection, and parents their children's. */
export function guardOf(relation: Relation, context: PlanContext): Guarded | null {
  const config = configOf(relation, context);
  if (config === null) return null;
  const names = new Set(relation.columns.map(({ name }) => name));
  if (alternatives(config.key).some(({ column }) => !names.has(column)))
    refuse(
      "key",
      `table "${relation.name}" lacks the column that leads to its customer`,
      "Ask whoever runs whosaw to correct its key in whosaw.yaml.",
    );
  const open =
    !context.role.ticketBound &&
    relation.columns.every(({ name }) => showingOf(config, name, context).showing === "plain");
  return { relation, table: tableKey(config.schema, config.table), config, open };
}

function configOf(relation: Relation, { catalog, protection }: PlanContext): ProtectedTable | null {
  const own = protection.tables.get(tableKey(relation.schema, relation.name));
  if (own !== undefined) return own;
  for (const oid of relation.parents) {
    const parent = catalog.byOid(oid);
    const config = parent === null ? undefined : protection.tables.get(tableKey(parent.schema, parent.name));
    if (config !== undefined) return config;
  }
  for (const config of protection.tables.values()) {
    if (catalog.relation(config.schema, config.table)?.parents.includes(relation.oid) === true) return config;
  }
  return null;
}

/** Whether the relation itself is a customers' table. */
export function configured(relation: Relation, context: PlanContext): boolean {
  return configOf(relation, context) !== null;
}

/** How a column is shown, and whether seeing it counts as seeing the customer. */
export function showingOf(
  config: ProtectedTable,
  column: string,
  { role }: PlanContext,
): { readonly showing: Showing; readonly counts: boolean } {
  const named = config.fields.get(column);
  // The customer's id is what every sighting names; it counts only where the configuration gives it a class.
  if (named === undefined && column === config.key.column) return { showing: "plain", counts: false };
  const field = named ?? unnamedField;
  const showing = role.show[field.class];
  return { showing, counts: field.class !== "none" && showing !== "hidden" };
}

export function equal(left: string, right: string): string {
  return `${left} ${pgCatalogEquals} ${right}`;
}

export function conditions(alias: string, all: readonly KeyCondition[] | undefined): readonly string[] {
  return (all ?? []).map(({ column, value }) =>
    equal(`${alias}.${quoteName(column)}::pg_catalog.text`, `${quoteText(value)}::pg_catalog.text`),
  );
}

/** `FROM ... WHERE ...` of the steps from a value, and the alias and column where they end. */
function walk(
  steps: readonly KeyStep[],
  from: string,
  name: string,
): { readonly clause: string; readonly end: string } {
  let value = from;
  const tables: string[] = [];
  const tests: string[] = [];
  for (const [index, step] of steps.entries()) {
    const alias = `${name}${index}`;
    tables.push(`${quoteName(step.schema)}.${quoteName(step.table)} AS ${alias}`);
    tests.push(equal(`${alias}.${quoteName(step.match)}`, value), ...conditions(alias, step.where));
    value = `${alias}.${quoteName(step.take)}`;
  }
  return { clause: `FROM ${tables.join(", ")} WHERE ${tests.join(" AND ")}`, end: value };
}

function conditionsOf({ where }: KeyPath, row: (column: string) => string): readonly string[] {
  return (where ?? []).map(({ column, value }) =>
    equal(`${row(column)}::pg_catalog.text`, `${quoteText(value)}::pg_catalog.text`),
  );
}

/** The value that a path leads to, as text, or with `many` JSON of all of them. `row` is the row's alias, or a way to name its columns. */
export function pathText(path: KeyPath, row: (column: string) => string, name: string): string {
  const from = row(path.column);
  const own = conditionsOf(path, row);
  let text = `${from}::pg_catalog.text`;
  if (path.steps.length > 0) {
    const { clause, end } = walk(path.steps, from, name);
    const value =
      path.many === true ? `pg_catalog.json_agg(${end}::pg_catalog.text)` : `${end}::pg_catalog.text`;
    text = `(SELECT ${value} ${clause})`;
  } else if (path.many === true) {
    text = `pg_catalog.json_build_array(${text})`;
  }
  if (own.length === 0) return text;
  const { or } = path;
  const other = or === undefined ? "" : ` ELSE ${pathText({ ...or, many: path.many === true }, row, name)}`;
  return `CASE WHEN ${own.join(" AND ")} THEN ${text}${other} END`;
}

/**
 * As `pathText`, of a row that may be newer than the statement's snapshot: one that was locked, updated or met as a conflict. What it
 * leads to may be newer too, and then isn't seen; that is an error as it runs, since nobody's such a row is not.
 */
export function surePathText(path: KeyPath, row: (column: string) => string, name: string): string {
  const text = pathText(path, row, name);
  if (alternatives(path).every(({ steps }) => steps.length === 0)) return text;
  const type = path.many === true ? "json" : "text";
  const wrong = `pg_catalog.concat('whosaw: this row is newer than what it leads to ', ${row(path.column)})`;
  const failing = `CAST(CAST(CAST(${wrong} AS pg_catalog.int4) AS pg_catalog.text) AS pg_catalog.${type})`;
  return `CASE WHEN ${lostText(path, row)} THEN ${failing} ELSE ${text} END`;
}

/** Whether what a row leads to, by the way of rows of its kind, isn't there. */
function lostText(path: KeyPath, row: (column: string) => string): string {
  const [first] = path.steps;
  const from = row(path.column);
  const alias = ownAlias("o");
  const lost =
    first === undefined
      ? "false"
      : `${from} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${quoteName(first.schema)}.${quoteName(first.table)} AS ${alias} WHERE ${equal(`${alias}.${quoteName(first.match)}`, from)})`;
  const own = conditionsOf(path, row);
  if (own.length === 0) return lost;
  // A path may be for some rows only: those that have no other lead to nobody.
  const other = path.or === undefined ? "false" : lostText(path.or, row);
  return `CASE WHEN ${own.join(" AND ")} THEN ${lost} ELSE ${other} END`;
}

/** How the customer of a row of a FROM is found, where rows may be locked. */
export function keyText({ locks }: { readonly locks: boolean }): typeof pathText {
  return locks ? surePathText : pathText;
}

/** Beside a client's aliases stand none that a client could have written: a condition would be about itself. */
export const ownAlias = (letter: "a" | "b" | "c" | "k" | "o" | "p" | "t"): string =>
  `${hiddenPrefix}${letter}`;

const cell = (column: string): string => `${ownAlias("t")}.${quoteName(column)}`;

/** Which rows an actor bound to tickets may see: those of customers who have an open ticket assigned to them. */
export function policyText(path: KeyPath, row: string, context: PlanContext): string {
  const { tickets } = context.protection;
  if (tickets === null)
    return refuse("binding", "your role is bound to tickets, and none are known", "Ask whoever runs whosaw.");
  const one: KeyPath = { ...path, many: false };
  const tests: string[] = [];
  const customers = pathText({ ...tickets.customer, many: false }, cell, ownAlias("c"));
  if (path.many === true) {
    tests.push(amongText(path, row, customers));
  } else {
    tests.push(
      equal(
        customers,
        pathText(one, (column) => `${row}.${quoteName(column)}`, ownAlias("p")),
      ),
    );
  }
  const assignee: KeyPath = { column: tickets.assignee, steps: tickets.actor };
  tests.push(equal(pathText(assignee, cell, ownAlias("a")), `${quoteText(context.actor)}::pg_catalog.text`));
  if (tickets.closed !== null) tests.push(`${cell(tickets.closed)} IS NULL`);
  if (tickets.open !== undefined) {
    const state = pathText({ ...tickets.open.path, many: false }, cell, ownAlias("o"));
    const values = tickets.open.values.map((value) => equal(state, `${quoteText(value)}::pg_catalog.text`));
    tests.push(values.length === 0 ? "false" : `(${values.join(" OR ")})`);
  }
  const table = `${quoteName(tickets.schema)}.${quoteName(tickets.table)}`;
  return `EXISTS (SELECT 1 FROM ${table} AS ${ownAlias("t")} WHERE ${tests.join(" AND ")})`;
}

/** Whether a customer is among those to whom a path leads, of which there may be several. */
function amongText(path: KeyPath, row: string, customer: string): string {
  const from = `${row}.${quoteName(path.column)}`;
  const { clause, end } = walk(path.steps, from, ownAlias("p"));
  const among =
    path.steps.length === 0
      ? equal(customer, `${from}::pg_catalog.text`)
      : `${customer} ${pgCatalogEquals} ANY (SELECT ${end}::pg_catalog.text ${clause})`;
  const own = conditions(row, path.where);
  if (own.length === 0) return among;
  const other = path.or === undefined ? "false" : amongText(path.or, row, customer);
  return `CASE WHEN ${own.join(" AND ")} THEN ${among} ELSE ${other} END`;
}

/** Types whose values may become another text. */
const textual = /^(?:text|character varying(?:\(\d+\))?|character(?:\(\d+\))?|bpchar|(?:\w+|"\w+")\.citext)$/;

function masked(value: string, field: Field): string {
  const text = `${value}::pg_catalog.text`;
  if (field.mask === "full") return "'***'";
  if (field.mask === "last4")
    return `CASE WHEN pg_catalog.length(${text}) OPERATOR(pg_catalog.>=) 8 THEN '***' OPERATOR(pg_catalog.||) pg_catalog.right(${text}, 4) WHEN ${value} IS NOT NULL THEN '***' END`;
  if (field.mask === "domain")
    return `CASE WHEN pg_catalog.strpos(${text}, '@') OPERATOR(pg_catalog.>) 0 THEN pg_catalog.regexp_replace(${text}, '^.*@', '***@') WHEN ${value} IS NOT NULL THEN '***' END`;
  return `pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, 'UTF8')), 'hex'), 16)`;
}

/** What stands in place of a column of a row for this role. The column's type stays, so that operators still mean the same. */
export function shownText(guarded: Guarded, column: string, row: string, context: PlanContext): string {
  const { config, relation } = guarded;
  const value = `${row}.${quoteName(column)}`;
  const { showing } = showingOf(config, column, context);
  if (showing === "plain") return value;
  const type = relation.columns.find(({ name }) => name === column)?.type ?? "text";
  if (showing === "hidden" || !textual.test(type)) return `CAST(NULL AS ${type})`;
  return `CAST(${masked(value, config.fields.get(column) ?? unnamedField)} AS ${type})`;
}

/** How deep views may stand on views. */
export const viewsDeepMax = 32;

/** A view's query. */
export function definitionOf(view: Relation, { catalog }: PlanContext): ReturnType<typeof ownSelect> {
  if (view.definition === null)
    return refuse("view", `the definition of view "${view.name}" is not known`, "Ask whoever runs whosaw.");
  const query = ownSelect(view.definition);
  // Written without a schema under an empty path, a function is the server's own; under the session's path it might be another's.
  anywhere(query, ({ FuncCall: called }) => {
    if (!isTree(called) || !Array.isArray(called["funcname"]) || called["funcname"].length !== 1)
      return false;
    const [name] = called["funcname"] as readonly Node[];
    const several = textOf(name) === "unnest" && below(called["args"]).length > 1;
    if (name !== undefined && !several && catalog.functionSchemas(textOf(name) ?? "").length > 0)
      called["funcname"] = [word("pg_catalog"), name];
    return false;
  });
  return query;
}

/**
 * Whether another relation of that name, in another schema of the path, shows customers' rows: those the name would mean were this one
 * gone by the time that the statement runs, or if the login may not look into its schema, which the server then passes over.
 */
export function hidesProtected(
  found: Relation,
  searchPath: readonly string[],
  context: PlanContext,
): boolean {
  return searchPath.some((schema) => {
    const other = context.catalog.relation(schema, found.name);
    return other !== null && other.oid !== found.oid && touchesProtected(other, context);
  });
}

/** Whether a table is protected, or a view or materialized view shows one that is. */
export function touchesProtected(relation: Relation, context: PlanContext, depth = 0): boolean {
  if (configOf(relation, context) !== null) return true;
  if (relation.definition === null) return false;
  if (depth > viewsDeepMax)
    return refuse("view", `views are nested more than ${viewsDeepMax} deep`, "Read the tables themselves.");
  return anywhere(definitionOf(relation, context), (tree) => {
    const place = tree["RangeVar"];
    if (!isTree(place)) return false;
    const { schemaname, relname } = place;
    if (typeof relname !== "string") return false;
    const found =
      typeof schemaname === "string"
        ? context.catalog.relation(schemaname, relname)
        : context.catalog.resolve(relname, []);
    return found !== null && found.oid !== relation.oid && touchesProtected(found, context, depth + 1);
  });
}
