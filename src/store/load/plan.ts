/**
 * What a segment is and what its cells must become. The importer hands these in; the store knows no importer.
 * A row is taken only when SQL is sure of it: when in doubt it is left out here and named by `unsure`.
 */
export type LoadKind =
  | { readonly kind: "id" }
  | { readonly kind: "text" }
  | { readonly kind: "time" }
  | { readonly kind: "timeOrNone" }
  | { readonly kind: "list" }
  | { readonly kind: "oneOf"; readonly values: readonly string[]; readonly empty: string };

export interface LoadColumn {
  readonly name: string;
  readonly is: LoadKind;
  /** The source's cell; null: `constant` for every row. */
  readonly cell: number | null;
  readonly constant: string;
}

export interface LoadPlan {
  readonly table: LoadTable;
  readonly columns: readonly LoadColumn[];
  readonly segments: readonly { readonly name: string; readonly cell: number }[] | null;
  readonly cells: readonly string[];
}

export const loadTables = [
  "sightings",
  "unknown_exposures",
  "customers",
  "tickets",
  "ticket_events",
  "actors",
  "reports",
] as const;

export type LoadTable = (typeof loadTables)[number];

export interface LoadUnit {
  readonly import: number;
  readonly tables: readonly LoadTable[];
}

export type LoadForm =
  | { readonly kind: "lines"; readonly delimiter: string; readonly carriageReturn: boolean }
  | { readonly kind: "quoted"; readonly delimiter: string }
  | { readonly kind: "json" }
  | { readonly kind: "parquet" };

export interface LoadSegment {
  readonly path: string;
  readonly form: LoadForm;
  readonly plan: LoadPlan;
  readonly firstLine: number;
  readonly checkUtf8: boolean;
  readonly lists: ReadonlyMap<string, string>;
}
