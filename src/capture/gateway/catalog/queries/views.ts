import type { CatalogQuery } from "./query.ts";

/** oid, definition with every name qualified that the empty path doesn't find; null if it was dropped meanwhile. */
export const views: CatalogQuery = {
  why:
    "A view shows what stands behind it, so it is replaced by its definition. Views that came with the server (oids below 16384) " +
    "show catalogs, never customers, and aren't asked for. pg_table_is_visible knows of a drop that the snapshot doesn't show, of which " +
    "pg_get_viewdef would make an error.",
  sql: `
select c.oid, case when pg_catalog.pg_table_is_visible(c.oid) is not null then pg_catalog.pg_get_viewdef(c.oid) end
  from pg_catalog.pg_class c
 where c.relkind operator(pg_catalog.=) any ('{v,m}'::pg_catalog."char"[])
   and c.oid operator(pg_catalog.>=) 16384::pg_catalog.oid
   and (c.relpersistence operator(pg_catalog.<>) 't'::pg_catalog."char"
        or c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())`,
};
