import type { Refusal } from "../../base/index.ts";

/** What a cell must be. Each has one meaning in SQL (the loader's) and one here (cells.ts); the careful one decides. */
export type CellKind =
  | { readonly kind: "id" }
  | { readonly kind: "text" }
  | { readonly kind: "time" }
  | { readonly kind: "timeOrNone" }
  | { readonly kind: "list" }
  | { readonly kind: "oneOf"; readonly values: readonly string[]; readonly empty: string };

/** A column of the store's table: taken from a cell of the source, or one value for all rows. */
export interface Column {
  readonly name: string;
  readonly is: CellKind;
  readonly cell: number | null;
  readonly constant: string;
}

/** How a source's cells become a table's rows. */
export interface Plan {
  readonly table: LoadedTable;
  readonly columns: readonly Column[];
  /** Further cells of a customer, kept under their names; null where the table keeps none. */
  readonly segments: readonly { readonly name: string; readonly cell: number }[] | null;
  /** The source's cells: names of JSON members or Parquet columns; for CSV only their number counts. */
  readonly cells: readonly string[];
}

export type LoadedTable =
  | "sightings"
  | "unknown_exposures"
  | "customers"
  | "tickets"
  | "ticket_events"
  | "actors"
  | "reports";

/** The rows of one file on their way into the store. */
export interface Unit {
  readonly import: number;
  readonly tables: readonly LoadedTable[];
}

/** How the bytes of a segment are to be read. */
export type Form =
  | { readonly kind: "lines"; readonly delimiter: string; readonly carriageReturn: boolean }
  | { readonly kind: "quoted"; readonly delimiter: string }
  | { readonly kind: "json" }
  | { readonly kind: "parquet" };

export interface Segment {
  readonly path: string;
  readonly form: Form;
  readonly plan: Plan;
  /** The line number of the segment's first row. */
  readonly firstLine: number;
  /** False: the bytes were seen to be UTF-8. */
  readonly checkUtf8: boolean;
  /** List cells met so far and what they mean; a cell that isn't here is left to the careful path. */
  readonly lists: ReadonlyMap<string, string>;
}

/** A row the loader did not take: `cells` only where the source has no lines (Parquet). */
export interface Unsure {
  readonly row: number;
  readonly cells: readonly string[] | null;
  /** False: the row's texts aren't UTF-8, and `cells` is only what could be read of them. */
  readonly utf8: boolean;
}

export interface ImportRecord {
  readonly import: number;
  readonly file: string;
  readonly table: string;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly read: number;
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly ignored: number;
  readonly exposureUnknown: number;
  /** Epoch milliseconds. */
  readonly started: number;
  readonly finished: number;
  /** The log and the index of the entry that tells of this import; '' and -1 where nothing was recorded. */
  readonly log: string;
  readonly entry: number;
}

/**
 * What the importer needs of the store. The loader takes only rows it is sure of and names the others; it never
 * changes a table that questions read before `move`.
 */
export interface Loader {
  readonly nextImport: () => Promise<number>;
  readonly findImport: (sha256: string, table: string, format: string) => Promise<ImportRecord | null>;
  /** Makes the unit's private tables, or finds those of an interrupted run. */
  readonly begin: (unit: Unit) => Promise<void>;
  /** Takes back every row of the unit behind this line. */
  readonly rewind: (unit: Unit, line: number) => Promise<void>;
  readonly loadSegment: (unit: Unit, segment: Segment) => Promise<Refusal | null>;
  readonly unsure: (segment: Segment) => AsyncIterable<Unsure>;
  /** Rows in the store's own form, JSON Lines with `line`. */
  readonly loadRows: (unit: Unit, table: LoadedTable, path: string) => Promise<void>;
  /** Rows of the unit so far, all tables together. */
  readonly count: (unit: Unit) => Promise<number>;
  /** The names and list cells of a Parquet file, and its rows. */
  readonly lookInto: (path: string) => Promise<ParquetLook | Refusal>;
  readonly distinctCells: (path: string, column: string) => Promise<readonly string[]>;
  /** Sets rows aside that the store already has; returns how many remain and how many were set aside. */
  readonly compare: (unit: Unit) => Promise<{ readonly imported: number; readonly duplicates: number }>;
  /** Makes the rows visible, all at once for each table. May run again after a crash. */
  readonly move: (unit: Unit) => Promise<void>;
  readonly record: (row: ImportRecord) => Promise<void>;
  /** Removes the unit's private tables. */
  readonly drop: (unit: Unit) => Promise<void>;
}

export interface ParquetLook {
  readonly columns: readonly string[];
  readonly rows: number;
}
