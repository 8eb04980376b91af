/** pg_class.relkind, as far as names in statements can mean it. */
export type RelationKind =
  | "table"
  | "partitioned"
  | "view"
  | "materialized"
  | "foreign"
  | "sequence"
  | "composite"
  | "index";

export interface CatalogColumn {
  readonly name: string;
  /** format_type's text, schema-qualified where it isn't in pg_catalog. */
  readonly type: string;
}

/** A foreign key that hands on what happens to a row: one pair of its columns. */
export interface Reference {
  /** Of the table referred to. */
  readonly column: string;
  /** Oid of the table that refers, and its column. */
  readonly from: number;
  readonly fromColumn: string;
  /** An UPDATE here changes the column there. */
  readonly onUpdate: boolean;
  /** A DELETE here changes the column there, and leaves the row. */
  readonly onDelete: boolean;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly CatalogColumn[];
  /**
   * A view's SELECT as pg_get_viewdef writes it under an empty search_path, without the semicolon: its names mean what `resolve(name, [])`
   * says. Null for what is no view, and for views that came with the server (oid below 16384): they show catalogs, never customers.
   */
  readonly definition: string | null;
  /** Oids of the tables that this one is a partition or child of, nearest first. */
  readonly parents: readonly number[];
  readonly temporary: boolean;
  /** Columns of which no two rows have the same values, nulls apart: unique indexes over all rows. Absent: not known. */
  readonly unique?: readonly (readonly string[])[];
  /** Foreign keys of other tables that change these where this one's rows change. Absent: none. */
  readonly references?: readonly Reference[];
  /** Present where rules besides a view's own SELECT change what INSERT, UPDATE or DELETE do here. */
  readonly ruled?: boolean;
  /** Present at a view with a `security_barrier`: conditions from outside it must not see rows that it leaves out. */
  readonly barrier?: boolean;
  /** Of an index: its table's oid. */
  readonly indexOf?: number;
}

/** What a server's catalog said at one moment. Never changes; a newer one is another object. */
export interface Catalog {
  /** Differs between two catalogs that differ. */
  readonly version: string;
  readonly serverVersion: number;
  readonly relation: (schema: string, name: string) => Relation | null;
  readonly byOid: (oid: number) => Relation | null;
  /** As the server looks an unqualified name up: temporary objects first, then pg_catalog unless listed, then the path. */
  readonly resolve: (name: string, searchPath: readonly string[]) => Relation | null;
  /** Schemas other than pg_catalog that have a function, an operator or a type of this name. */
  readonly functionSchemas: (name: string) => readonly string[];
  readonly operatorSchemas: (name: string) => readonly string[];
  readonly typeSchemas: (name: string) => readonly string[];
}
