import type { CatalogQuery } from "./query.ts";

/**
 * oid, schema, name, relkind, whether it is temporary, whether it has rules besides a view's own, whether it is a view with a
 * security_barrier, and the oid of the table that it is an index of.
 */
export const relations: CatalogQuery = {
  why:
    "Whatever a name in a statement can mean: also indexes and composite types, because the server stops at the first object of " +
    "the name, whatever it is. Other sessions' temporary objects and TOAST tables can't be named by anyone here and are left out.",
  sql: `
select c.oid, n.nspname, c.relname, c.relkind,
       c.relpersistence operator(pg_catalog.=) 't'::pg_catalog."char",
       exists (select from pg_catalog.pg_rewrite r
                where r.ev_class operator(pg_catalog.=) c.oid
                  and r.ev_type operator(pg_catalog.<>) '1'::pg_catalog."char"),
       exists (select from pg_catalog.unnest(c.reloptions) as o(option)
                where o.option operator(pg_catalog.~*) '^security_barrier=(?!f|n|of|0)'::pg_catalog.text),
       (select i.indrelid from pg_catalog.pg_index i where i.indexrelid operator(pg_catalog.=) c.oid)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
 where c.relkind operator(pg_catalog.<>) 't'::pg_catalog."char"
   and (c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog."char"
        or n.oid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())
 order by c.oid`,
};
