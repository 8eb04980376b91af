import type { Node } from "@pgsql/types";
import { isTree, lastWord, textOf } from "./nodes.ts";

/** Expressions whose columns are named after what they are (FigureColnameInternal in parse_target.c). */
const namedByKind: Readonly<Record<string, string>> = {
  A_ArrayExpr: "array",
  RowExpr: "row",
  CoalesceExpr: "coalesce",
  GroupingFunc: "grouping",
  XmlSerialize: "xmlserialize",
  JsonParseExpr: "json",
  JsonScalarExpr: "json_scalar",
  JsonSerializeExpr: "json_serialize",
  JsonObjectConstructor: "json_object",
  JsonArrayConstructor: "json_array",
  JsonArrayQueryConstructor: "json_array",
  JsonObjectAgg: "json_objectagg",
  JsonArrayAgg: "json_arrayagg",
  MergeSupportFunc: "merge_action",
};

const byOperation: Readonly<Record<string, string>> = {
  JSON_EXISTS_OP: "json_exists",
  JSON_QUERY_OP: "json_query",
  JSON_VALUE_OP: "json_value",
  IS_XMLCONCAT: "xmlconcat",
  IS_XMLELEMENT: "xmlelement",
  IS_XMLFOREST: "xmlforest",
  IS_XMLPARSE: "xmlparse",
  IS_XMLPI: "xmlpi",
  IS_XMLROOT: "xmlroot",
};

const byValueFunction: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIME: "current_time",
  SVFOP_CURRENT_TIME_N: "current_time",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIME: "localtime",
  SVFOP_LOCALTIME_N: "localtime",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
};

interface Figured {
  readonly name: string;
  readonly strong: boolean;
}

const strong = (name: string | null): Figured | null => (name === null ? null : { name, strong: true });

/** The name that the server gives a column without one. A strong name wins over what stands around it. */
function figured(node: Node): Figured | null {
  if ("ColumnRef" in node) {
    const words = (node.ColumnRef.fields ?? []).map((field) => textOf(field));
    return strong(words.findLast((name) => name !== null) ?? null);
  }
  if ("A_Indirection" in node) {
    const name = (node.A_Indirection.indirection ?? []).findLast((step) => "String" in step);
    if (name !== undefined) return strong(textOf(name));
    return node.A_Indirection.arg === undefined ? null : figured(node.A_Indirection.arg);
  }
  if ("FuncCall" in node) return strong(lastWord(node.FuncCall.funcname));
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : null;
  if ("TypeCast" in node) {
    const inner = node.TypeCast.arg === undefined ? null : figured(node.TypeCast.arg);
    if (inner?.strong === true) return inner;
    const type = lastWord(node.TypeCast.typeName?.names);
    return type === null ? inner : { name: type, strong: false };
  }
  if ("CollateClause" in node)
    return node.CollateClause.arg === undefined ? null : figured(node.CollateClause.arg);
  if ("CaseExpr" in node) {
    const otherwise = node.CaseExpr.defresult === undefined ? null : figured(node.CaseExpr.defresult);
    return otherwise?.strong === true ? otherwise : { name: "case", strong: false };
  }
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("SQLValueFunction" in node) return strong(byValueFunction[node.SQLValueFunction.op ?? ""] ?? null);
  if ("JsonFuncExpr" in node) return strong(byOperation[node.JsonFuncExpr.op ?? "JSON_EXISTS_OP"] ?? null);
  if ("XmlExpr" in node) return strong(byOperation[node.XmlExpr.op ?? ""] ?? null);
  if ("SubLink" in node) return figuredSubLink(node.SubLink.subLinkType, node.SubLink.subselect);
  const [kind] = Object.keys(node);
  return strong(namedByKind[kind ?? ""] ?? null);
}

function figuredSubLink(type: string | undefined, inner: Node | undefined): Figured | null {
  if (type === "EXISTS_SUBLINK") return { name: "exists", strong: true };
  if (type === "ARRAY_SUBLINK") return { name: "array", strong: true };
  if (type !== "EXPR_SUBLINK" || inner === undefined || !("SelectStmt" in inner)) return null;
  let query = inner.SelectStmt;
  while (query.larg !== undefined) query = query.larg;
  const [first] = query.targetList ?? [];
  if (first === undefined) return query.valuesLists === undefined ? null : { name: "column1", strong: true };
  if (!isTree(first) || !("ResTarget" in first)) return null;
  if (first.ResTarget.name !== undefined) return { name: first.ResTarget.name, strong: true };
  return first.ResTarget.val === undefined ? null : figured(first.ResTarget.val);
}

export function figuredName(node: Node | undefined): string {
  return (node === undefined ? null : figured(node)?.name) ?? "?column?";
}
