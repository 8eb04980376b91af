import type { Node, SelectStmt } from "@pgsql/types";
import type { PlanContext } from "../../plan.ts";
import { anywhere, below, isTree } from "../tree/nodes.ts";

/**
 * A query that is computed twice need not choose the same rows twice: LIMIT takes any of those that sort alike, and row_number() numbers
 * them in any order. Here the second is widened until it holds whatever the first may have chosen, and what can't be widened is found.
 */

/**
 * Functions whose answer may differ from call to call: those that PostgreSQL 18 calls volatile among the ones that are admitted, those
 * of the reviewed extensions, and the stable ones that look into the catalog as it is at that moment, whatever the snapshot.
 */
const volatileNames: ReadonlySet<string> = new Set(
  `array_sample array_shuffle clock_timestamp gen_random_uuid random random_normal
  timeofday uuidv4 uuidv7 setseed nextval currval lastval setval
  mxid_age row_security_active format_type oidvectortypes col_description obj_description shobj_description
  uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt normal_rand pgp_sym_encrypt pgp_sym_encrypt_bytea
  pgp_pub_encrypt pgp_pub_encrypt_bytea`.split(/\s+/),
);

/** Families of functions that look into the catalog, or at the server: to_regclass, has_table_privilege, enum_first, all that begin with pg_. */
const catalogNames = /^(?:to_reg|reg(?!exp|r_)|has_|enum_|txid_|pg_(?!size_|column_size$|backend_pid$))/;

/** Types whose texts are names, which the catalog knows and others may change. */
const namedTypes =
  /^(?:reg(?:class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type)|aclitem)\b/;

/** Window functions that depend on the order of rows that sort alike. */
const orderedNames: ReadonlySet<string> = new Set(
  "row_number ntile first_value last_value nth_value lag lead".split(" "),
);

export function calledName(called: unknown): string {
  if (!isTree(called) || !Array.isArray(called["funcname"])) return "";
  const last: unknown = called["funcname"].at(-1);
  const text = isTree(last) ? last["String"] : undefined;
  return isTree(text) && typeof text["sval"] === "string" ? text["sval"] : "";
}

function chooses(query: Record<string, unknown>): boolean {
  const distinct = query["distinctClause"];
  const on = Array.isArray(distinct) && distinct.some((node) => isTree(node) && Object.keys(node).length > 0);
  const { limitCount, limitOffset } = query;
  return on || limitCount !== undefined || (limitOffset !== undefined && !isZero(limitOffset));
}

/** OFFSET 0 chooses nothing: it stands where a view with a security_barrier did. */
function isZero(offset: unknown): boolean {
  const known = isTree(offset) ? offset["A_Const"] : undefined;
  return isTree(known) && isTree(known["ival"]) && (known["ival"]["ival"] ?? 0) === 0;
}

/** Whether a query, or one inside it, gives only some of its rows. */
export function choosesRows(query: SelectStmt): boolean {
  return selectsBelow([query], chooses);
}

/** A SELECT anywhere below, wherever the tree puts it: in a sub-select, or as a side of UNION. */
function selectsBelow(value: unknown, found: (query: Record<string, unknown>) => boolean): boolean {
  return below(value).some((inner) =>
    anywhere(inner, (tree) => ("limitOption" in tree && "op" in tree ? found(tree) : false)),
  );
}

/** Whether a widened query may still read other rows than it did the first time. */
export function isUnsteady(query: SelectStmt, context: PlanContext): boolean {
  if (selectsBelow(query, chooses)) return true;
  const windows = selectsBelow(query, (nested) => ordersRows(nested["targetList"]));
  return (
    windows ||
    anywhere(query, (tree) => {
      const { FuncCall: called, RangeVar: place, TypeCast: cast } = tree;
      if (isTree(tree["RangeTableSample"]) || isTree(tree["LockingClause"])) return true;
      return (
        isVolatile(called, context) ||
        attributes(tree).some((name) => isVolatileName(name, context)) ||
        (isTree(cast) && namesCatalog(cast["typeName"], context)) ||
        (isTree(place) && isOfNoSnapshot(place, context))
      );
    })
  );
}

function isVolatile(called: unknown, context: PlanContext): boolean {
  const name = calledName(called);
  if (name === "") return false;
  return volatileNames.has(name) || catalogNames.test(name) || isSomebodys(called, context);
}

/** Functions that a role lists are somebody's own: what they do a second time isn't known, nor how many rows they make. */
export function isSomebodys(called: unknown, { catalog, role }: PlanContext): boolean {
  const name = calledName(called);
  const words = isTree(called) && Array.isArray(called["funcname"]) ? called["funcname"] : [];
  const schemas =
    words.length === 1 ? catalog.functionSchemas(name) : [calledName({ funcname: words.slice(0, 1) })];
  return schemas.some((schema) => role.functions.has(`${schema}.${name}`));
}

/** `(value).name` and `row.name` may be calls. */
function attributes({ A_Indirection: value, ColumnRef: column }: Record<string, unknown>): readonly string[] {
  const steps = [
    ...(isTree(value) ? below(value["indirection"]) : []),
    ...(isTree(column) ? below(column["fields"]).slice(1) : []),
  ];
  return steps.map((step) => calledName({ funcname: [step] }));
}

/** A column may well be called `enum_kind` or `txid_of`; a function that a role lists is one in any schema. */
function isVolatileName(name: string, { catalog, role }: PlanContext): boolean {
  if (volatileNames.has(name) || /^(?:to_reg|reg(?!exp|r_)|pg_)/.test(name)) return true;
  return catalog.functionSchemas(name).some((schema) => role.functions.has(`${schema}.${name}`));
}

/** A cast to names of the catalog's own, or to the row type of a table, whose columns others may rename. */
function namesCatalog(type: unknown, { catalog, searchPath }: PlanContext): boolean {
  const words = isTree(type) ? below(type["names"]).map((word) => calledName({ funcname: [word] })) : [];
  const [name = "", schema] = words.toReversed();
  if (namedTypes.test(name)) return true;
  return (schema === undefined ? catalog.resolve(name, searchPath) : catalog.relation(schema, name)) !== null;
}

/**
 * What is read as it is at that moment, whatever the snapshot: sequences, other servers' tables, and the catalog, where ANALYZE changes
 * rows in place; also columns that hold names.
 */
function isOfNoSnapshot({ relname, schemaname }: Record<string, unknown>, context: PlanContext): boolean {
  if (typeof relname !== "string") return false;
  const { catalog, searchPath } = context;
  const found =
    typeof schemaname === "string"
      ? catalog.relation(schemaname, relname)
      : catalog.resolve(relname, searchPath);
  const schema = found?.schema ?? schemaname;
  if (schema === "pg_catalog" || schema === "information_schema") return true;
  if (found === null) return false;
  return (
    found.kind === "sequence" ||
    found.kind === "foreign" ||
    found.columns.some(({ type }) => namedTypes.test(type))
  );
}

function ordersRows(value: unknown): boolean {
  return anywhere(value, ({ FuncCall: called }) => {
    if (!isTree(called) || called["over"] === undefined) return false;
    return (
      orderedNames.has(calledName(called)) || called["agg_star"] === true || called["args"] !== undefined
    );
  });
}

function constant(node: Node | undefined): number | null {
  if (node === undefined) return 0;
  if (!("A_Const" in node) || node.A_Const.ival === undefined) return null;
  return node.A_Const.ival.ival ?? 0;
}

/** Makes a query's answer a superset of every answer that it might have given. */
export function widen(query: SelectStmt): void {
  if (selectsBelow(query, chooses)) {
    unlimit(query);
    widenSources(query);
  } else withTies(query);
}

/** LIMIT over rows that are ordered keeps those that sort like the last one; without an order, it might have kept any. */
function withTies(query: SelectStmt): void {
  if (query.limitCount === undefined && query.limitOffset === undefined) return;
  const count = constant(query.limitCount);
  const offset = constant(query.limitOffset);
  const known = count !== null && offset !== null && count >= 0 && offset >= 0;
  if (
    query.sortClause === undefined ||
    query.limitCount === undefined ||
    !known ||
    chooses({ distinctClause: query.distinctClause })
  )
    return unlimit(query);
  const all = count + offset;
  query.limitCount = { A_Const: { ival: all === 0 ? {} : { ival: all } } };
  query.limitOption = "LIMIT_OPTION_WITH_TIES";
  delete query.limitOffset;
}

function unlimit(query: SelectStmt): void {
  delete query.limitCount;
  delete query.limitOffset;
  delete query.sortClause;
  query.limitOption = "LIMIT_OPTION_DEFAULT";
  if (chooses({ distinctClause: query.distinctClause })) delete query.distinctClause;
}

/** More rows below make more rows here only where nothing is left out for their sake: no HAVING, windows, or values of groups compared. */
function widenSources(query: SelectStmt): void {
  if (query.larg !== undefined && query.rarg !== undefined) {
    if (query.op !== "SETOP_UNION") return;
    for (const side of [query.larg, query.rarg]) {
      unlimit(side);
      widenSources(side);
    }
    return;
  }
  if (query.havingClause !== undefined || ordersRows(query.targetList)) return;
  const filters = query.whereClause !== undefined || (query.fromClause ?? []).length > 1;
  for (const node of query.fromClause ?? []) widenSource(node, filters);
}

function widenSource(node: Node, filters: boolean): void {
  if ("JoinExpr" in node) {
    // An outer join gives up a row of nulls for a row that is there, and nulls are nobody's.
    for (const side of [node.JoinExpr.larg, node.JoinExpr.rarg])
      if (side !== undefined) widenSource(side, true);
    return;
  }
  if (!("RangeSubselect" in node)) return;
  const inner = node.RangeSubselect.subquery;
  if (inner === undefined || !("SelectStmt" in inner)) return;
  // What a group's value was may have let a row pass above.
  if (filters && isGrouped(inner.SelectStmt)) return;
  unlimit(inner.SelectStmt);
  widenSources(inner.SelectStmt);
}

function isGrouped(query: SelectStmt): boolean {
  if (query.groupClause !== undefined || query.larg !== undefined) return true;
  return anywhere(query.targetList, ({ FuncCall: called, SubLink: link }) => isTree(called) || isTree(link));
}
