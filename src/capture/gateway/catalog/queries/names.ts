import type { CatalogQuery } from "./query.ts";

/** name, schema: one row each. */
export const functions: CatalogQuery = {
  why: "A function of the user's own may stand before the server's under the same name; it isn't on any list of harmless ones.",
  sql: `
select distinct p.proname, n.nspname
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
 where n.nspname operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
 order by 1, 2`,
};

/** name, schema: one row each. */
export const operators: CatalogQuery = {
  why: "An operator of the user's own calls a function of the user's own.",
  sql: `
select distinct o.oprname, n.nspname
  from pg_catalog.pg_operator o
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) o.oprnamespace
 where n.nspname operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
 order by 1, 2`,
};

/** name, schema: one row each. */
export const types: CatalogQuery = {
  why: "A cast to a type of the user's own calls its input function or a cast function; a table's row type is a type as well.",
  sql: `
select distinct t.typname, n.nspname
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.typnamespace
 where n.nspname operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
   and (n.nspname operator(pg_catalog.!~) '^pg_(toast_)?temp_'::pg_catalog.text
        or n.oid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())
 order by 1, 2`,
};
