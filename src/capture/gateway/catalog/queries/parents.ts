import type { CatalogQuery } from "./query.ts";

/** oid of the child, oid of the parent; a child's parents in their order. */
export const parents: CatalogQuery = {
  why: "A partition's rows are its parent's rows: protecting the one protects the other.",
  sql: `
select i.inhrelid, i.inhparent
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.inhrelid
 where c.relkind operator(pg_catalog.=) any ('{r,p,f}'::pg_catalog."char"[])
 order by i.inhrelid, i.inhseqno`,
};
