import type { Catalog, CatalogAsk, Relation } from "../../capture/index.ts";
import { loadCatalog } from "../../capture/index.ts";
import { sqlName } from "../../policy/index.ts";
import { type Sample, sampleOf } from "./shapes.ts";

/** A table as `init` sees it. */
export interface Looked {
  readonly relation: Relation;
  /** `schema.table` as SQL writes it. */
  readonly name: string;
  /** The server's estimate. */
  readonly rows: number;
  readonly samples: ReadonlyMap<string, Sample>;
  /** Whether its rows could be read. */
  readonly readable: boolean;
}

/** A declared foreign key of one column. */
export interface ForeignKey {
  readonly table: number;
  readonly column: string;
  readonly target: number;
  readonly match: string;
}

export interface Database {
  readonly catalog: Catalog;
  readonly tables: readonly Looked[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly ask: CatalogAsk;
}

/** Rows read of each table; values are cut, counted by their looks, and forgotten. */
const sampleRows = 300;
const sampleCharacters = 300;
/** More tables than any help desk has; the rest is named in a finding. */
export const tablesMax = 2_000;

export async function lookAt(ask: CatalogAsk): Promise<Database> {
  const catalog = await loadCatalog(ask, "idle");
  const found = await ask(`
select c.oid, greatest(c.reltuples, 0)::bigint
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'f') and not c.relispartition and c.relpersistence <> 't' and c.oid >= 16384
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname limit ${tablesMax}`);
  const tables: Looked[] = [];
  for (const [oid, rows] of found) {
    const relation = catalog.byOid(Number(oid));
    if (relation !== null) tables.push(await lookInto(ask, relation, Number(rows)));
  }
  const keys = await ask(`
select k.conrelid, a.attname, k.confrelid, b.attname
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
  join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
 where k.contype = 'f' and array_length(k.conkey, 1) = 1`);
  return {
    catalog,
    tables,
    foreignKeys: keys.map(([table, column, target, match]) => ({
      table: Number(table),
      column: column ?? "",
      target: Number(target),
      match: match ?? "",
    })),
    ask,
  };
}

async function lookInto(ask: CatalogAsk, relation: Relation, rows: number): Promise<Looked> {
  const name = `${sqlName(relation.schema)}.${sqlName(relation.name)}`;
  const columns = relation.columns.filter(({ type }) => type !== "bytea");
  const list = columns.map(
    (column) => `pg_catalog.left(${quoted(column.name)}::pg_catalog.text, ${sampleCharacters})`,
  );
  if (list.length === 0) return { relation, name, rows, samples: new Map(), readable: true };
  try {
    const sample = await ask(
      `select ${list.join(", ")} from ${quoted(relation.schema)}.${quoted(relation.name)} limit ${sampleRows}`,
    );
    const samples = columns.map(
      (column, at) => [column.name, sampleOf(sample.map((row) => row[at] ?? null))] as const,
    );
    return { relation, name, rows: Math.max(rows, sample.length), samples: new Map(samples), readable: true };
  } catch {
    // No right to read it, or too slow: its names and types still say much, and the proposal says that they had to do.
    return { relation, name, rows, samples: new Map(), readable: false };
  }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
