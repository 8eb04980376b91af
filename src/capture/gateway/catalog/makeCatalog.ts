import { createHash } from "node:crypto";
import { defect } from "../../../base/index.ts";
import type { Catalog, CatalogColumn, Reference, Relation, RelationKind } from "./catalog.ts";
import type { CatalogQueryName } from "./queries/index.ts";

/** One cell as the server writes it in text form. */
export type CatalogRow = readonly (string | null)[];

export type CatalogRows = Readonly<Record<CatalogQueryName, readonly CatalogRow[]>>;

const kinds: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "partitioned",
  v: "view",
  m: "materialized",
  f: "foreign",
  S: "sequence",
  c: "composite",
  i: "index",
  I: "index",
};

/** What the answers to `catalogQueries` say. Answers that a server can't give are a defect. */
export function makeCatalog(rows: CatalogRows): Catalog {
  const [about] = rows.server;
  if (about === undefined) return defect("the server said nothing about itself");
  const temporarySchema = about[1] ?? null;
  const byOid = relationsByOid(rows);
  const byName = new Map<string, Map<string, Relation>>();
  for (const relation of byOid.values()) {
    const named = byName.get(relation.schema) ?? new Map<string, Relation>();
    named.set(relation.name, relation);
    byName.set(relation.schema, named);
  }
  const own = (schema: string): string | null => (schema === "pg_temp" ? temporarySchema : schema);
  const relation = (schema: string, name: string): Relation | null => {
    const real = own(schema);
    return real === null ? null : (byName.get(real)?.get(name) ?? null);
  };
  return {
    version: versionOf(rows),
    serverVersion: Number(text(about, 0)),
    relation,
    byOid: (oid) => byOid.get(oid) ?? null,
    resolve: (name, searchPath) => {
      for (const schema of whole(searchPath, own)) {
        const found = relation(schema, name);
        if (found !== null) return found;
      }
      return null;
    },
    functionSchemas: lookUp(rows.functions),
    operatorSchemas: lookUp(rows.operators),
    typeSchemas: lookUp(rows.types),
  };
}

/**
 * The path with what the server puts before it (recomputeNamespacePath): pg_catalog, and the temporary schema before that, each only
 * where the path doesn't name it.
 */
function whole(searchPath: readonly string[], own: (schema: string) => string | null): readonly string[] {
  const temporary = own("pg_temp");
  const first = searchPath.includes("pg_catalog") ? [] : ["pg_catalog"];
  const named = searchPath.some((schema) => schema === "pg_temp" || schema === temporary);
  return [...(named || temporary === null ? [] : [temporary]), ...first, ...searchPath];
}

function relationsByOid(rows: CatalogRows): Map<number, Relation> {
  const columns = new Map<number, CatalogColumn[]>();
  for (const row of rows.columns) {
    const oid = Number(text(row, 0));
    const list = columns.get(oid) ?? [];
    list.push({ name: text(row, 1), type: text(row, 2) });
    columns.set(oid, list);
  }
  const definitions = new Map(rows.views.map((row) => [Number(text(row, 0)), row[1] ?? null]));
  const nearest = new Map<number, number[]>();
  for (const row of rows.parents) {
    const child = Number(text(row, 0));
    nearest.set(child, [...(nearest.get(child) ?? []), Number(text(row, 1))]);
  }
  const unique = uniqueColumns(rows.unique);
  const references = referencesByOid(rows.references);
  const relations = new Map<number, Relation>();
  for (const row of rows.relations) {
    const oid = Number(text(row, 0));
    const kind = kinds[text(row, 3)];
    const referred = references.get(oid);
    // A kind that came with a newer server than this was written for: unknown, so it can't be named.
    if (kind === undefined) continue;
    // Dropped while it was looked at; a view without its definition would be taken for a table.
    if (isOwnView(oid, text(row, 3)) && (definitions.get(oid) ?? null) === null) continue;
    relations.set(oid, {
      oid,
      schema: text(row, 1),
      name: text(row, 2),
      kind,
      columns: columns.get(oid) ?? [],
      definition: definitions.get(oid)?.replace(/;\s*$/, "").trim() ?? null,
      parents: ancestors(oid, nearest),
      temporary: text(row, 4) === "t",
      unique: unique.get(oid) ?? [],
      ...(referred === undefined ? {} : { references: referred }),
      ...(text(row, 5) === "t" ? { ruled: true } : {}),
      ...(text(row, 6) === "t" ? { barrier: true } : {}),
      ...(typeof row[7] === "string" ? { indexOf: Number(row[7]) } : {}),
    });
  }
  return relations;
}

/** By the table referred to. */
function referencesByOid(rows: readonly CatalogRow[]): ReadonlyMap<number, readonly Reference[]> {
  const found = new Map<number, Reference[]>();
  for (const row of rows) {
    const oid = Number(text(row, 0));
    const reference: Reference = {
      column: text(row, 1),
      from: Number(text(row, 2)),
      fromColumn: text(row, 3),
      onUpdate: "cnd".includes(text(row, 4)),
      onDelete: "nd".includes(text(row, 5)),
    };
    found.set(oid, [...(found.get(oid) ?? []), reference]);
  }
  return found;
}

/** A view that didn't come with the server: its definition was asked for. */
function isOwnView(oid: number, relkind: string): boolean {
  return oid >= 16_384 && (relkind === "v" || relkind === "m");
}

/** By table: the columns of each index. */
function uniqueColumns(rows: readonly CatalogRow[]): ReadonlyMap<number, readonly (readonly string[])[]> {
  const indexes = new Map<string, { readonly table: number; readonly columns: string[] }>();
  for (const row of rows) {
    const index = indexes.get(text(row, 0)) ?? { table: Number(text(row, 1)), columns: [] };
    index.columns.push(text(row, 2));
    indexes.set(text(row, 0), index);
  }
  const tables = new Map<number, string[][]>();
  for (const { table, columns } of indexes.values())
    tables.set(table, [...(tables.get(table) ?? []), columns]);
  return tables;
}

/** Parents, their parents, and so on: breadth first, each once. */
function ancestors(oid: number, nearest: ReadonlyMap<number, readonly number[]>): readonly number[] {
  const found = new Set<number>();
  let level = nearest.get(oid) ?? [];
  while (level.length > 0) {
    const next: number[] = [];
    for (const parent of level) {
      if (found.has(parent)) continue;
      found.add(parent);
      next.push(...(nearest.get(parent) ?? []));
    }
    level = next;
  }
  return [...found];
}

function lookUp(rows: readonly CatalogRow[]): (name: string) => readonly string[] {
  const schemas = new Map<string, string[]>();
  for (const row of rows) {
    const name = text(row, 0);
    const list = schemas.get(name) ?? [];
    list.push(text(row, 1));
    schemas.set(name, list);
  }
  return (name) => schemas.get(name) ?? [];
}

function versionOf(rows: CatalogRows): string {
  const hash = createHash("sha256");
  for (const answer of Object.values(rows)) {
    for (const row of answer) hash.update(`${JSON.stringify(row)}\n`);
    hash.update("\n");
  }
  return hash.digest("hex").slice(0, 32);
}

function text(row: CatalogRow, at: number): string {
  const cell = row[at];
  return typeof cell === "string" ? cell : defect(`the catalog's answer lacks column ${at}`);
}
