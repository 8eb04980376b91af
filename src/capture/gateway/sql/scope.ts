import type { Node } from "@pgsql/types";
import type { Relation } from "../catalog/catalog.ts";
import type { Origin, PlanContext } from "../plan.ts";
import { hiddenPrefix } from "./tree/nodes.ts";
import { mistake, refuse } from "./tree/refused.ts";
import { type Guarded, showingOf } from "./tables.ts";

/** One protected table where it stands in one place of a statement. */
export interface Occurrence {
  readonly table: string;
  readonly atoms: Map<string, Atom>;
}

/** A field of an occurrence: what lineages are made of. Each is one object, so that sets of them work. */
export interface Atom {
  readonly occurrence: Occurrence;
  readonly field: string;
  readonly showing: "plain" | "masked";
}

export type Lineage = ReadonlySet<Atom>;

export const noLineage: Lineage = new Set();

export function union(lineages: Iterable<Lineage>): Set<Atom> {
  const all = new Set<Atom>();
  for (const lineage of lineages) for (const atom of lineage) all.add(atom);
  return all;
}

export interface Column {
  readonly name: string;
  readonly lineage: Lineage;
  /** A field and something else went into it: where it decides, the one tells the other. */
  readonly compared?: true;
  /** What a reference to it becomes, where a table must stay in place and its masks can't stand in a sub-select. */
  readonly instead?: () => Node;
  /** The column of a view that this is, whatever the view's query makes it of. */
  readonly origin?: Origin | null;
  /** Another column beside it has its name: only `*` reads it. */
  readonly ambiguous?: boolean;
}

/**
 * One column that several are read as. Where only some of them hold customers' fields, the others may be guesses, and whoever holds the
 * column against a field would learn which are right.
 */
export function mingled(name: string, parts: readonly Pick<Column, "lineage" | "compared">[]): Column {
  const lineage = union(parts.map((part) => part.lineage));
  const compared =
    parts.some((part) => part.compared === true) ||
    (lineage.size > 0 && parts.some((part) => part.lineage.size === 0));
  return compared ? { name, lineage, compared } : { name, lineage };
}

/** Where the customers of an occurrence can be had at one level: an expression, and the column that it is, where it is one. */
export interface Carried {
  readonly occurrence: Occurrence;
  readonly expression: () => Node;
  readonly column: string | null;
  readonly many: boolean;
}

/** One thing in FROM. */
export interface Item {
  readonly alias: string;
  /** Of a table named without an alias: a column may be named through it. */
  readonly schema: string | null;
  readonly columns: readonly Column[];
  /** There may be columns that aren't known: a function's. They hold `rest`. */
  readonly openEnded: boolean;
  readonly rest: Lineage;
  readonly carried: readonly Carried[];
  /** Its `*` would show columns of whosaw's. */
  readonly hides: boolean;
  /** A masked table: a GROUP BY of its key no longer covers its other columns. */
  readonly covers: Relation | null;
}

export interface Scope {
  readonly parent: Scope | null;
  readonly items: Item[];
  /** Told of each column that is read outside aggregates. */
  readonly read: (item: Item, column: string) => void;
}

/** A query's answer, as what stands around it sees it. */
export interface Output {
  /** In order; the hidden ones come after them and aren't here. */
  readonly columns: readonly Column[];
  /** The columns aren't all known: `*` over something unknown. */
  readonly openEnded: boolean;
  readonly carried: readonly {
    readonly occurrence: Occurrence;
    readonly column: string;
    readonly many: boolean;
  }[];
  /** Fields that only decided which rows there are. */
  readonly probed: Set<Atom>;
  /** Of these, fields that were held against something that may stand outside. */
  readonly tied?: Lineage;
}

export interface CommonTable {
  readonly name: string;
  /** Null: its turn hasn't come, so it can't be read yet. */
  output: Output | null;
  /** Whether the hidden columns are there: not inside what only decides. */
  readonly outer: CommonTable | null;
}

/** What one rewriting shares. */
export interface Work {
  readonly context: PlanContext;
  /** Replaces the session's path inside a view, whose names are resolved as under an empty one. */
  readonly searchPath: readonly string[];
  /** Columns that every row has without listing them, as far as the statement names them. */
  readonly systemColumns: ReadonlySet<string>;
  readonly names: Set<string>;
  /** Tables in FROM that were looked at, wherever the statement names them. */
  readonly seen: Set<object>;
  readonly count: {
    names: number;
    protected: boolean;
    changed: boolean;
    action: "update" | "delete" | null;
    export: boolean;
    /** Rows are locked: they may be newer than the snapshot that all else is read from. */
    locks: boolean;
  };
  readonly depth: number;
}

/** What a query is rewritten within. */
export interface Env {
  readonly work: Work;
  /** The levels whose columns it may read. */
  readonly scope: Scope | null;
  readonly tables: CommonTable | null;
  /** Whether the customers must come along: not where only the rows' being there matters. */
  readonly carry: boolean;
  /** That there are rows tells of the fields by which they were chosen, whatever the columns are made of. */
  readonly asked?: boolean;
}

let hiddenNames = 0;

/** A name that no other plan of this process has either: rows of one plan can't pass for another's. */
export function hiddenName(_work: Work): string {
  hiddenNames += 1;
  return `${hiddenPrefix}${hiddenNames.toString(36)}`;
}

export function occurrenceOf(guarded: Guarded, context: PlanContext): Occurrence {
  const atoms = new Map<string, Atom>();
  const occurrence: Occurrence = { table: guarded.table, atoms };
  for (const { name } of guarded.relation.columns) {
    const { showing, counts } = showingOf(guarded.config, name, context);
    if (counts && showing !== "hidden") atoms.set(name, { occurrence, field: name, showing });
  }
  return occurrence;
}

/** The same answer read a second time: other rows of it may be meant, so its occurrences are others. */
export function anotherReading(output: Output): Output {
  const again = new Map<Occurrence, Occurrence>();
  for (const { occurrence } of output.carried) {
    const atoms = new Map<string, Atom>();
    const copy: Occurrence = { table: occurrence.table, atoms };
    for (const [field, atom] of occurrence.atoms) atoms.set(field, { ...atom, occurrence: copy });
    again.set(occurrence, copy);
  }
  const renewed = (lineage: Lineage): Lineage =>
    new Set([...lineage].map((atom) => again.get(atom.occurrence)?.atoms.get(atom.field) ?? atom));
  return {
    ...output,
    tied: renewed(output.tied ?? noLineage),
    columns: output.columns.map((column) => ({ ...column, lineage: renewed(column.lineage) })),
    carried: output.carried.map((slot) => ({
      ...slot,
      occurrence: again.get(slot.occurrence) ?? slot.occurrence,
    })),
  };
}

export function wholeRow(item: Item): Lineage {
  return union([...item.columns.map(({ lineage }) => lineage), item.rest]);
}

export interface Found {
  readonly lineage: Lineage;
  readonly column: Column | null;
}

const systemNames = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** Where a part of the client's text stands in it, in bytes. Null: the part is a view's, or the gateway's own. */
export function placeOf(part: { readonly location?: number | undefined }, work: Work): number | null {
  return work.depth === 0 ? (part.location ?? null) : null;
}

/** A column named alone: the innermost level that has it, then, as the server does, a whole row of that name. */
export function findColumn(name: string, scope: Scope | null, at: number | null): Found {
  const lineages: Lineage[] = [];
  for (let level = scope; level !== null; level = level.parent) {
    let column: Column | null = null;
    for (const item of level.items) {
      const own = item.columns.filter((candidate) => candidate.name === name);
      for (const each of own) lineages.push(each.lineage);
      const [first] = own;
      if (first?.ambiguous === true) ambiguous(name, at);
      if (first !== undefined) {
        column = first;
        level.read(item, name);
      } else if (item.openEnded) {
        // It may be this one's.
        level.read(item, name);
        lineages.push(item.rest);
      }
    }
    // One of several by that name, or in their place, as after USING: what holds for the column holds for them all.
    if (column !== null) {
      const { lineage, compared } = mingled(
        name,
        lineages.map((each) => ({ lineage: each })),
      );
      return { lineage, column: compared === undefined ? column : { ...column, compared } };
    }
  }
  for (let level = scope; level !== null; level = level.parent) {
    const item = level.items.find((candidate) => candidate.alias === name);
    if (item === undefined) continue;
    readWhole(item, level);
    return { lineage: union([...lineages, wholeRow(item)]), column: null };
  }
  const open = anyOpen(scope);
  for (let level = scope; level !== null; level = level.parent)
    for (const item of level.items) level.read(item, name);
  if (!open && !systemNames.has(name)) mistake("42703", `column "${name}" does not exist`, at);
  return { lineage: union(lineages), column: null };
}

/** The view's column that a name means, found as `findColumn` and `findItem` find it, but without complaint. */
export function originOf(words: readonly string[], scope: Scope | null): Origin | null {
  const [name, alias] = words.toReversed();
  for (let level = scope; level !== null; level = level.parent) {
    const items = alias === undefined ? level.items : level.items.filter((item) => item.alias === alias);
    const [column, another] = items.flatMap(({ columns }) => columns.filter((one) => one.name === name));
    if (column !== undefined) return another === undefined ? (column.origin ?? null) : null;
  }
  return null;
}

function ambiguous(name: string, at: number | null): never {
  return mistake("42702", `column reference "${name}" is ambiguous`, at);
}

function anyOpen(scope: Scope | null): boolean {
  for (let level = scope; level !== null; level = level.parent)
    if (level.items.some(({ openEnded }) => openEnded)) return true;
  return false;
}

function readWhole(item: Item, level: Scope): void {
  if (item.columns.some(({ instead, ambiguous: twice }) => instead !== undefined && twice !== true))
    refuse("row", `whole rows of "${item.alias}" are read, which has masks`, "Name its columns.");
  for (const { name } of item.columns) level.read(item, name);
}

/** Every item that such a name can mean at the innermost level that has one. */
export function findItem(
  alias: string,
  schema: string | null,
  scope: Scope | null,
  at: number | null,
): { readonly item: Item; readonly level: Scope } {
  for (let level = scope; level !== null; level = level.parent) {
    const items = level.items.filter(
      (item) => item.alias === alias && (schema === null || item.schema === schema),
    );
    const [item] = items;
    if (item === undefined) continue;
    if (items.length > 1)
      refuse("names", `table name "${alias}" stands for two things`, "Give each table an alias of its own.");
    return { item, level };
  }
  return mistake("42P01", `missing FROM-clause entry for table "${alias}"`, at);
}

/** Leaving a table's schema out must not make its name mean something nearer. */
export function stillFound(alias: string, schema: string | null, scope: Scope | null): void {
  if (findItem(alias, schema, scope, null).item !== findItem(alias, null, scope, null).item)
    refuse("names", `table name "${alias}" stands for two things`, "Give each table an alias of its own.");
}

/** `alias.column`, and `alias.*` where the column is null. */
export function findIn(
  found: { readonly item: Item; readonly level: Scope },
  name: string | null,
  at: number | null,
): Found {
  const { item, level } = found;
  if (name === null) {
    readWhole(item, level);
    return { lineage: wholeRow(item), column: null };
  }
  const own = item.columns.filter((candidate) => candidate.name === name);
  const [column] = own;
  if (column?.ambiguous === true) ambiguous(name, at);
  if (column !== undefined) {
    level.read(item, name);
    return { lineage: union(own.map(({ lineage }) => lineage)), column };
  }
  level.read(item, name);
  if (systemNames.has(name)) return { lineage: noLineage, column: null };
  // The server would now try a function of that name on the whole row. Functions are called by their own notation here.
  if (!item.openEnded) mistake("42703", `column ${item.alias}.${name} does not exist`, at);
  return { lineage: wholeRow(item), column: null };
}
