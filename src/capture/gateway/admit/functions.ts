import type { PlanContext, StatementRefusal } from "../plan.ts";
import { builtinFunctions, otherUnaryBuiltins } from "./lists/builtinFunctions.ts";
import { informationFunctions } from "./lists/systemRelations.ts";
import { extensionsIn } from "./names.ts";
import { refused } from "./refusals.ts";
import { isShowable } from "./settings.ts";
import { constantText, type Fields, holdsKind, listOf, nameNodes, nameParts } from "./tree.ts";

/** Functions that keep something beyond the statement, or tell of something outside it: each under a rule about its arguments. */
type ArgumentRule = (args: readonly unknown[], context: PlanContext) => StatementRefusal | null;

const fromTables: ReadonlySet<string> = new Set(["ColumnRef", "SubLink", "SelectStmt"]);

function closed(name: string): ArgumentRule {
  return (args) =>
    args.some((arg) => holdsKind(arg, fromTables))
      ? refused(
          "open_argument",
          `the arguments of ${name} may not be taken from a table, because it keeps or tells them outside the statement.`,
          "Give a constant or a parameter.",
        )
      : null;
}

const argumentRules: ReadonlyMap<string, ArgumentRule> = new Map<string, ArgumentRule>([
  ...`nextval currval lastval setval setseed pg_sleep pg_sleep_for pg_sleep_until pg_advisory_lock pg_advisory_lock_shared
  pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
  pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`
    .split(/\s+/)
    .map((name): [string, ArgumentRule] => [name, closed(name)]),
  [
    "current_setting",
    (args, context): StatementRefusal | null => {
      const name = constantText(args[0]);
      return name !== null && isShowable(name, context)
        ? null
        : refused(
            "setting_read",
            "current_setting takes the constant name of one of the server's own settings here.",
            "Settings with a dot in their name belong to somebody else and may hold anything.",
          );
    },
  ],
  [
    "set_config",
    (): StatementRefusal =>
      refused(
        "set_config",
        "set_config must stand alone: SELECT set_config('name', 'value', false), with constants.",
        "Use SET name = value.",
      ),
  ],
  [
    "pg_notify",
    (args, context): StatementRefusal | null => {
      const channel = constantText(args[0]);
      if (channel === null || !context.role.channels.has(channel))
        return refused(
          "channel",
          "this role may not notify that channel.",
          "The channel must be a constant and listed among the role's channels.",
        );
      return closed("pg_notify")(args, context);
    },
  ],
]);

/** Types of pg_catalog without a function of their name, which may be written like one: json('[]'). */
const typesWrittenAsFunctions: ReadonlySet<string> = new Set(
  `json jsonb uuid inet macaddr macaddr8 tsvector tsquery bytea jsonpath varbit regclass regcollation regconfig regdictionary
  regnamespace regoper regoperator regproc regprocedure regrole regtype`.split(/\s+/),
);

/**
 * Lets functions be called that are on a list, and names their schema, so that no other can be bound in their place. The name of the
 * result's column is the function's name without its schema, and so stays.
 */
export function judgeFunction(call: Fields, context: PlanContext): Fields | StatementRefusal {
  const parts = nameParts(call["funcname"]);
  if (parts === null || parts.length === 0 || parts.length > 2) return unknownFunction("of that name");
  const args = listOf(call["args"]);
  const [name = "", schema] = parts.toReversed();
  if (schema === undefined) return judgeUnqualified(call, name, context);
  if (schema === "pg_catalog") {
    const rule = argumentRules.get(name);
    if (rule !== undefined) return rule(args, context) ?? call;
    return isBuiltin(name, args, context) ? call : unknownFunction(name);
  }
  if (schema === "information_schema") return informationFunctions.has(name) ? call : unknownFunction(name);
  return isListed(schema, name, context) || isOwnType(schema, name, args, context)
    ? call
    : unknownFunction(name);
}

function judgeUnqualified(call: Fields, name: string, context: PlanContext): Fields | StatementRefusal {
  const args = listOf(call["args"]);
  const rule = argumentRules.get(name);
  if (rule !== undefined) return rule(args, context) ?? qualified(call, "pg_catalog", name);
  if (isBuiltin(name, args, context))
    return isCitexts(name, context) || isVouchedFor(name, context) || isUnnestOfSeveral(name, args, context)
      ? call
      : qualified(call, "pg_catalog", name);
  const { catalog, searchPath } = context;
  const schemas = catalog.functionSchemas(name);
  const listed = searchPath.find((schema) => schemas.includes(schema) && isListed(schema, name, context));
  if (listed !== undefined) return qualified(call, listed, name);
  const ownType = searchPath.find((schema) => isOwnType(schema, name, args, context));
  return ownType === undefined ? unknownFunction(name) : qualified(call, ownType, name);
}

/** A role's list may hold more of the server's own functions: pg_catalog.pg_stat_file. */
function isBuiltin(name: string, args: readonly unknown[], { role }: PlanContext): boolean {
  return (
    builtinFunctions.has(name) ||
    role.functions.has(`pg_catalog.${name}`) ||
    (typesWrittenAsFunctions.has(name) && args.length === 1)
  );
}

function isListed(schema: string, name: string, context: PlanContext): boolean {
  return (
    context.role.functions.has(`${schema}.${name}`) ||
    extensionsIn(schema, context.catalog).some((extension) => extension.functions.has(name))
  );
}

/** `mood('glad')`: a cast to a type of the database's own, written like a call. */
function isOwnType(
  schema: string,
  name: string,
  args: readonly unknown[],
  { catalog }: PlanContext,
): boolean {
  return (
    args.length === 1 &&
    catalog.typeSchemas(name).includes(schema) &&
    !catalog.functionSchemas(name).includes(schema)
  );
}

/**
 * citext has functions for its own type under the server's names (replace, max): which one is meant hangs on the types, so the name is
 * left as it is where every other function of that name stands in citext's schema.
 */
function isCitexts(name: string, { catalog }: PlanContext): boolean {
  const schemas = catalog.functionSchemas(name);
  return (
    schemas.length > 0 &&
    schemas.every((schema) =>
      extensionsIn(schema, catalog).some((extension) => extension.functions.has(name)),
    )
  );
}

/**
 * The path has functions under a name of the server's, and the role lists every one there is: which is meant hangs on the types, so that
 * the server chooses, and whichever it chooses may be called.
 */
function isVouchedFor(name: string, context: PlanContext): boolean {
  const { catalog, searchPath } = context;
  const schemas = catalog.functionSchemas(name);
  return (
    searchPath.some((schema) => schemas.includes(schema)) &&
    schemas.every((schema) => isListed(schema, name, context))
  );
}

/**
 * unnest(a, b) in FROM is syntax, and only where no schema is written (transformRangeFunction); the server puts its own unnest in its
 * place then. Left alone unless the database has an unnest too, which a call elsewhere could mean.
 */
function isUnnestOfSeveral(name: string, args: readonly unknown[], { catalog }: PlanContext): boolean {
  return name === "unnest" && args.length > 1 && catalog.functionSchemas(name).length === 0;
}

function qualified(call: Fields, schema: string, name: string): Fields {
  return { ...call, funcname: nameNodes([schema, name]) };
}

function unknownFunction(name: string): StatementRefusal {
  return refused(
    "unknown_function",
    `the function ${name} isn't on the list of functions that may be called through the gateway.`,
    "Write a column as row.column, never as column(row). Other functions: have them listed for the role as schema.name.",
  );
}

/**
 * `(value).name` and `row.name` call the function of that name if there is no such column. Names of the server's functions that are on no
 * list are refused; those of the database's own too, but for `row.name` where a table of the statement has a column called that: the
 * lineage, which knows every column, sees to it that a column is meant.
 */
export function attributeRefusal(
  name: string,
  columns: ReadonlySet<string>,
  context: PlanContext,
): StatementRefusal | null {
  if (otherUnaryBuiltins.has(name)) return unknownFunction(name);
  if (columns.has(name)) return null;
  const owners = context.catalog.functionSchemas(name).filter((schema) => schema !== "information_schema");
  return owners.some((schema) => !isListed(schema, name, context)) ? unknownFunction(name) : null;
}
