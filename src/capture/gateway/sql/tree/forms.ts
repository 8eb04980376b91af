import type {
  Alias,
  JsonBehavior,
  JsonFormat,
  JsonFuncExpr,
  JsonIsPredicate,
  JsonOutput,
  JsonTable,
  JsonTableColumn,
  JsonTablePathSpec,
  JsonValueExpr,
  Node,
  RangeTableFunc,
  RangeTableFuncCol,
  TypeName,
  XmlSerialize,
} from "@pgsql/types";
import { quoteName } from "./nodes.ts";

/**
 * SQL/JSON's functions and the tables that JSON and XML are read as (gram.y of PostgreSQL 18): the library writes none of them out. As with
 * all that is written out, what isn't the same tree when it is read again isn't sent.
 */
export interface Writer {
  readonly value: (node: Node) => string;
  readonly type: (type: TypeName) => string;
  readonly alias: (alias: Alias) => string;
}

/** Parts that are there, with a space between them. */
function spaced(...parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => part !== null && part !== undefined && part !== "").join(" ");
}

/** In parentheses, because the grammar takes less than any expression in many of these places. */
function enclosed(node: Node | undefined, { value }: Writer): string {
  return node === undefined ? "" : `(${value(node)})`;
}

const encodings: Readonly<Record<string, string>> = {
  JS_ENC_UTF8: " ENCODING UTF8",
  JS_ENC_UTF16: " ENCODING UTF16",
  JS_ENC_UTF32: " ENCODING UTF32",
};

function format(of: JsonFormat | undefined): string {
  return of?.format_type === "JS_FORMAT_JSON" ? `FORMAT JSON${encodings[of.encoding ?? ""] ?? ""}` : "";
}

function item(of: JsonValueExpr | undefined, writer: Writer): string {
  return spaced(enclosed(of?.raw_expr, writer), format(of?.format));
}

function passing(list: readonly Node[] | undefined, writer: Writer): string {
  const all = (list ?? []).map((node) =>
    "JsonArgument" in node
      ? `${item(node.JsonArgument.val, writer)} AS ${quoteName(node.JsonArgument.name ?? "")}`
      : "",
  );
  return all.length === 0 ? "" : `PASSING ${all.join(", ")}`;
}

function returning(output: JsonOutput | undefined, { type }: Writer): string {
  if (output?.typeName === undefined) return "";
  return spaced("RETURNING", type(output.typeName), format(output.returning?.format));
}

const wrappers: Readonly<Record<string, string>> = {
  JSW_NONE: "WITHOUT WRAPPER",
  JSW_CONDITIONAL: "WITH CONDITIONAL WRAPPER",
  JSW_UNCONDITIONAL: "WITH UNCONDITIONAL WRAPPER",
};

const quotings: Readonly<Record<string, string>> = {
  JS_QUOTES_KEEP: "KEEP QUOTES",
  JS_QUOTES_OMIT: "OMIT QUOTES",
};

const behaviours: Readonly<Record<string, string>> = {
  JSON_BEHAVIOR_NULL: "NULL",
  JSON_BEHAVIOR_ERROR: "ERROR",
  JSON_BEHAVIOR_EMPTY: "EMPTY",
  JSON_BEHAVIOR_TRUE: "TRUE",
  JSON_BEHAVIOR_FALSE: "FALSE",
  JSON_BEHAVIOR_UNKNOWN: "UNKNOWN",
  JSON_BEHAVIOR_EMPTY_ARRAY: "EMPTY ARRAY",
  JSON_BEHAVIOR_EMPTY_OBJECT: "EMPTY OBJECT",
};

function behaviour(of: JsonBehavior | undefined, when: "EMPTY" | "ERROR", writer: Writer): string {
  if (of === undefined) return "";
  const does =
    of.btype === "JSON_BEHAVIOR_DEFAULT"
      ? `DEFAULT ${enclosed(of.expr, writer)}`
      : behaviours[of.btype ?? "JSON_BEHAVIOR_NULL"];
  return `${does} ON ${when}`;
}

/** What JSON_QUERY and JSON_VALUE, and columns of JSON_TABLE, say at their end. */
function endings(
  of: Pick<JsonFuncExpr, "wrapper" | "quotes" | "on_empty" | "on_error">,
  writer: Writer,
): string {
  return spaced(
    wrappers[of.wrapper ?? ""],
    quotings[of.quotes ?? ""],
    behaviour(of.on_empty, "EMPTY", writer),
    behaviour(of.on_error, "ERROR", writer),
  );
}

const functions: Readonly<Record<string, string>> = {
  JSON_EXISTS_OP: "JSON_EXISTS",
  JSON_QUERY_OP: "JSON_QUERY",
  JSON_VALUE_OP: "JSON_VALUE",
};

/** JSON_EXISTS, JSON_QUERY, JSON_VALUE. */
export function jsonFunction(node: JsonFuncExpr, writer: Writer): string {
  const name = functions[node.op ?? "JSON_EXISTS_OP"] ?? "";
  const inside = spaced(
    `${item(node.context_item, writer)}, ${enclosed(node.pathspec, writer)}`,
    passing(node.passing, writer),
    returning(node.output, writer),
    endings(node, writer),
  );
  return `${name}(${inside})`;
}

function path(of: JsonTablePathSpec | undefined, { value }: Writer): string {
  const name = of?.name === undefined ? "" : `AS ${quoteName(of.name)}`;
  return spaced(of?.string === undefined ? "" : value(of.string), name);
}

function jsonColumns(list: readonly Node[] | undefined, writer: Writer): string {
  const all = (list ?? []).map((node) =>
    "JsonTableColumn" in node ? jsonColumn(node.JsonTableColumn, writer) : "",
  );
  return `COLUMNS (${all.join(", ")})`;
}

function jsonColumn(column: JsonTableColumn, writer: Writer): string {
  const { coltype, name = "", typeName, pathspec } = column;
  if (coltype === "JTC_NESTED")
    return spaced("NESTED PATH", path(pathspec, writer), jsonColumns(column.columns, writer));
  if (coltype === "JTC_FOR_ORDINALITY") return `${quoteName(name)} FOR ORDINALITY`;
  return spaced(
    quoteName(name),
    typeName === undefined ? "" : writer.type(typeName),
    coltype === "JTC_EXISTS" ? "EXISTS" : "",
    format(column.format),
    pathspec === undefined ? "" : `PATH ${path(pathspec, writer)}`,
    // The grammar says of EXISTS that it has no wrapper, and takes none.
    endings(coltype === "JTC_EXISTS" ? { ...column, wrapper: "JSW_UNSPEC" } : column, writer),
  );
}

export function jsonTable(node: JsonTable, writer: Writer): string {
  const inside = spaced(
    `${item(node.context_item, writer)}, ${path(node.pathspec, writer)}`,
    passing(node.passing, writer),
    jsonColumns(node.columns, writer),
    behaviour(node.on_error, "ERROR", writer),
  );
  const lateral = node.lateral === true ? "LATERAL" : "";
  return spaced(lateral, `JSON_TABLE(${inside})`, node.alias === undefined ? "" : writer.alias(node.alias));
}

const jsonKinds: Readonly<Record<string, string>> = {
  JS_TYPE_OBJECT: "OBJECT",
  JS_TYPE_ARRAY: "ARRAY",
  JS_TYPE_SCALAR: "SCALAR",
};

export function isJson(node: JsonIsPredicate, writer: Writer): string {
  const unique = node.unique_keys === true ? "WITH UNIQUE KEYS" : "";
  return spaced(
    enclosed(node.expr, writer),
    format(node.format),
    "IS JSON",
    jsonKinds[node.item_type ?? ""],
    unique,
  );
}

function xmlColumn(
  { RangeTableFuncCol: column }: { RangeTableFuncCol: RangeTableFuncCol },
  writer: Writer,
): string {
  const name = quoteName(column.colname ?? "");
  if (column.for_ordinality === true) return `${name} FOR ORDINALITY`;
  return spaced(
    name,
    column.typeName === undefined ? "" : writer.type(column.typeName),
    column.colexpr === undefined ? "" : `PATH ${enclosed(column.colexpr, writer)}`,
    column.coldefexpr === undefined ? "" : `DEFAULT ${enclosed(column.coldefexpr, writer)}`,
    column.is_not_null === true ? "NOT NULL" : "",
  );
}

function xmlNamespace(node: Node, writer: Writer): string {
  if (!("ResTarget" in node)) return "";
  const { name, val } = node.ResTarget;
  return name === undefined
    ? `DEFAULT ${enclosed(val, writer)}`
    : `${enclosed(val, writer)} AS ${quoteName(name)}`;
}

export function xmlTable(node: RangeTableFunc, writer: Writer): string {
  const spaces = (node.namespaces ?? []).map((each) => xmlNamespace(each, writer));
  const columns = (node.columns ?? []).map((each) =>
    "RangeTableFuncCol" in each ? xmlColumn(each, writer) : "",
  );
  const inside = spaced(
    spaces.length === 0 ? "" : `XMLNAMESPACES(${spaces.join(", ")}),`,
    enclosed(node.rowexpr, writer),
    `PASSING ${enclosed(node.docexpr, writer)}`,
    `COLUMNS ${columns.join(", ")}`,
  );
  const lateral = node.lateral === true ? "LATERAL" : "";
  return spaced(lateral, `XMLTABLE(${inside})`, node.alias === undefined ? "" : writer.alias(node.alias));
}

export function xmlText(node: XmlSerialize, writer: Writer): string {
  const kind = node.xmloption === "XMLOPTION_CONTENT" ? "CONTENT" : "DOCUMENT";
  const type = node.typeName === undefined ? "" : writer.type(node.typeName);
  const indent = node.indent === true ? "INDENT" : "";
  return `XMLSERIALIZE(${spaced(kind, enclosed(node.expr, writer), "AS", type, indent)})`;
}

/** Names of a table that JSON or XML is read as, in the server's order: what is nested comes after what stands beside it. */
export function columnsRead(list: readonly Node[] | undefined): readonly string[] {
  const own: string[] = [];
  const nested: string[] = [];
  for (const node of list ?? []) {
    if ("RangeTableFuncCol" in node) own.push(node.RangeTableFuncCol.colname ?? "");
    if (!("JsonTableColumn" in node)) continue;
    const { coltype, columns, name = "" } = node.JsonTableColumn;
    if (coltype === "JTC_NESTED") nested.push(...columnsRead(columns));
    else own.push(name);
  }
  return [...own, ...nested];
}
