import type { CatalogQuery } from "./query.ts";

/** oid, definition with every name qualified that the empty path doesn't find. */
export const views: CatalogQuery = {
  why:
    "A view shows what stands behind it, so it is replaced by its definition. Views that came with the server (oids below 16384) " +
    "show catalogs, never customers, and aren't asked for.",
  sql: `
select c.oid, pg_catalog.pg_get_viewdef(c.oid)
  from pg_catalog.pg_class c
 where c.relkind operator(pg_catalog.=) any ('{v,m}'::pg_catalog."char"[])
   and c.oid operator(pg_catalog.>=) 16384::pg_catalog.oid
   and (c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog."char"
        or c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())`,
};
