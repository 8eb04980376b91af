import type { CatalogQuery } from "./query.ts";

/** oid of the index, oid of the table, column: one row a column, in the index's order. */
export const unique: CatalogQuery = {
  why:
    "A path from a row to its customer finds one row at each step only where a unique index says so. Indexes over a part of the rows, " +
    "over expressions, not yet valid or checked late promise nothing.",
  sql: `
select i.indexrelid, i.indrelid, a.attname
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.indrelid
  join lateral pg_catalog.generate_series(0, i.indnkeyatts operator(pg_catalog.-) 1::pg_catalog.int2) as at(n) on true
  join pg_catalog.pg_attribute a
    on a.attrelid operator(pg_catalog.=) i.indrelid and a.attnum operator(pg_catalog.=) i.indkey[at.n]
 where i.indisunique and i.indisvalid and i.indisready and i.indimmediate
   and i.indpred is null and i.indexprs is null
   and i.indrelid operator(pg_catalog.>=) 16384::pg_catalog.oid
   and c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog."char"
 order by i.indexrelid, at.n`,
};
