import { setFlagsFromString } from "node:v8";
import type { Node, ParseResult, SelectStmt } from "@pgsql/types";
import { loadModule, parseSync } from "libpg-query";
import { defect } from "../../../../base/index.ts";
import { statementRefusal, type StatementRefusal } from "../../plan.ts";
import { lexemesOf, withoutLiterals } from "./lexemes.ts";

/** One statement of a query text. */
export interface ParsedStatement {
  /** The server's own tree of it. Never changed: who rewrites takes a copy. */
  readonly tree: Node;
  /** What the client wrote, without the semicolon, comments before it included. */
  readonly text: string;
  /** Literals and comments removed. */
  readonly normalized: string;
  /** The query text that it came in: the tree's locations are bytes of it. */
  readonly whole: string;
}

/** The largest query text that is read. 1 MiB: an ORM's bulk INSERT fits, and a parse stays below a tenth of a second. */
const queryBytesMax = 1_048_576;

/** Statements in one text: the server has no limit; a migration has hundreds. */
const statementsMax = 5_000;

/**
 * How deep a text may nest, in tokens since the last comma on every level, a parenthesis as four: about 250 sub-selects. The parser and all
 * that walks its trees recurse; measured on Node 20, 500 nested sub-selects and 1,000 operators still fit its stack.
 */
const nestingMax = 1_000;

/** A text too short to nest deeper than the stack allows needn't be measured. */
const measuredFrom = 1_500;

type Parser = (text: string) => ParseResult;

/** Null while there is none, or while a broken one is being replaced. */
let parser: Parser | null = null;
let instances = 0;

/**
 * V8 compiles the parser's hot functions anew, on every core at once and with up to 30 MB each, which the allocator keeps for the
 * process's life. One at a time costs the first statements a little speed and no statement any memory.
 */
const oneCompiler = "--wasm-num-compilation-tasks=1";

/** Call once before anything is parsed. */
export async function loadParser(): Promise<void> {
  if (parser !== null) return;
  setFlagsFromString(oneCompiler);
  await loadModule();
  parser = parseSync;
}

/** An instance that a stack overflow or a trap left in the middle of something is never used again: its memory may be wrong. */
function replaceParser(): void {
  parser = null;
  instances += 1;
  void anotherInstance(instances);
}

async function anotherInstance(number: number): Promise<void> {
  const fresh: typeof import("libpg-query") = await import(
    `${import.meta.resolve("libpg-query")}?instance=${number}`
  );
  await fresh.loadModule();
  parser = fresh.parseSync;
}

function refused(code: string, message: string, hint: string): StatementRefusal {
  return statementRefusal({ code, message, hint, rule: "parse" });
}

const tooDeep = (): StatementRefusal =>
  refused("54001", "statement is nested too deeply", "Split the statement, or write it with fewer levels.");

/** The parser's complaint, and the character, from 0, that it is about. */
interface SyntaxError extends Error {
  readonly sqlDetails?: { readonly cursorPosition: number; readonly functionName: string };
}

/** A parser's own complaint has a class of that name in each instance; everything else means that the instance broke. */
function isSyntaxError(error: unknown): error is SyntaxError {
  return error instanceof Error && error.name === "SqlError";
}

function parseWhole(text: string): ParseResult | StatementRefusal {
  if (parser === null) return refused("57014", "the parser is being replaced", "Try again.");
  try {
    return parser(text);
  } catch (error) {
    if (!isSyntaxError(error)) {
      replaceParser();
      return tooDeep();
    }
    if (error.message.startsWith("memory exhausted")) return tooDeep();
    return syntaxError(error);
  }
}

const escapeHint = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.";

/** What the server adds to complaints of its parser, and the code where it is none of syntax (gram.y, parser.c); the library leaves both out. */
const complaints: readonly (readonly [message: RegExp, hint: string, code?: string])[] = [
  [/^invalid Unicode escape$/, "Unicode escapes must be \\XXXX or \\+XXXXXX."],
  [/^missing argument$/, "Use NONE to denote the missing argument of a unary operator."],
  [/^unrecognized row security option /, "Only PERMISSIVE or RESTRICTIVE policies are supported currently."],
  [/^LIMIT #,# syntax is not supported$/, "Use separate LIMIT and OFFSET clauses."],
  [/^CREATE SCHEMA IF NOT EXISTS cannot include schema elements$/, "", "0A000"],
  [/^a column list with SET (?:NULL|DEFAULT) is only supported for ON DELETE actions$/, "", "0A000"],
];

/** As the server tells it: with the word that it stumbled over, which the client wrote, and where that word stands. */
function syntaxError({ message, sqlDetails: where }: SyntaxError): StatementRefusal {
  // The lexer's one complaint with a code of its own that a statement can bring about (scan.l).
  const isEscape = message === "invalid Unicode escape" && where?.functionName === "core_yylex";
  const [, hint = "", code = "42601"] = complaints.find(([complaint]) => complaint.test(message)) ?? [];
  const refusal = isEscape ? refused("22025", message, escapeHint) : refused(code, message, hint);
  return where === undefined ? refusal : { ...refusal, position: where.cursorPosition + 1 };
}

/** The statements of a query text, in order; none for an empty one. */
export function parseStatements(text: string): readonly ParsedStatement[] | StatementRefusal {
  const bytes = Buffer.byteLength(text);
  if (bytes > queryBytesMax)
    return refused("54000", `statement is longer than ${queryBytesMax} bytes`, "Send it in parts.");
  if (text.includes("\0")) return refused("42601", "syntax error", "A statement holds no null byte.");
  if (text.trim() === "") return [];
  if (text.length > measuredFrom && nesting(text) > nestingMax) return tooDeep();
  const result = parseWhole(text);
  if (!("stmts" in result) && "kind" in result) return result;
  const raw = result.stmts ?? [];
  if (raw.length > statementsMax)
    return refused("54000", `more than ${statementsMax} statements in one query`, "Send them in parts.");
  const plain = bytes === text.length ? text : Buffer.from(text);
  return raw.map(({ stmt, stmt_location: from = 0, stmt_len: length = 0 }) => {
    const end = length === 0 ? bytes : from + length;
    const own = typeof plain === "string" ? plain.slice(from, end) : plain.toString("utf8", from, end);
    return {
      tree: stmt ?? defect("a statement without a tree"),
      text: own,
      normalized: withoutLiterals(own),
      whole: text,
    };
  });
}

/** An upper bound of how deep the parser's tree can get (nestingMax says in what). */
function nesting(text: string): number {
  const open: number[] = [];
  let here = 0;
  let outside = 0;
  let deepest = 0;
  for (const { kind, text: lexeme } of lexemesOf(text)) {
    if (lexeme === "(" || lexeme === "[") {
      open.push(here);
      outside += here + 4;
      here = 0;
    } else if (lexeme === ")" || lexeme === "]") {
      here = open.pop() ?? 0;
      outside = Math.max(0, outside - here - 4);
      here += 1;
    } else if (lexeme === "," || lexeme === ";" || /^(?:and|or)$/i.test(lexeme)) {
      here = 0;
    } else if (lexeme === ".") {
      // A name in several parts is one.
      here = Math.max(0, here - 1);
    } else if (kind !== "space" && kind !== "comment") {
      here += 1;
    }
    deepest = Math.max(deepest, outside + here);
  }
  return deepest;
}

const trees = new Map<string, Node>();

/** Trees kept of texts of whosaw's own: as many as a database of thousands of columns makes. */
const treesMax = 10_000;

/** The tree of a SELECT that whosaw wrote, or of a view's definition. A text that doesn't parse is a defect. */
export function ownSelect(text: string): SelectStmt {
  const known = trees.get(text);
  const tree = known ?? parsedOwn(text);
  if (known === undefined) {
    if (trees.size >= treesMax) trees.clear();
    trees.set(text, tree);
  }
  return "SelectStmt" in tree ? structuredClone(tree.SelectStmt) : defect("not a SELECT of whosaw's own");
}

function parsedOwn(text: string): Node {
  const result = parseWhole(text);
  const tree = "stmts" in result ? result.stmts?.[0]?.stmt : undefined;
  return tree ?? defect("a text of whosaw's own doesn't parse");
}

export function ownExpression(text: string): Node {
  const [only] = ownSelect(`SELECT ${text}`).targetList ?? [];
  const value = only !== undefined && "ResTarget" in only ? only.ResTarget.val : undefined;
  return value ?? defect("an expression of whosaw's own doesn't parse");
}

/** One statement's tree again, for the proof. Null where the text doesn't parse to exactly one. */
export function parseAgain(text: string): Node | null {
  const result = parseWhole(text);
  const statements = "stmts" in result ? (result.stmts ?? []) : [];
  return statements.length === 1 ? (statements[0]?.stmt ?? null) : null;
}
