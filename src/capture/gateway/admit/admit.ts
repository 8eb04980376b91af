import type { Node } from "libpg-query";
import { isStatementRefusal, type PlanContext, type StatementKind, type StatementRefusal } from "../plan.ts";
import { attributeRefusal, judgeFunction } from "./functions.ts";
import { queryKinds } from "./lists/nodes.ts";
import {
  isSystemSchema,
  mayBeProtected,
  operatorRefusal,
  placeOf,
  relationRefusal,
  typeRefusal,
} from "./names.ts";
import { refused } from "./refusals.ts";
import { settingCall } from "./settings.ts";
import { judgeStatement } from "./statements.ts";
import {
  type Fields,
  fieldsOf,
  isDeeper,
  isFields,
  listOf,
  named,
  nameNodes,
  nameParts,
  textOf,
} from "./tree.ts";
import { jsonDepthMax, tooDeep, type Visitor, Walk } from "./walk.ts";

/** A statement all of whose parts are known to depend on nothing but its arguments, the tables it names and the catalog. */
export interface Admitted {
  readonly kind: "admitted";
  /** What it does to the session. */
  readonly does: StatementKind;
  /** The statement, with the schema in front of every function's name that is on a list. */
  readonly stmt: Node;
}

/**
 * Whether a statement may be looked at further: everything in it, at any depth, is on a list, or the whole is refused (I2). `stmt` is a node
 * as libpg-query gives it and isn't changed. Views that a statement names aren't looked into: whoever puts a view's query in its place
 * admits that query too, with an empty search_path. Never throws.
 */
export function admit(stmt: Node, context: PlanContext): Admitted | StatementRefusal {
  return isDeeper(stmt, jsonDepthMax) ? tooDeep() : judged(stmt, context, true);
}

/** `alone`: nothing is around the statement, so that what it does to the session it does once, when it is run. */
function judged(stmt: unknown, context: PlanContext, alone: boolean): Admitted | StatementRefusal {
  const statement = named(stmt);
  if (statement === null) return unknownStatement();
  const { kind, fields } = statement;
  const setting = alone && kind === "SelectStmt" ? settingCall(fields, context) : null;
  const does = setting?.does ?? judgeStatement(kind, fields, context);
  if (isStatementRefusal(does)) return does;
  const walked =
    embedded(kind, fields, context) ?? new Walk(visitors(fields, context, setting)).whole(kind, fields);
  if (isStatementRefusal(walked)) return walked;
  const admitted: unknown = { [kind]: ownValue(kind, walked, does) };
  return { kind: "admitted", does, stmt: admitted as Node };
}

/** Statements within statements that aren't queries: each is admitted on its own. Null: the statement isn't of such a kind. */
function embedded(kind: string, fields: Fields, context: PlanContext): Fields | StatementRefusal | null {
  if (kind === "ExplainStmt") {
    const inner = named(fields["query"]);
    if (inner === null || !(queryKinds.has(inner.kind) || inner.kind === "ExecuteStmt"))
      return refused(
        "explain",
        "EXPLAIN takes a query, INSERT, UPDATE, DELETE, MERGE or EXECUTE here.",
        "Explain the query itself.",
      );
    return withParts(fields, { query: fields["query"] }, context);
  }
  if (kind !== "CreateSchemaStmt" || !("schemaElts" in fields)) return null;
  const elements = listOf(fields["schemaElts"]);
  const makes = ["CreateStmt", "ViewStmt", "IndexStmt", "CreateSeqStmt"];
  if (!elements.every((element) => makes.includes(named(element)?.kind ?? ""))) return unknownStatement();
  return withParts(fields, { schemaElts: elements }, context);
}

function withParts(fields: Fields, parts: Fields, context: PlanContext): Fields | StatementRefusal {
  const done: Record<string, unknown> = { ...fields };
  for (const [name, part] of Object.entries(parts)) {
    const all = Array.isArray(part) ? part : [part];
    const admitted: unknown[] = [];
    for (const one of all) {
      const inner = judged(one, context, false);
      if (isStatementRefusal(inner)) return inner;
      admitted.push(inner.stmt);
    }
    done[name] = Array.isArray(part) ? admitted : admitted[0];
  }
  return done;
}

/** SET's value in the form in which it was accepted: SQL_ASCII is asked for, UTF8 is set. */
function ownValue(kind: string, fields: Fields, does: StatementKind): Fields {
  if (
    kind !== "VariableSetStmt" ||
    does.kind !== "set" ||
    does.name !== "client_encoding" ||
    does.value === null
  )
    return fields;
  return { ...fields, args: [{ A_Const: { sval: { sval: does.value } } }] };
}

function visitors(
  statement: Fields,
  context: PlanContext,
  setting: ReturnType<typeof settingCall>,
): ReadonlyMap<string, Visitor> {
  const { columns, queries } = namesWithin(statement, context);
  const relation = (fields: Fields): StatementRefusal | null => relationRefusal(fields, context, queries);
  const operator = (name: unknown): StatementRefusal | null => operatorRefusal(name, context);
  const equals = nameNodes(["="]);
  return new Map<string, Visitor>([
    ["FuncCall", (fields) => (fields === setting?.call ? setting.instead : judgeFunction(fields, context))],
    ["RangeVar", (fields) => relation(fields) ?? fields],
    ["TypeName", (fields) => typeRefusal(fields) ?? fields],
    ["A_Expr", (fields) => expressionRefusal(fields, context) ?? fields],
    ["SubLink", (fields) => operator(fields["operName"] ?? equals) ?? fields],
    ["CaseExpr", (fields) => ("arg" in fields ? operator(equals) : null) ?? fields],
    [
      "JoinExpr",
      (fields) => ("usingClause" in fields || "isNatural" in fields ? operator(equals) : null) ?? fields,
    ],
    ["SortBy", (fields) => ("useOp" in fields ? operator(fields["useOp"]) : null) ?? fields],
    ["Constraint", (fields) => exclusionRefusal(fields, context) ?? fields],
    ["RangeTableSample", (fields) => sampleRefusal(fields) ?? fields],
    // `(3).card` calls card(3), whatever columns of that name there are: only the lineage of `row.card` knows which row is meant.
    [
      "A_Indirection",
      (fields) => attributesRefusal(listOf(fields["indirection"]), noColumns, context) ?? fields,
    ],
    [
      "ColumnRef",
      (fields) => attributesRefusal(listOf(fields["fields"]).slice(1), columns, context) ?? fields,
    ],
    ["InsertStmt", (fields) => writeRefusal(fields, context) ?? fields],
    ["UpdateStmt", (fields) => writeRefusal(fields, context) ?? fields],
    ["DeleteStmt", (fields) => writeRefusal(fields, context) ?? fields],
    ["MergeStmt", (fields) => writeRefusal(fields, context) ?? fields],
    ["CopyStmt", (fields) => (fields["is_from"] === true ? writeRefusal(fields, context) : null) ?? fields],
  ]);
}

const noColumns: ReadonlySet<string> = new Set();

/** Names that may be columns, and names of WITH queries, anywhere in the statement. */
function namesWithin(
  statement: Fields,
  context: PlanContext,
): { readonly columns: ReadonlySet<string>; readonly queries: ReadonlySet<string> } {
  const columns = new Set<string>();
  const queries = new Set<string>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) look(item);
    if (!isFields(value)) return;
    const { relname, ctename, name, colname } = value;
    if (typeof relname === "string")
      for (const column of placeOf(value, context).relation?.columns ?? []) columns.add(column.name);
    if (typeof ctename === "string") queries.add(ctename);
    for (const label of [name, colname]) if (typeof label === "string") columns.add(label);
    for (const list of [value["colnames"], value["aliascolnames"]])
      for (const label of nameParts(list) ?? []) columns.add(label);
    for (const held of Object.values(value)) if (typeof held === "object") look(held);
  };
  look(statement);
  return { columns, queries };
}

const betweenOperators: readonly (readonly string[])[] = [[">="], ["<="], ["<"], [">"]];

function expressionRefusal(fields: Fields, context: PlanContext): StatementRefusal | null {
  if (!textOf(fields["kind"]).includes("BETWEEN")) return operatorRefusal(fields["name"], context);
  for (const operator of betweenOperators) {
    const refusal = operatorRefusal(nameNodes(operator), context);
    if (refusal !== null) return refusal;
  }
  return null;
}

function exclusionRefusal(fields: Fields, context: PlanContext): StatementRefusal | null {
  for (const exclusion of listOf(fields["exclusions"])) {
    const [, operator] = listOf(named(exclusion)?.fields["items"]);
    const refusal = operatorRefusal(named(operator)?.fields["items"], context);
    if (refusal !== null) return refusal;
  }
  return null;
}

const sampleMethods: ReadonlySet<string> = new Set(["system", "bernoulli", "system_rows", "system_time"]);

function sampleRefusal(fields: Fields): StatementRefusal | null {
  const parts = nameParts(fields["method"]);
  return parts !== null && parts.length <= 2 && sampleMethods.has(parts.at(-1) ?? "")
    ? null
    : refused("sample_method", "the sampling method isn't known.", "Use SYSTEM or BERNOULLI.");
}

function attributesRefusal(
  fields: readonly unknown[],
  columns: ReadonlySet<string>,
  context: PlanContext,
): StatementRefusal | null {
  for (const field of fields) {
    const node = named(field);
    if (node?.kind !== "String") continue;
    const refusal = attributeRefusal(textOf(node.fields["sval"]), columns, context);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** pg_settings can be updated, and that is SET by another name; WHERE CURRENT OF a cursor says nothing of which row is meant. */
function writeRefusal(fields: Fields, context: PlanContext): StatementRefusal | null {
  const { schema, name, relation } = placeOf(fieldsOf(fields["relation"]), context);
  const system =
    schema === null ? name.startsWith("pg_") : isSystemSchema(schema) && relation?.temporary !== true;
  if (system)
    return refused(
      "system_write",
      "system relations are not written to through the gateway.",
      "Use SET for settings.",
    );
  return named(fields["whereClause"])?.kind === "CurrentOfExpr" && mayBeProtected(relation, context)
    ? refused(
        "current_of",
        "WHERE CURRENT OF doesn't work on protected tables.",
        "Name the row by its key: WHERE id = ….",
      )
    : null;
}

function unknownStatement(): StatementRefusal {
  return refused(
    "unknown_statement",
    "the statement, or a part of it, is of a kind that isn't passed on.",
    "Only statements of PostgreSQL 18 that are on the gateway's list are.",
  );
}
