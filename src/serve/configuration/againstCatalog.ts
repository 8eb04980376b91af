import type { Catalog, Relation } from "../../capture/index.ts";
import {
  alternatives,
  type KeyCondition,
  type KeyPath,
  type KeyStep,
  type Protection,
  type Role,
  sqlName,
  tableKey,
} from "../../policy/index.ts";
import type { Contradiction } from "./contradictions.ts";

interface Told {
  readonly protection: Protection;
  readonly roles: ReadonlyMap<string, Role>;
  /** The key of the file under which a protected table is written. */
  readonly written: (schema: string, table: string) => string;
}

/** What the configuration says that this catalog doesn't bear out. */
export function againstCatalog(told: Told, catalog: Catalog): readonly Contradiction[] {
  return [
    ...ofTables(told, catalog),
    ...ofTickets(told.protection, catalog),
    ...ofFunctions(told.roles, catalog),
  ];
}

function ofTables({ protection, written }: Told, catalog: Catalog): readonly Contradiction[] {
  const found: Contradiction[] = [];
  let first: { readonly table: string; readonly family: string } | null = null;
  for (const table of protection.tables.values()) {
    const at = ["protect", written(table.schema, table.table)];
    const relation = catalog.relation(table.schema, table.table);
    const what = unfit(relation, at[1] ?? "");
    if (relation === null || what !== null) {
      found.push({ path: at, what: what ?? "" });
      continue;
    }
    for (const column of table.fields.keys()) {
      if (!has(relation, column))
        found.push({ path: [...at, "fields", column], what: `${at[1]} has no column ${column}` });
    }
    found.push(...parentsOf(relation, protection, catalog).map((wrong) => ({ path: at, what: wrong })));
    const many = table.key.many === true;
    for (const key of alternatives(table.key)) {
      const walked = walk(relation, { ...key, many }, catalog);
      found.push(...walked.wrong.map((wrong) => ({ path: [...at, "key"], what: wrong })));
      const family = walked.type === null ? null : familyOf(walked.type);
      if (family !== null && first !== null && family !== first.family) {
        const both = `a customer's id is ${family} here and ${first.family} in ${first.table}`;
        found.push({ path: [...at, "key"], what: `${both}: the paths don't end at the same thing` });
      }
      if (family !== null) first ??= { table: at[1] ?? "", family };
    }
  }
  return found;
}

/** A table whose rows also come out of an unprotected parent would be read there. */
function parentsOf(relation: Relation, protection: Protection, catalog: Catalog): readonly string[] {
  return relation.parents.flatMap((oid) => {
    const parent = catalog.byOid(oid);
    return parent === null || protection.tables.has(tableKey(parent.schema, parent.name))
      ? []
      : [
          `its rows are also rows of ${tableKey(parent.schema, parent.name)}, which isn't protected: protect that one`,
        ];
  });
}

function ofTickets({ tickets }: Protection, catalog: Catalog): readonly Contradiction[] {
  if (tickets === null) return [];
  const name = `${sqlName(tickets.schema)}.${sqlName(tickets.table)}`;
  const relation = catalog.relation(tickets.schema, tickets.table);
  const what = unfit(relation, name);
  if (relation === null || what !== null) return [{ path: ["tickets", "table"], what: what ?? "" }];
  const found: Contradiction[] = [];
  for (const [key, column] of [
    ["id", tickets.id],
    ["closed", tickets.closed],
  ] as const) {
    if (column !== null && !has(relation, column))
      found.push({ path: ["tickets", key], what: `${name} has no column ${column}` });
  }
  const paths = [
    { at: ["tickets", "customer"], path: tickets.customer },
    { at: ["tickets", "assignee"], path: { column: tickets.assignee, steps: tickets.actor } },
    ...(tickets.open === undefined ? [] : [{ at: ["tickets", "open", "path"], path: tickets.open.path }]),
  ];
  for (const { at, path } of paths)
    found.push(...walk(relation, path, catalog).wrong.map((wrong) => ({ path: at, what: wrong })));
  return found;
}

function ofFunctions(roles: Told["roles"], catalog: Catalog): readonly Contradiction[] {
  return [...roles.values()].flatMap((role) =>
    [...role.functions].flatMap((name, at) => {
      const [schema = "", short = ""] = splitKey(name);
      return schema === "pg_catalog" || catalog.functionSchemas(short).includes(schema)
        ? []
        : [{ path: ["roles", role.name, "functions", at], what: `there is no function ${name}` }];
    }),
  );
}

function splitKey(name: string): readonly string[] {
  const dot = name.indexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/** Why this can't be a table whose rows are customers'; null where it can. */
function unfit(relation: Relation | null, name: string): string | null {
  if (relation === null) return `the database has no table ${name}`;
  if (relation.kind === "view")
    return `${name} is a view: protect the tables behind it, and the view shows no more than they do`;
  return ["table", "partitioned", "foreign", "materialized"].includes(relation.kind)
    ? null
    : `${name} is no table (${relation.kind})`;
}

/** Follows the path through the catalog: what is wrong on the way, and the type of what stands at its end. */
function walk(
  from: Relation,
  path: KeyPath,
  catalog: Catalog,
): { readonly wrong: readonly string[]; readonly type: string | null } {
  const wrong: string[] = [...conditionsOf(from, path.where)];
  let type = typeOf(from, path.column);
  if (type === null)
    return { wrong: [...wrong, `${from.schema}.${from.name} has no column ${path.column}`], type };
  for (const step of path.steps) {
    const name = `${sqlName(step.schema)}.${sqlName(step.table)}`;
    const relation = catalog.relation(step.schema, step.table);
    const what = unfit(relation, name);
    if (relation === null || what !== null) return { wrong: [...wrong, what ?? ""], type: null };
    wrong.push(...conditionsOf(relation, step.where));
    const match = typeOf(relation, step.match);
    if (match === null) return { wrong: [...wrong, `${name} has no column ${step.match}`], type: null };
    if (familyOf(match) !== familyOf(type))
      wrong.push(`${name}.${step.match} is ${match}, and what is looked for there is ${type}`);
    if (path.many !== true && !tellsApart(relation, step))
      wrong.push(
        `${name}.${step.match} isn't unique, so a row may have several customers: write several: true`,
      );
    type = typeOf(relation, step.take);
    if (type === null) return { wrong: [...wrong, `${name} has no column ${step.take}`], type };
  }
  return { wrong, type };
}

/** Whether at most one row can be found: some unique index has no column besides the match and the conditions. */
function tellsApart(relation: Relation, { match, where }: KeyStep): boolean {
  const fixed = new Set([match, ...(where ?? []).map(({ column }) => column)]);
  return (relation.unique ?? []).some((columns) => columns.every((column) => fixed.has(column)));
}

function conditionsOf(relation: Relation, where: readonly KeyCondition[] | undefined): readonly string[] {
  return (where ?? [])
    .filter(({ column }) => !has(relation, column))
    .map(({ column }) => `${relation.schema}.${relation.name} has no column ${column}`);
}

function has(relation: Relation, column: string): boolean {
  return typeOf(relation, column) !== null;
}

function typeOf(relation: Relation, column: string): string | null {
  return relation.columns.find(({ name }) => name === column)?.type ?? null;
}

/** Types that `=` compares without a cast, as far as keys have them. */
function familyOf(type: string): string {
  const bare = type.replace(/\(.*\)/, "");
  if (/^(smallint|integer|bigint|numeric)$/.test(bare)) return "a number";
  if (/^(text|character varying|character|name)$/.test(bare)) return "text";
  return bare;
}
