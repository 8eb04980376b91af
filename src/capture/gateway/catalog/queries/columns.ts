import type { CatalogQuery } from "./query.ts";

/** oid of the relation, name, type as text; in the order of the columns. */
export const columns: CatalogQuery = {
  why: "`select *` means the columns of this moment; a column that the configuration doesn't name is protected as the most private.",
  sql: `
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
 where a.attnum operator(pg_catalog.>) 0::pg_catalog.int2
   and not a.attisdropped
   and c.relkind operator(pg_catalog.=) any ('{r,p,v,m,f,S,c}'::pg_catalog."char"[])
   and (c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog."char"
        or c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())
 order by a.attrelid, a.attnum`,
};
