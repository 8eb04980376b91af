import { reach } from "../jsonReading.ts";
import { keyOf, keysOfArray, keysOfList } from "./keyLiterals.ts";

/** A protected table where a statement reads it: how its columns may be called there. */
export interface KeyedSource {
  readonly key: string;
  /** Its alias, else its name. */
  readonly calledAs: string;
  /** The schema it is named with, '' if it has none or an alias hides it. */
  readonly schema: string;
}

/** The keys that rows must have to pass; null: any key may pass. */
export type Keys = ReadonlySet<string> | null;

/** Rows pass only if they satisfy both. */
export function both(left: Keys, right: Keys): Keys {
  if (left === null || right === null) return left ?? right;
  return new Set([...left].filter((key) => right.has(key)));
}

function either(left: Keys, right: Keys): Keys {
  return left === null || right === null ? null : new Set([...left, ...right]);
}

/**
 * The keys that a row of `source` must have for the condition to be true. Only what provably bounds the key counts: `=`,
 * `IN` and `= ANY` with constants, AND of anything with such, OR of nothing but such. Everything else, NOT, `<>` and
 * subqueries among them, bounds nothing. (Three-valued logic doesn't matter: WHERE and ON pass only what is true.)
 */
export function keysAllowed(
  condition: unknown,
  source: KeyedSource,
  parameters: readonly string[] | null,
): Keys {
  const arms = reach(condition, "BoolExpr", "args");
  const operator = reach(condition, "BoolExpr", "boolop");
  if (Array.isArray(arms) && (operator === "AND_EXPR" || operator === "OR_EXPR")) {
    const keys = arms.map((arm) => keysAllowed(arm, source, parameters));
    const [first = null, ...rest] = keys;
    return rest.reduce(operator === "AND_EXPR" ? both : either, first);
  }
  const comparison = reach(condition, "A_Expr");
  if (comparison === undefined || !isEquals(reach(comparison, "name"))) return null;
  const left = reach(comparison, "lexpr");
  const right = reach(comparison, "rexpr");
  switch (reach(comparison, "kind")) {
    case "AEXPR_OP": {
      const key = isKey(left, source)
        ? keyOf(right, parameters)
        : isKey(right, source)
          ? keyOf(left, parameters)
          : null;
      return key === null ? null : new Set([key]);
    }
    case "AEXPR_IN":
      return isKey(left, source) ? keysOfList(reach(right, "List", "items"), parameters) : null;
    case "AEXPR_OP_ANY":
      return isKey(left, source) ? keysOfArray(right, parameters) : null;
    default:
      return null;
  }
}

/** `=`, plain or as OPERATOR(pg_catalog.=); another schema's may mean anything. */
function isEquals(name: unknown): boolean {
  const parts = names(name);
  return parts.at(-1) === "=" && (parts.length === 1 || (parts.length === 2 && parts[0] === "pg_catalog"));
}

/**
 * The column is the source's key. An unqualified name is, too: the table has such a column, and PostgreSQL refuses a
 * name that two tables have, but for a merged column (USING), which equals the key in every row the table has part in.
 */
function isKey(node: unknown, source: KeyedSource): boolean {
  const parts = names(reach(node, "ColumnRef", "fields"));
  if (parts.at(-1) !== source.key) return false;
  if (parts.length === 1) return true;
  if (parts.at(-2) !== source.calledAs) return false;
  return parts.length === 2 || (parts.length === 3 && parts[0] === source.schema && source.schema !== "");
}

/** The texts of a list of String nodes; a node that is none gives ''. */
export function names(nodes: unknown): readonly string[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node) => {
    const text = reach(node, "String", "sval");
    return typeof text === "string" ? text : "";
  });
}
