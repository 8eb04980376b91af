import type { CatalogQuery } from "./query.ts";

/**
 * Count and mixture of (oid, xmin) over each catalog table: a changed row has a new xmin, a new one a new oid. Objects that came with
 * the server and temporary ones are left out: a neighbour's temporary table is nobody else's business and would cause endless reloads.
 */
const mixed = (table: string, key: string, from: string): string => `
select '${table}'::pg_catalog.text, pg_catalog.count(*),
       pg_catalog.bit_xor(pg_catalog.hashtextextended(pg_catalog.concat(${key}, ' ', x.xmin), 0))
  from pg_catalog.${table} x ${from}`;

const notTemporary = (column: string): string => `
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) ${column}
   and n.nspname operator(pg_catalog.!~) '^pg_(toast|temp_|toast_temp_)'::pg_catalog.text`;

const ofClass = (column: string): string => `
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) ${column} ${notTemporary("c.relnamespace")}`;

const userOwn = (column: string): string => `
 where ${column} operator(pg_catalog.>=) 16384::pg_catalog.oid`;

/** Rows whose text, joined, changes when anything that the other queries read changes. */
export const fingerprint: CatalogQuery = {
  why: "Asked every few seconds: cheap, and different as soon as the catalog is.",
  sql: [
    mixed(
      "pg_namespace",
      "x.oid",
      " where x.nspname operator(pg_catalog.!~) '^pg_(toast|temp_|toast_temp_)'::pg_catalog.text",
    ),
    mixed("pg_class", "x.oid", notTemporary("x.relnamespace") + userOwn("x.oid")),
    mixed("pg_attribute", "x.attrelid, ' ', x.attnum", ofClass("x.attrelid") + userOwn("x.attrelid")),
    mixed("pg_rewrite", "x.oid", ofClass("x.ev_class") + userOwn("x.oid")),
    mixed("pg_inherits", "x.inhrelid, ' ', x.inhparent", ofClass("x.inhrelid")),
    mixed("pg_index", "x.indexrelid", ofClass("x.indrelid") + userOwn("x.indrelid")),
    mixed("pg_constraint", "x.oid", ofClass("x.conrelid") + userOwn("x.oid")),
    mixed("pg_proc", "x.oid", userOwn("x.oid")),
    mixed("pg_type", "x.oid", notTemporary("x.typnamespace") + userOwn("x.oid")),
    mixed("pg_operator", "x.oid", userOwn("x.oid")),
  ].join("\nunion all"),
};
