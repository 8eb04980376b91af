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

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly CatalogColumn[];
  /** A view's SELECT with every name qualified (pg_get_viewdef under an empty search_path); null for others. */
  readonly definition: string | null;
  /** Oids of the tables that this one is a partition or child of, nearest first. */
  readonly parents: readonly number[];
  readonly temporary: boolean;
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
