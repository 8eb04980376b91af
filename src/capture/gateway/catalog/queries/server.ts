import type { CatalogQuery } from "./query.ts";

/** version, temporary schema of this session (null: none yet). */
export const server: CatalogQuery = {
  why: "What the server is decides what its grammar means; where its temporary objects are decides what a name means.",
  sql: `
select pg_catalog.current_setting('server_version_num'),
       (select n.nspname from pg_catalog.pg_namespace n
         where n.oid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())`,
};
