import type { Alias, Node, SelectStmt } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import type { Relation } from "../catalog/catalog.ts";
import type { Level } from "./expressions.ts";
import {
  become,
  columnRef,
  hiddenPrefix,
  plainSelect,
  subselect,
  target,
  textOf,
  word,
} from "./tree/nodes.ts";
import { columnsRead } from "./tree/forms.ts";
import { mistake, refuse } from "./tree/refused.ts";
import {
  type Column,
  findItem,
  hiddenName,
  type Item,
  type Lineage,
  noLineage,
  type Output,
  type Scope,
  stillFound,
  union,
} from "./scope.ts";

/** One column of what `*` means in FROM; `column` is null for all columns of an item whose columns aren't known. */
export interface Star {
  readonly item: Item;
  readonly column: Column | null;
  readonly node: () => Node;
}

/** What is being put together for one FROM clause. */
export interface Sources {
  readonly level: Level;
  /** What a sub-select that isn't LATERAL may read. */
  readonly outer: Scope | null;
  /** Aliases that may be read as whole rows. */
  readonly whole: ReadonlySet<string>;
  /** Inside a join with an alias: only columns can be had from outside it. */
  readonly boxed: boolean;
  /** Where the rows of an alias are now, for FOR UPDATE OF. */
  readonly moved: Map<string, string>;
}

export function starOf(item: Item): readonly Star[] {
  const known = item.columns.map((column): Star => {
    return { item, column, node: () => columnRef(item.alias, column.name) };
  });
  if (!item.openEnded) return known;
  const all = (): Node => ({ ColumnRef: { fields: [word(item.alias), { A_Star: {} }] } });
  return [{ item, column: null, node: all }];
}

/** `(c).*` of a table in FROM is `c.*`, which is known column by column. */
export function plainStar(val: Node | undefined, level: Level): Node | undefined {
  if (val === undefined || !("A_Indirection" in val)) return val;
  const { arg, indirection } = val.A_Indirection;
  const fields = arg !== undefined && "ColumnRef" in arg ? (arg.ColumnRef.fields ?? []) : [];
  const [name] = fields.map((field) => textOf(field));
  const only = fields.length === 1 && indirection?.length === 1 && endsInStar(indirection);
  const known = level.scope.items.some(({ alias }) => alias === name);
  return only && known ? { ColumnRef: { fields: [...fields, { A_Star: {} }] } } : val;
}

export function endsInStar(indirection: readonly Node[] | undefined): boolean {
  const last = indirection?.at(-1);
  return last !== undefined && "A_Star" in last;
}

export function expand(star: Node, stars: readonly Star[], level: Level): readonly Star[] {
  const fields = "ColumnRef" in star ? (star.ColumnRef.fields ?? []) : [];
  if (fields.length === 1) {
    if (stars.length === 0) mistake("42601", "SELECT * with no tables specified is not valid");
    return stars;
  }
  const words = fields.slice(0, -1).map((field) => textOf(field) ?? "");
  const [table, schema] = words.toReversed();
  const found = findItem(table ?? "", schema ?? null, level.scope, null);
  for (const { name } of found.item.columns) found.level.read(found.item, name);
  if ("ColumnRef" in star && fields.length > 2) {
    stillFound(table ?? "", schema ?? null, level.scope);
    star.ColumnRef.fields = fields.slice(words.length - 1);
  }
  return starOf(found.item);
}

export function openItem(alias: string, columns: readonly string[], lineage: Lineage): Item {
  return {
    alias,
    schema: null,
    columns: columns.map((name) => rowsColumn(name, lineage)),
    openEnded: true,
    rest: lineage,
    carried: [],
    hides: false,
    covers: null,
  };
}

/** Rows that are made of customers' fields may hold anything besides: guesses from one to that field. */
function rowsColumn(name: string, lineage: Lineage): Column {
  return lineage.size === 0 ? { name, lineage } : { name, lineage, compared: true };
}

/** A table that JSON or XML is read as: its columns are the ones it lists, each made of all that it is given. */
export function readItem(
  alias: Alias | undefined,
  name: string,
  listed: readonly Node[] | undefined,
  lineage: Lineage,
): Item {
  const columns = renamed(
    columnsRead(listed).map((column) => rowsColumn(column, lineage)),
    alias,
  );
  return { ...openItem(alias?.aliasname ?? name, [], noLineage), columns, openEnded: false };
}

export function renamed(columns: readonly Column[], alias: Alias | undefined): readonly Column[] {
  const names = alias?.colnames ?? [];
  return columns.map((column, index) => ({ ...column, name: textOf(names[index]) ?? column.name }));
}

export function tableItem(
  alias: string,
  schema: string | null,
  relation: Relation,
  names: Alias | undefined,
): Item {
  const columns = renamed(
    relation.columns.map(({ name }) => ({ name, lineage: noLineage })),
    names,
  );
  return {
    alias,
    schema,
    columns,
    openEnded: false,
    rest: noLineage,
    carried: [],
    hides: false,
    covers: null,
  };
}

/**
 * An answer with an alias, in FROM. Where the alias may be read as a whole row, and whosaw's columns would be in it, a row of the visible
 * columns alone gets the alias, beside the one that has them all.
 */
export function hold(node: Node, output: Output, alias: Alias, { level, whole, moved }: Sources): Item {
  const name = alias.aliasname ?? "";
  const columns = renamed(output.columns, alias);
  const rest = output.openEnded ? union(output.columns.map(({ lineage }) => lineage)) : noLineage;
  const hides = output.carried.length > 0;
  const boxed = hides && whole.has(name);
  const holder = boxed ? hiddenName(level.env.work) : name;
  const item: Item = {
    alias: name,
    schema: null,
    columns,
    openEnded: output.openEnded,
    rest,
    hides,
    covers: null,
    carried: output.carried.map(({ occurrence, column, many }) => {
      return { occurrence, column, many, expression: () => columnRef(holder, column) };
    }),
  };
  if (!boxed) return aliased(node, item, alias);
  if (output.openEnded)
    return refuse(
      "row",
      `whole rows of "${name}" are read, and its columns aren't known`,
      "Name its columns.",
    );
  const inner = columns.map((_, index) => `${holder}_${index + 1}`);
  const twice = sameNames(columns);
  const read = columns.map((column, index): Column => {
    const instead = (): Node => columnRef(holder, inner[index] ?? "");
    return twice.has(column.name) ? { ...column, instead, ambiguous: true } : column;
  });
  setAlias(node, { aliasname: holder, colnames: inner.map(word) });
  const query: SelectStmt = plainSelect({
    targetList: columns.map((column, index) => target(columnRef(holder, inner[index] ?? ""), column.name)),
  });
  const visible = subselect(query, name);
  if ("RangeSubselect" in visible) visible.RangeSubselect.lateral = true;
  become(node, { JoinExpr: { jointype: "JOIN_INNER", larg: { ...node }, rarg: visible } });
  moved.set(name, holder);
  return { ...item, columns: read };
}

function sameNames(columns: readonly Column[]): ReadonlySet<string> {
  const names = columns.map(({ name }) => name);
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

/**
 * `*` is written out where columns are hidden, and of two columns with one name neither can be named: those get names of whosaw's own
 * where they stand, and their names back where they are read.
 */
function aliased(node: Node, item: Item, alias: Alias): Item {
  const twice = sameNames(item.columns);
  if (!item.hides || item.openEnded || twice.size === 0) {
    setAlias(node, alias);
    return item;
  }
  const own = item.columns.map(({ name }, index) => (twice.has(name) ? `${hiddenPrefix}${index + 1}` : name));
  setAlias(node, { ...alias, colnames: own.map(word) });
  const columns = item.columns.map((column, index): Column => {
    const written = own[index] ?? column.name;
    return written === column.name
      ? column
      : { ...column, instead: () => columnRef(item.alias, written), ambiguous: true };
  });
  return { ...item, columns };
}

function setAlias(node: Node, alias: Alias): void {
  if ("RangeSubselect" in node) node.RangeSubselect.alias = alias;
  else if ("RangeVar" in node) {
    // A name without an alias is its own.
    if (alias.aliasname === node.RangeVar.relname && alias.colnames === undefined) return;
    node.RangeVar.alias = alias;
  } else defect("an alias for what can have none");
}
