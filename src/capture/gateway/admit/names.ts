import type { Catalog, Relation } from "../catalog/catalog.ts";
import type { PlanContext, StatementRefusal } from "../plan.ts";
import { knownExtensions } from "./lists/handReviewed.ts";
import { readableCatalogs, readableInformation, refusedCatalogs } from "./lists/systemRelations.ts";
import { askAdministrator, refused } from "./refusals.ts";
import { type Fields, nameParts, textOf } from "./tree.ts";

/** Where the name of a relation leads. */
export interface Place {
  /** Null: only the catalog could tell, and it doesn't know the name. */
  readonly schema: string | null;
  readonly name: string;
  readonly relation: Relation | null;
}

export function placeOf(rangeVar: Fields, context: PlanContext): Place {
  const name = textOf(rangeVar["relname"]);
  const written = textOf(rangeVar["schemaname"]);
  const { catalog, searchPath } = context;
  const relation = written === "" ? catalog.resolve(name, searchPath) : catalog.relation(written, name);
  return { schema: relation?.schema ?? (written === "" ? null : written), name, relation };
}

/** Whether rows of a protected table may come from it: the table, its partitions, and whatever isn't known to be another's. */
export function mayBeProtected(relation: Relation | null, context: PlanContext): boolean {
  if (relation === null) return true;
  if (relation.kind === "view" || relation.kind === "materialized" || relation.kind === "foreign")
    return true;
  const family = [relation, ...relation.parents.map((oid) => context.catalog.byOid(oid))];
  return family.some((one) => one === null || context.protection.tables.has(`${one.schema}.${one.name}`));
}

/** The server's own objects: pg_catalog, information_schema, TOAST, other sessions' temporary objects. */
export function isSystemSchema(schema: string): boolean {
  return schema === "information_schema" || (schema.startsWith("pg_") && schema !== "pg_temp");
}

/** Refuses relations that hold what customers' rows hold, or others' secrets, under another name. Null: it may be named. */
export function relationRefusal(
  rangeVar: Fields,
  context: PlanContext,
  within: ReadonlySet<string>,
): StatementRefusal | null {
  if (textOf(rangeVar["catalogname"]) !== "")
    return refused(
      "database_name",
      "a table is named with its database.",
      "Leave the database's name away: schema.table is enough.",
    );
  const { schema, name, relation } = placeOf(rangeVar, context);
  if (schema === "pg_catalog") return readableCatalogs.has(name) ? null : systemRefusal(name);
  if (schema === "information_schema") return readableInformation.has(name) ? null : systemRefusal(name);
  if (schema !== null) {
    if (!isSystemSchema(schema)) return null;
    // The session's own temporary schema has a number in its name.
    return relation?.temporary === true ? null : systemRefusal(name);
  }
  // Unqualified and unknown to the catalog, which may leave the server's own relations out; a WITH query may bear any other name.
  if (readableCatalogs.has(name)) return null;
  if (name in refusedCatalogs) return systemRefusal(name);
  if (within.has(name) || !name.startsWith("pg_")) return null;
  return systemRefusal(name);
}

function systemRefusal(name: string): StatementRefusal {
  const reason = Object.hasOwn(refusedCatalogs, name) ? refusedCatalogs[name] : undefined;
  return refused(
    "system_relation",
    `the system relation ${name} may not be read through the gateway${reason === undefined ? "" : `: ${reason}`}.`,
    reason === undefined
      ? "Only relations that tell how the database is made may be read."
      : askAdministrator,
  );
}

/** Refuses an operator that may be a user's own function in disguise. Null: it may be used. */
export function operatorRefusal(name: unknown, context: PlanContext): StatementRefusal | null {
  const parts = nameParts(name);
  if (parts === null || parts.length === 0 || parts.length > 2)
    return refused("unknown_operator", "an operator's name isn't understood.", "Write schema.operator.");
  const [first = "", second] = parts;
  if (second !== undefined)
    return first === "pg_catalog" || operatorIsReviewed(first, second, context)
      ? null
      : unknownOperator(second);
  const schemas = context.catalog.operatorSchemas(first).filter((schema) => schema !== "pg_catalog");
  return schemas.every((schema) => operatorIsReviewed(schema, first, context))
    ? null
    : unknownOperator(first);
}

function operatorIsReviewed(schema: string, operator: string, context: PlanContext): boolean {
  return (
    context.role.functions.has(`${schema}.${operator}`) ||
    extensionsIn(schema, context.catalog).some((extension) => extension.operators.has(operator))
  );
}

function unknownOperator(operator: string): StatementRefusal {
  return refused(
    "unknown_operator",
    `a schema of the database has an operator ${operator} of its own, and what it does isn't known.`,
    "Write OPERATOR(pg_catalog.…) for the server's own, or have the operator listed among the role's functions as schema.operator.",
  );
}

/** The reviewed extensions that this schema holds. */
export function extensionsIn(schema: string, catalog: Catalog): typeof knownExtensions {
  return knownExtensions.filter(({ marker }) => {
    const schemas =
      marker.kind === "type" ? catalog.typeSchemas(marker.name) : catalog.functionSchemas(marker.name);
    return schemas.includes(schema);
  });
}

/** Refuses types whose meaning is taken from elsewhere. Null: it may be used. */
export function typeRefusal(type: Fields): StatementRefusal | null {
  const parts = nameParts(type["names"]);
  if (parts !== null && parts.length <= 2 && type["setof"] !== true && type["pct_type"] !== true) return null;
  return refused(
    "type_name",
    "a type is named in a way that the gateway doesn't take.",
    "Write the type's name, with its schema at most.",
  );
}
