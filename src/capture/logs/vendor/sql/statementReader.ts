import type { Action } from "../../../../domain/index.ts";
import { isForeign, listAt, reach, textAt } from "../jsonReading.ts";
import { both, type Keys, keysAllowed } from "./keyBounds.ts";
import { keyOf } from "./keyLiterals.ts";
import type { ProtectedTable } from "../normalised.ts";
import { fieldsShown } from "./shownFields.ts";

/** One place where a statement reads or writes a protected table. */
export interface TableRead {
  readonly table: ProtectedTable;
  /** The customers it is bounded to; null where the statement doesn't bound them. */
  readonly keys: Keys;
  readonly action: Action;
  readonly fields: readonly string[];
}

/** The deepest tree that is followed; hand-written SQL stays far below. */
const treeDepthMax = 400;

/** Names of CTEs in force: they hide tables of the same name. */
type Scope = ReadonlySet<string>;

/** A table in FROM, with the join conditions that its rows must satisfy to come out. */
interface Source {
  readonly relation: unknown;
  readonly conditions: readonly unknown[];
  /** An alias renames what the conditions speak of, so they can't be understood. */
  readonly opaque: boolean;
}

/** Finds what statements' trees do to protected tables. A tree that is too deep is not read at all. */
export class StatementReader {
  readonly #tables: readonly ProtectedTable[];
  readonly #parameters: readonly string[] | null;
  readonly #reads: TableRead[] = [];
  #action: Action = "read";
  #depth = 0;
  #tooDeep = false;

  constructor(tables: readonly ProtectedTable[], parameters: readonly string[] | null) {
    this.#tables = tables;
    this.#parameters = parameters;
  }

  readsOf(trees: readonly unknown[]): readonly TableRead[] | null {
    for (const tree of trees) {
      // EXPLAIN shows a plan, not the rows.
      if (reach(tree, "ExplainStmt", "query", "SelectStmt") === undefined) this.#walk(tree, new Set());
    }
    return this.#tooDeep ? null : this.#reads;
  }

  /** Follows any tree to the statements and tables within. */
  #walk(node: unknown, scope: Scope): void {
    if (typeof node !== "object" || node === null || this.#tooDeep) return;
    if (++this.#depth > treeDepthMax) this.#tooDeep = true;
    else if (Array.isArray(node)) for (const member of node) this.#walk(member, scope);
    else for (const [kind, body] of Object.entries(node)) this.#node(kind, body, scope);
    this.#depth--;
  }

  #node(kind: string, body: unknown, scope: Scope): void {
    switch (kind) {
      case "SelectStmt":
        return this.#select(body, scope);
      case "InsertStmt":
        return this.#insert(body, scope);
      case "UpdateStmt":
        return this.#change(body, scope, "update");
      case "DeleteStmt":
        return this.#change(body, scope, "delete");
      case "MergeStmt":
        return this.#merge(body, scope);
      case "CopyStmt":
        return this.#copy(body, scope);
      case "TruncateStmt":
        for (const relation of listAt(body, "relations"))
          this.#unbounded(reach(relation, "RangeVar"), "delete");
        return;
      case "RangeVar":
        return this.#isHidden(body, scope) ? undefined : this.#unbounded(body, this.#action);
      // Names of tables that are not read: the target of SELECT INTO, and FOR UPDATE OF.
      case "IntoClause":
      case "LockingClause":
        return;
      default:
        return this.#walk(body, scope);
    }
  }

  #select(select: unknown, outer: Scope): void {
    if (++this.#depth > treeDepthMax) this.#tooDeep = true;
    if (this.#tooDeep) return;
    const scope = this.#with(select, outer);
    for (const arm of ["larg", "rarg"]) {
      const body = reach(select, arm);
      if (body !== undefined) this.#select(body, scope);
    }
    const sources = listAt(select, "fromClause").flatMap((item) => this.#sources(item, [], scope));
    this.#readSources(sources, { select, action: this.#action }, scope);
    this.#parts(select, scope, [
      "distinctClause",
      "targetList",
      "whereClause",
      "groupClause",
      "havingClause",
      "windowClause",
      "valuesLists",
      "sortClause",
      "limitOffset",
      "limitCount",
    ]);
    this.#depth--;
  }

  #parts(body: unknown, scope: Scope, parts: readonly string[]): void {
    for (const part of parts) this.#walk(reach(body, part), scope);
  }

  /** Reads the CTEs; the names in force behind them. A recursive one sees its own name, another one the table it hides. */
  #with(statement: unknown, outer: Scope): Scope {
    const ctes = listAt(statement, "withClause", "ctes");
    const scope = new Set(outer);
    if (reach(statement, "withClause", "recursive") === true)
      for (const cte of ctes) scope.add(textAt(cte, "CommonTableExpr", "ctename"));
    for (const cte of ctes) {
      this.#walk(reach(cte, "CommonTableExpr", "ctequery"), scope);
      scope.add(textAt(cte, "CommonTableExpr", "ctename"));
    }
    return scope;
  }

  /**
   * The tables of a FROM item. A join condition holds for the rows of a side if unmatched rows of that side don't come
   * out: both sides of an inner join, the right of a left join, the left of a right join, none of a full join.
   */
  #sources(item: unknown, conditions: readonly unknown[], scope: Scope): readonly Source[] {
    const relation = reach(item, "RangeVar");
    if (relation !== undefined) {
      if (this.#isHidden(relation, scope)) return [];
      return [{ relation, conditions, opaque: reach(relation, "alias", "colnames") !== undefined }];
    }
    const join = reach(item, "JoinExpr");
    if (join === undefined || ++this.#depth > treeDepthMax) {
      this.#walk(item, scope);
      return [];
    }
    const quals = reach(join, "quals");
    this.#walk(quals, scope);
    const type = textAt(join, "jointype");
    const within = (side: string, filtered: boolean): readonly Source[] =>
      this.#sources(reach(join, side), filtered ? [...conditions, quals] : conditions, scope);
    const found = [
      ...within("larg", type === "JOIN_INNER" || type === "JOIN_RIGHT"),
      ...within("rarg", type === "JOIN_INNER" || type === "JOIN_LEFT"),
    ];
    this.#depth--;
    return isForeign(reach(join, "alias")) ? found.map((source) => ({ ...source, opaque: true })) : found;
  }

  #readSources(
    sources: readonly Source[],
    query: { readonly select: unknown; readonly action: Action },
    scope: Scope,
  ): void {
    for (const source of sources) {
      const table = this.#protected(source.relation);
      if (table === undefined || this.#isHidden(source.relation, scope)) continue;
      const named = calledAs(source.relation);
      const conditions = source.opaque ? [] : [reach(query.select, "whereClause"), ...source.conditions];
      const keys = conditions
        .map((condition) => keysAllowed(condition, { key: table.key, ...named }, this.#parameters))
        .reduce(both, null);
      const fields = fieldsShown(reach(query.select, "targetList"), {
        table,
        calledAs: named.calledAs,
        alone: sources.length === 1 && !source.opaque,
      });
      this.#reads.push({ table, keys, action: query.action, fields });
    }
  }

  #change(body: unknown, outer: Scope, action: "update" | "delete"): void {
    const scope = this.#with(body, outer);
    const others = [...listAt(body, "fromClause"), ...listAt(body, "usingClause")];
    const target: Source = { relation: reach(body, "relation"), conditions: [], opaque: false };
    // What is set counts as a field beside what is returned.
    const set = listAt(body, "targetList").map((column) =>
      columnReference(textAt(column, "ResTarget", "name")),
    );
    const targetList = [...set, ...listAt(body, "returningClause", "exprs")];
    const select = { whereClause: reach(body, "whereClause"), targetList };
    // The target is always a table: a CTE can't be written.
    this.#readSources([target], { select, action }, new Set());
    const sources = others.flatMap((item) => this.#sources(item, [], scope));
    this.#readSources(sources, { select, action: "read" }, scope);
    this.#parts(body, scope, ["targetList", "whereClause", "returningClause"]);
  }

  #insert(body: unknown, outer: Scope): void {
    const scope = this.#with(body, outer);
    const table = this.#protected(reach(body, "relation"));
    if (table !== undefined) {
      const columns = listAt(body, "cols").map((column) => textAt(column, "ResTarget", "name"));
      const fields = columns.filter((name) => table.fields === undefined || table.fields.includes(name));
      this.#reads.push({
        table,
        keys: this.#insertedKeys(body, columns.indexOf(table.key)),
        action: "update",
        fields,
      });
    }
    this.#parts(body, scope, ["selectStmt", "onConflictClause", "returningClause"]);
  }

  #merge(body: unknown, outer: Scope): void {
    const scope = this.#with(body, outer);
    this.#unbounded(reach(body, "relation"), "update");
    this.#parts(body, scope, ["sourceRelation", "joinCondition", "mergeWhenClauses", "returningClause"]);
  }

  /** The keys of VALUES rows. ON CONFLICT DO UPDATE may change another customer's row, which nothing names. */
  #insertedKeys(body: unknown, column: number): Keys {
    const rows = listAt(body, "selectStmt", "SelectStmt", "valuesLists");
    const conflict = reach(body, "onConflictClause", "action");
    if (column < 0 || rows.length === 0 || conflict === "ONCONFLICT_UPDATE") return null;
    const keys = rows.map((row) => keyOf(listAt(row, "List", "items")[column], this.#parameters));
    return keys.every((key) => key !== null) ? new Set(keys) : null;
  }

  #copy(body: unknown, scope: Scope): void {
    const reads = reach(body, "is_from") !== true;
    if (reach(body, "relation") !== undefined)
      this.#unbounded(reach(body, "relation"), reads ? "export" : "update");
    const before = this.#action;
    if (reads) this.#action = "export";
    this.#parts(body, scope, ["query", "whereClause"]);
    this.#action = before;
  }

  #unbounded(relation: unknown, action: Action): void {
    const table = this.#protected(relation);
    if (table !== undefined) this.#reads.push({ table, keys: null, action, fields: [] });
  }

  #protected(relation: unknown): ProtectedTable | undefined {
    return protectedTable(this.#tables, textAt(relation, "schemaname"), textAt(relation, "relname"));
  }

  #isHidden(relation: unknown, scope: Scope): boolean {
    return textAt(relation, "schemaname") === "" && scope.has(textAt(relation, "relname"));
  }
}

/** The protected table of that name. A schema that either side leaves out (search_path decides it) may be any but the catalogue's. */
export function protectedTable(
  tables: readonly ProtectedTable[],
  schema: string,
  name: string,
): ProtectedTable | undefined {
  return tables.find(({ table }) => {
    const dot = table.lastIndexOf(".");
    if (table.slice(dot + 1) !== name) return false;
    const own = dot < 0 ? "" : table.slice(0, dot);
    if (own === "") return schema !== "pg_catalog" && schema !== "information_schema";
    return schema === "" || own === schema;
  });
}

function calledAs(relation: unknown): { readonly calledAs: string; readonly schema: string } {
  const alias = textAt(relation, "alias", "aliasname");
  if (alias !== "") return { calledAs: alias, schema: "" };
  return { calledAs: textAt(relation, "relname"), schema: textAt(relation, "schemaname") };
}

function columnReference(name: string): unknown {
  return { ColumnRef: { fields: [{ String: { sval: name } }] } };
}
