import { randomBytes } from "node:crypto";
import type { ColumnRef, Node, ResTarget, SelectStmt } from "@pgsql/types";

/** Differs between processes and can't be guessed, so that no name of a client's can be one of whosaw's. */
export const hiddenPrefix: string = `w_${randomBytes(9).toString("hex")}_`;

/** Trees as the server's grammar makes them. The makers below give what the parser would, so that the proof can compare. */

export function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Everything directly below a tree or a list of trees. */
export function below(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isTree(value) ? Object.values(value) : [];
}

/** One thing becomes another where it stands: whoever holds it needn't know. */
export function become(place: object, other: object): void {
  if (place === other) return;
  const taken = { ...other };
  for (const key of Object.keys(place)) Reflect.deleteProperty(place, key);
  Object.assign(place, taken);
}

export function textOf(node: Node | undefined): string | null {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : null;
}

/** The words of a dotted name; null where it holds anything but words. */
export function wordsOf(nodes: readonly Node[] | undefined): readonly string[] | null {
  const words = (nodes ?? []).map((node) => textOf(node));
  return words.every((word) => word !== null) ? words : null;
}

export function lastWord(nodes: readonly Node[] | undefined): string | null {
  return textOf(nodes?.at(-1));
}

export const word = (sval: string): Node => ({ String: { sval } });

export function columnRef(...path: readonly string[]): { ColumnRef: ColumnRef } {
  return { ColumnRef: { fields: path.map(word) } };
}

export function target(val: Node, name?: string): { ResTarget: ResTarget } {
  return { ResTarget: name === undefined ? { val } : { name, val } };
}

export function call(name: string, args: readonly Node[]): Node {
  return {
    FuncCall: {
      funcname: [word("pg_catalog"), word(name)],
      args: [...args],
      funcformat: "COERCE_EXPLICIT_CALL",
    },
  };
}

/** Frame options as the grammar gives them where a window names no frame (FRAMEOPTION_DEFAULTS). */
const frameOptionsDefault = 1058;

export function over(aggregate: Node, partition: readonly Node[]): Node {
  if (!("FuncCall" in aggregate)) return aggregate;
  const window =
    partition.length === 0
      ? { frameOptions: frameOptionsDefault }
      : { partitionClause: structuredClone([...partition]), frameOptions: frameOptionsDefault };
  return { FuncCall: { ...aggregate.FuncCall, over: window } };
}

export function nullOf(type: "text" | "json"): Node {
  return {
    TypeCast: {
      arg: { A_Const: { isnull: true } },
      typeName: { names: [word("pg_catalog"), word(type)], typemod: -1 },
    },
  };
}

/** Both must hold. The grammar makes one list of `a AND b AND c`. */
export function both(first: Node | undefined, second: Node): Node {
  if (first === undefined) return second;
  const list = "BoolExpr" in first && first.BoolExpr.boolop === "AND_EXPR" ? first.BoolExpr.args : undefined;
  return { BoolExpr: { boolop: "AND_EXPR", args: [...(list ?? [first]), second] } };
}

export function plainSelect(parts: SelectStmt): SelectStmt {
  return { limitOption: "LIMIT_OPTION_DEFAULT", op: "SETOP_NONE", ...parts };
}

export function subselect(query: SelectStmt, alias: string, columns: readonly string[] = []): Node {
  return {
    RangeSubselect: {
      subquery: { SelectStmt: query },
      alias: columns.length === 0 ? { aliasname: alias } : { aliasname: alias, colnames: columns.map(word) },
    },
  };
}

export function tableNamed(name: string): Node {
  return { RangeVar: { relname: name, inh: true, relpersistence: "p" } };
}

/** A query of WITH that is computed once, however often it is read, and not at all where nothing reads it. */
export function materialized(name: string, columns: readonly string[], query: SelectStmt): Node {
  return {
    CommonTableExpr: {
      ctename: name,
      aliascolnames: columns.map(word),
      ctematerialized: "CTEMaterializeAlways",
      ctequery: { SelectStmt: query },
    },
  };
}

export function scalar(query: SelectStmt): Node {
  return { SubLink: { subLinkType: "EXPR_SUBLINK", subselect: { SelectStmt: query } } };
}

/** Whether anything in a tree, itself included, is such a node. */
export function anywhere(value: unknown, found: (tree: Record<string, unknown>) => boolean): boolean {
  if (isTree(value) && found(value)) return true;
  return below(value).some((inner) => anywhere(inner, found));
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(value: string): string {
  return value.includes("\\")
    ? `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;
}
