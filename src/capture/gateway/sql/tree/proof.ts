import type {
  A_Indirection,
  CopyStmt,
  FuncCall,
  JsonFuncExpr,
  JsonIsPredicate,
  JsonTable,
  Node,
  PrepareStmt,
  RangeTableFunc,
  SelectStmt,
  TypeCast,
  TypeName,
  XmlSerialize,
} from "@pgsql/types";
import { Deparser } from "pgsql-deparser";
import { isJson, jsonFunction, jsonTable, type Writer, xmlTable, xmlText } from "./forms.ts";
import { isTree, quoteName, quoteText, wordsOf } from "./nodes.ts";
import { parseAgain } from "./parse.ts";
import { refuse } from "./refused.ts";

type Context = Parameters<Deparser["SelectStmt"]>[1];

/** The library's text, where it doesn't drop what the tree says. */
class Faithful extends Deparser {
  /** It would write `pg_catalog.text` as `text`, which another schema may have as well. */
  override TypeName(node: TypeName, context: Context): string {
    const words = wordsOf(node.names);
    const bounds = node.arrayBounds ?? [];
    const plain = bounds.every((bound) => "Integer" in bound && bound.Integer.ival === -1);
    // Which parts an interval has can't be said of a quoted name.
    const parts = words?.at(-1) === "interval" && (node.typmods ?? []).length > 0;
    if (words === null || parts || node.pct_type === true || !plain) return super.TypeName(node, context);
    const mods = (node.typmods ?? []).map((mod) => this.visit(mod, context)).join(", ");
    const name = words.map((word) => quoteName(word)).join(".");
    return `${node.setof === true ? "SETOF " : ""}${name}${mods === "" ? "" : `(${mods})`}${bounds.map(() => "[]").join("")}`;
  }

  override TypeCast(node: TypeCast, context: Context): string {
    if (node.arg === undefined || node.typeName === undefined) return super.TypeCast(node, context);
    return `CAST(${this.visit(node.arg, context)} AS ${this.TypeName(node.typeName, context)})`;
  }

  /** `ARRAY[1, 2][1]` is none of the grammar's. */
  override A_Indirection(node: A_Indirection, context: Context): string {
    const { arg } = node;
    if (arg === undefined || !("A_ArrayExpr" in arg)) return super.A_Indirection(node, context);
    const steps = (node.indirection ?? []).map((step) => this.visit(step, context)).join("");
    return `(${this.visit(arg, context)})${steps}`;
  }

  #writer(context: Context): Writer {
    return {
      value: (node) => this.visit(node, context),
      type: (type) => this.TypeName(type, context),
      alias: (alias) => this.Alias(alias, context),
    };
  }

  JsonFuncExpr(node: JsonFuncExpr, context: Context): string {
    return jsonFunction(node, this.#writer(context));
  }

  JsonTable(node: JsonTable, context: Context): string {
    return jsonTable(node, this.#writer(context));
  }

  /** It would write `timezone(a, b)` with AT TIME ZONE, which is another tree, and leave out parentheses where that was meant. */
  override FuncCall(node: FuncCall, context: Context): string {
    const name = wordsOf(node.funcname)?.join(".");
    const args = (node.args ?? []).map((arg) => this.visit(arg, context));
    const [first = "", second] = args;
    const plain = node.over === undefined && node.agg_filter === undefined && node.agg_order === undefined;
    if (!plain || (name !== "pg_catalog.timezone" && name !== "pg_catalog.overlaps"))
      return super.FuncCall(node, context);
    if (node.funcformat === "COERCE_EXPLICIT_CALL") return `${name}(${args.join(", ")})`;
    if (name === "pg_catalog.overlaps") return super.FuncCall(node, context);
    // With parentheses around it, for what it stands in.
    return `((${second ?? first}) AT ${second === undefined ? "LOCAL" : `TIME ZONE (${first})`})`;
  }

  /** It would forget what kind of JSON is meant. */
  override JsonIsPredicate(node: JsonIsPredicate, context: Context): string {
    return isJson(node, this.#writer(context));
  }

  /** It would forget INDENT. */
  override XmlSerialize(node: XmlSerialize, context: Context): string {
    return xmlText(node, this.#writer(context));
  }

  override RangeTableFunc(node: RangeTableFunc, context: Context): string {
    return xmlTable(node, this.#writer(context));
  }

  /** It would quote no name. */
  override PrepareStmt(node: PrepareStmt, context: Context): string {
    if (node.query === undefined) return super.PrepareStmt(node, context);
    const types = (node.argtypes ?? []).map((type) => this.visit(type, context)).join(", ");
    const name = quoteName(node.name ?? "");
    return `PREPARE ${name}${types === "" ? "" : ` (${types})`} AS ${this.visit(node.query, context)}`;
  }

  /** It would drop what some options are set to. Only queries are copied out here. */
  override CopyStmt(node: CopyStmt, context: Context): string {
    if (node.query === undefined) return super.CopyStmt(node, context);
    const options = (node.options ?? []).map((option) => copyOption(option));
    const list = options.length === 0 ? "" : ` WITH (${options.join(", ")})`;
    return `COPY (${this.visit(node.query, context)}) TO STDOUT${list}`;
  }

  /** It would forget WITH TIES. */
  override SelectStmt(node: SelectStmt, context: Context): string {
    const { limitCount, lockingClause, ...rest } = node;
    if (
      node.limitOption !== "LIMIT_OPTION_WITH_TIES" ||
      limitCount === undefined ||
      lockingClause !== undefined
    )
      return super.SelectStmt(node, context);
    const count = this.visit(limitCount, context);
    return `${super.SelectStmt(rest, context)} FETCH FIRST (${count}) ROWS WITH TIES`;
  }
}

function copyOption(option: Node): string {
  if (!("DefElem" in option)) return "";
  const { defname = "", arg } = option.DefElem;
  const name = quoteName(defname);
  if (arg === undefined) return name;
  if ("String" in arg) return `${name} ${quoteText(arg.String.sval ?? "")}`;
  if ("Boolean" in arg) return `${name} ${arg.Boolean.boolval === true}`;
  if ("Integer" in arg) return `${name} ${arg.Integer.ival ?? 0}`;
  if ("A_Star" in arg) return `${name} *`;
  const words = "List" in arg ? wordsOf(arg.List.items) : null;
  return words === null ? "" : `${name} (${words.map((word) => quoteName(word)).join(", ")})`;
}

/** Where something stood in a text, which is another text now. */
const positions: ReadonlySet<string> = new Set([
  "location",
  "stmt_location",
  "stmt_len",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "name_location",
]);

/**
 * The text of a rewritten tree, proved by reading it again with the server's grammar: only what becomes the same tree is sent. The
 * deparser is a library, and a parenthesis it forgot would be another statement.
 */
export function provenText(tree: Node): string {
  const text = deparsed(tree);
  const again = parseAgain(text);
  if (again === null || !same(tree, again))
    return refuse(
      "deparse",
      "the statement has a shape that can't be rewritten reliably",
      "Write it more plainly: fewer special forms, more sub-selects.",
    );
  return text;
}

function deparsed(tree: Node): string {
  try {
    return new Faithful(tree, { pretty: false }).deparseQuery();
  } catch {
    return refuse("deparse", "the statement has a shape that can't be written out", "Write it more plainly.");
  }
}

/** The parser leaves zero, false and empty out (protobuf's JSON), so absent and zero are the same. */
function empty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || value === null || value === 0 || value === false || value === "";
}

/** Equal but for positions in the text. */
export function same(left: unknown, right: unknown): boolean {
  if (empty(left) && empty(right)) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((inner, index) => same(inner, right[index]));
  if (!isTree(left) || !isTree(right)) return left === right;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => positions.has(key) || same(left[key], right[key]));
}
