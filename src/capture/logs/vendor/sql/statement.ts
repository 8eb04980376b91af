import { loadModule, parseSync } from "libpg-query";
import { listAt, reach } from "../jsonReading.ts";
import type { ProtectedTable } from "../normalised.ts";
import { StatementReader, type TableRead } from "./statementReader.ts";

/** The longest statement that is parsed, in bytes; a longer one leaves the exposure unknown. */
export const statementBytesMax: number = 256 * 1024;

/** Statements up to this length are worth remembering: an application sends the same few again and again. */
const cachedLengthMax = 4096;
const cachedMax = 512;

/** What a statement does to the protected tables. */
export interface StatementReading {
  readonly reads: readonly TableRead[];
  /** Each row that came back, or was written, belongs to at most one customer: the row count bounds the customers. */
  readonly rowsBound: boolean;
  /** A check of a foreign key, which PostgreSQL runs by itself and whose answer nobody sees. */
  readonly foreignKeyCheck: boolean;
}

/** Reads statements with PostgreSQL's own parser (libpg_query, PostgreSQL 18's grammar). */
export interface StatementParser {
  /** Null: the statement can't be read, so nothing is known of it. */
  read(
    statement: string,
    tables: readonly ProtectedTable[],
    parameters: readonly string[] | null,
  ): StatementReading | null;
}

export async function statementParser(): Promise<StatementParser> {
  await loadModule();
  const cache = new Map<string, readonly unknown[] | null>();
  const treesOf = (text: string): readonly unknown[] | null => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const trees = parsed(text);
    if (text.length <= cachedLengthMax) {
      const [oldest] = cache.keys();
      if (cache.size >= cachedMax && oldest !== undefined) cache.delete(oldest);
      cache.set(text, trees);
    }
    return trees;
  };
  return {
    read: (statement, tables, parameters) => {
      const trees = treesOf(statement);
      return trees === null ? null : readingOf(trees, new StatementReader(tables, parameters));
    },
  };
}

function parsed(text: string): readonly unknown[] | null {
  // The parser reads a C string: what stands behind a NUL it would not see.
  if (text.includes("\0") || Buffer.byteLength(text) > statementBytesMax) return null;
  try {
    return listAt(parseSync(text), "stmts").map((statement) => reach(statement, "stmt"));
  } catch {
    // No SQL of PostgreSQL 18, or nested deeper than the parser's stack.
    return null;
  }
}

function readingOf(trees: readonly unknown[], reader: StatementReader): StatementReading | null {
  const [tree] = trees;
  const reads = reader.readsOf(trees);
  if (reads === null) return null;
  // pgaudit logs the whole text of several statements sent as one, beside each of them: which one ran isn't told.
  if (trees.length !== 1)
    return {
      reads: reads.map((read) => ({ ...read, keys: null })),
      rowsBound: false,
      foreignKeyCheck: false,
    };
  return {
    reads,
    rowsBound: reads.length === 1 && isRowForRow(tree),
    foreignKeyCheck: isForeignKeyCheck(tree),
  };
}

const folding = ["groupClause", "havingClause", "distinctClause", "windowClause", "valuesLists", "larg"];
const foldingNodes = [
  "SubLink",
  "RangeSubselect",
  "RangeFunction",
  "CommonTableExpr",
  "JsonObjectAgg",
  "JsonArrayAgg",
];

/** One table's rows, one for one: no aggregate nor a function that might be one, no set operation, CTE or subquery. */
function isRowForRow(tree: unknown): boolean {
  if (reach(tree, "CopyStmt", "relation") !== undefined) return true;
  const inner = ["PrepareStmt", "CopyStmt", "CreateTableAsStmt"].map((kind) => reach(tree, kind, "query"));
  const query = inner.find((one) => one !== undefined) ?? tree;
  if (has(query, foldingNodes)) return false;
  const written = reach(query, "UpdateStmt") ?? reach(query, "DeleteStmt");
  if (written !== undefined)
    return [...listAt(written, "fromClause"), ...listAt(written, "usingClause")].length === 0;
  const select = reach(query, "SelectStmt");
  if (select === undefined || folding.some((clause) => reach(select, clause) !== undefined)) return false;
  return !has(reach(select, "targetList"), ["FuncCall"]);
}

/** `SELECT 1 FROM ONLY t x WHERE ... FOR KEY SHARE OF x`, as PostgreSQL's ri_triggers.c writes it. */
function isForeignKeyCheck(tree: unknown): boolean {
  const select = reach(tree, "SelectStmt");
  const [target, ...more] = listAt(select, "targetList");
  const [from, ...others] = listAt(select, "fromClause");
  const [lock] = listAt(select, "lockingClause");
  return (
    more.length === 0 &&
    others.length === 0 &&
    reach(target, "ResTarget", "val", "A_Const", "ival", "ival") === 1 &&
    reach(from, "RangeVar", "alias", "aliasname") === "x" &&
    reach(from, "RangeVar", "inh") !== true &&
    reach(lock, "LockingClause", "strength") === "LCS_FORKEYSHARE"
  );
}

/** Whether a node of one of the kinds stands anywhere in the tree. */
function has(node: unknown, kinds: readonly string[]): boolean {
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(([kind, inner]) => kinds.includes(kind) || has(inner, kinds));
}
