import type { PlanContext } from "../plan.ts";
import { hidesProtected, touchesProtected } from "./tables.ts";
import { anywhere, below, isTree } from "./tree/nodes.ts";

/**
 * Whether everything that a statement names, at any depth, is a table that the catalog knows and nobody protects: then what is wrong with
 * it may be told by the server itself, which knows better and points at it. No views, whose queries weren't looked at; no names that
 * only the server might know, or that hide a customers' table, since they could mean something else by the time it looks; and no `row.name` that could be a call.
 */
export function namesOnlyPlainTables(tree: unknown, context: PlanContext): boolean {
  if (isTree(tree)) {
    if (typeof tree["relname"] === "string" && !isPlainTable(tree, context)) return false;
    const { ColumnRef: column, A_Indirection: indirection } = tree;
    const steps = [
      ...(isTree(column) ? below(column["fields"]).slice(1) : []),
      ...(isTree(indirection) ? below(indirection["indirection"]) : []),
    ];
    if (steps.some((step) => mayCall(step, context))) return false;
  }
  return below(tree).every((inner) => namesOnlyPlainTables(inner, context));
}

/** Whether a name in a statement means a relation that hides a customers' table of that name. */
export function namesHiding(tree: unknown, context: PlanContext): boolean {
  const { catalog, searchPath } = context;
  return anywhere(tree, ({ relname, schemaname }) => {
    if (typeof relname !== "string" || typeof schemaname === "string") return false;
    const relation = catalog.resolve(relname, searchPath);
    return relation !== null && hidesProtected(relation, searchPath, context);
  });
}

function isPlainTable({ relname, schemaname }: Record<string, unknown>, context: PlanContext): boolean {
  const { catalog, searchPath } = context;
  const name = String(relname);
  const relation =
    typeof schemaname === "string" ? catalog.relation(schemaname, name) : catalog.resolve(name, searchPath);
  if (relation === null || (relation.kind !== "table" && relation.kind !== "partitioned")) return false;
  // The name goes to the server as it is, and there it may be passed on to another schema of the path.
  if (typeof schemaname !== "string" && hidesProtected(relation, searchPath, context)) return false;
  return !touchesProtected(relation, context);
}

function mayCall(step: unknown, { catalog }: PlanContext): boolean {
  const name = isTree(step) ? step["String"] : undefined;
  const text = isTree(name) ? name["sval"] : undefined;
  return typeof text === "string" && catalog.functionSchemas(text).length > 0;
}
