import type { CatalogQuery } from "./query.ts";

/** oid of the table referred to, its column, oid of the table that refers, its column, confupdtype, confdeltype: a row for each pair of columns. */
export const references: CatalogQuery = {
  why:
    "A foreign key that hands a change on (ON UPDATE CASCADE, ON DELETE SET NULL) changes a row that no statement names: whose it is, " +
    "perhaps. Where that fails, the error may quote the row. Those that refuse the change touch no other row.",
  sql: `
select c.confrelid, t.attname, c.conrelid, f.attname, c.confupdtype, c.confdeltype
  from pg_catalog.pg_constraint c
  join lateral rows from (pg_catalog.unnest(c.confkey), pg_catalog.unnest(c.conkey)) as k(other, own) on true
  join pg_catalog.pg_attribute t on t.attrelid operator(pg_catalog.=) c.confrelid and t.attnum operator(pg_catalog.=) k.other
  join pg_catalog.pg_attribute f on f.attrelid operator(pg_catalog.=) c.conrelid and f.attnum operator(pg_catalog.=) k.own
 where c.contype operator(pg_catalog.=) 'f'::pg_catalog."char"
   and (c.confupdtype operator(pg_catalog.=) any ('{c,n,d}'::pg_catalog."char"[])
        or c.confdeltype operator(pg_catalog.=) any ('{c,n,d}'::pg_catalog."char"[]))
 order by c.oid, k.own`,
};
