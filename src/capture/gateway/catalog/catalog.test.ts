import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Catalog } from "./catalog.ts";
import { type CatalogAsk, catalogFingerprint, loadCatalog } from "./loadCatalog.ts";
import { serversHere, startServer, type TestServer } from "./postgres.testing.ts";
import { parseSearchPath } from "./searchPath.ts";
import { SharedCatalog } from "./sharedCatalog.ts";

const desk = `
create schema crm; create schema "Odd ""Schema"; create schema alice;
create table public.customers (id int primary key, email varchar(200), born date, tags text[]);
create table crm.tickets (id bigint, customer_id int) partition by range (id);
create table crm.tickets_old partition of crm.tickets for values from (0) to (100) partition by range (id);
create table crm.tickets_older partition of crm.tickets_old for values from (0) to (50);
create table "Odd ""Schema"."A.b" (x int);
create table alice.customers (id int);
create type crm.mood as enum ('calm', 'angry');
alter table public.customers add column mood crm.mood;
alter table public.customers drop column born;
create view public.open_tickets as select t.id, c.email, c.mood from crm.tickets t join public.customers c on c.id = t.customer_id;
create materialized view crm.sums as select count(*) from public.customers;
create view crm.barred with (security_barrier) as select 1 as one;
create view crm.unbarred with (security_barrier = off) as select 1 as one;
create sequence crm.counter;
create index customers_email on public.customers (email);
create unique index on public.customers (email, mood);
create unique index on public.customers (mood) where id > 5;
create unique index on public.customers (lower(email));
create function crm.upper(text) returns text language sql as 'select $1';
create operator crm.=== (leftarg = int, rightarg = int, function = pg_catalog.int4eq);
create table public.pg_class (mine int);
create table crm.follows (customer int references public.customers (id) on update cascade on delete set null);
create table crm.goes (mood crm.mood, customer int references public.customers (id) on delete cascade);
create table crm.stays (customer int references public.customers (id));
create rule loud as on insert to crm.tickets do instead select * from public.customers;
`;

function askOf(client: Client): CatalogAsk {
  return async (text) => {
    const answer = await client.query<(string | null)[]>({
      text,
      rowMode: "array",
      types: { getTypeParser: () => (value: string | Buffer) => String(value) },
    });
    return answer.rows;
  };
}

describe.each(serversHere())("the catalog of $name", ({ bin }) => {
  let server: TestServer;
  let client: Client;
  let catalog: Catalog;
  beforeAll(async () => {
    server = await startServer(bin);
    client = await server.connect();
    await client.query(desk);
    catalog = await loadCatalog(askOf(client), "idle");
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  it("tells of a look that failed, and of none that was under way when it was closed", async () => {
    const failures: unknown[] = [];
    let looks = 0;
    let end: (() => void) | null = null;
    let breaks = false;
    const ask: CatalogAsk = async (text) => {
      if (!breaks) return askOf(client)(text);
      looks++;
      await new Promise<void>((resolve) => (end = resolve));
      throw new Error("the control connection is closed");
    };
    const shared = await SharedCatalog.open(ask, (error) => failures.push(error));
    breaks = true;
    await expect.poll(() => looks, { timeout: 5_000 }).toBe(1);
    // A look is tried several times before it has failed.
    const told = (): number => {
      end?.();
      return failures.length;
    };
    await expect.poll(told, { timeout: 10_000 }).toBe(1);
    const failed = looks;
    await expect.poll(() => looks, { timeout: 5_000 }).toBeGreaterThan(failed);
    shared.close();
    (end as (() => void) | null)?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(failures).toHaveLength(1);
  });

  it("knows columns with their types, dropped ones not", () => {
    expect(catalog.relation("public", "customers")?.columns).toEqual([
      { name: "id", type: "integer" },
      { name: "email", type: "character varying(200)" },
      { name: "tags", type: "text[]" },
      { name: "mood", type: "crm.mood" },
    ]);
    expect(Math.floor(catalog.serverVersion / 10_000)).toBe(server.major);
    expect(catalog.relation('Odd "Schema', "A.b")?.columns).toEqual([{ name: "x", type: "integer" }]);
    expect(catalog.relation("public", "Customers")).toBeNull();
  });

  it("knows which columns tell rows apart, and leaves out what only promises it for some rows", () => {
    expect(catalog.relation("public", "customers")?.unique).toEqual([["id"], ["email", "mood"]]);
  });

  it("knows which foreign keys hand a row's change on, and leaves out those that refuse it", () => {
    const from = catalog.relation("crm", "follows")?.oid;
    const gone = catalog.relation("crm", "goes")?.oid;
    expect(catalog.relation("public", "customers")?.references).toEqual([
      { column: "id", from, fromColumn: "customer", onUpdate: true, onDelete: true },
      { column: "id", from: gone, fromColumn: "customer", onUpdate: false, onDelete: false },
    ]);
    expect(catalog.relation("crm", "tickets")?.references).toBeUndefined();
  });

  it("knows a view by its definition with every name qualified, and what is a rule besides", () => {
    const view = catalog.relation("public", "open_tickets");
    expect(view?.definition).toMatch(/FROM \(crm\.tickets t\s+JOIN public\.customers c/);
    expect(view?.definition).not.toMatch(/;/);
    expect(catalog.relation("crm", "sums")).toMatchObject({ kind: "materialized" });
    expect(catalog.relation("crm", "sums")?.definition).toContain("public.customers");
    expect(catalog.relation("crm", "tickets")).toMatchObject({ kind: "partitioned", ruled: true });
    expect(view?.ruled).toBeUndefined();
    expect(catalog.relation("crm", "barred")?.barrier).toBe(true);
    const index = catalog.relation("public", "customers_email");
    expect(catalog.byOid(index?.indexOf ?? 0)?.name).toBe("customers");
    expect([view?.barrier, catalog.relation("crm", "unbarred")?.barrier]).toEqual([undefined, undefined]);
    expect(catalog.relation("pg_catalog", "pg_stats")).toMatchObject({ kind: "view", definition: null });
  });

  it("knows a partition's parents, nearest first", () => {
    const names = catalog.relation("crm", "tickets_older")?.parents.map((oid) => catalog.byOid(oid)?.name);
    expect(names).toEqual(["tickets_old", "tickets"]);
  });

  it("resolves a name as the server does, whatever the path", async () => {
    await client.query(
      "create temp table if not exists customers (t int); create temp view scratch as select * from customers",
    );
    const own = await loadCatalog(askOf(client), "idle");
    const names = [
      "customers",
      "pg_class",
      "tickets",
      "customers_email",
      "A.b",
      "counter",
      "mood",
      "scratch",
      "nothing",
    ];
    const paths = [
      "",
      '"$user", public',
      "public, pg_catalog",
      "alice, public",
      "public, pg_temp",
      "crm, alice, pg_temp, public",
      "nowhere, PUBLIC",
      '"Odd ""Schema", crm',
      "pg_temp, pg_catalog",
      "public,public , alice",
    ];
    for (const path of paths) {
      await client.query(`select set_config('search_path', $1, false)`, [path]);
      const parsed = parseSearchPath(path, "postgres");
      expect(parsed, path).not.toBeNull();
      for (const name of names) {
        const asked = await client.query<{ oid: number | null }>(
          "select pg_catalog.to_regclass(pg_catalog.quote_ident($1))::pg_catalog.oid as oid",
          [name],
        );
        const oid = asked.rows[0]?.oid ?? null;
        expect({ path, name, oid: own.resolve(name, parsed ?? [])?.oid ?? null }).toEqual({
          path,
          name,
          oid,
        });
      }
    }
    await client.query("reset search_path; drop view pg_temp.scratch; drop table pg_temp.customers");
  });

  it("sees temporary objects of its own session only", async () => {
    await client.query("create temp table mine (a int)");
    const other = await server.connect();
    const theirs = await loadCatalog(askOf(other), "idle");
    const own = await loadCatalog(askOf(client), "idle");
    expect(own.resolve("mine", [])).toMatchObject({ temporary: true, name: "mine" });
    expect(own.relation("pg_temp", "mine")?.oid).toBe(own.resolve("mine", ["public"])?.oid);
    expect(theirs.resolve("mine", ["public"])).toBeNull();
    expect(own.version).not.toBe(theirs.version);
    await other.end();
    await client.query("drop table mine");
  });

  it("names the schemas in which a function, an operator or a type may hide", () => {
    expect(catalog.functionSchemas("upper")).toEqual(["crm"]);
    expect(catalog.functionSchemas("lower")).toEqual([]);
    expect(catalog.operatorSchemas("===")).toEqual(["crm"]);
    expect(catalog.typeSchemas("mood")).toEqual(["crm"]);
    expect(catalog.typeSchemas("customers")).toEqual(["alice", "public"]);
  });

  it("reads inside a transaction and leaves it as it was", async () => {
    await client.query(
      "begin; set local search_path = crm; savepoint whosaw_catalog; create table fresh (a int)",
    );
    const within = await loadCatalog(askOf(client), "transaction");
    expect(within.relation("crm", "fresh")).not.toBeNull();
    const path = await client.query<{ search_path: string }>("show search_path");
    expect(path.rows[0]?.search_path).toBe("crm");
    await client.query("rollback to savepoint whosaw_catalog; commit");
    expect((await loadCatalog(askOf(client), "idle")).relation("crm", "fresh")).toBeNull();
  });

  it("changes its fingerprint with every change that matters, and not with a neighbour's temporary table", async () => {
    const other = await server.connect();
    const now = (): Promise<string> => catalogFingerprint(askOf(other));
    let before = await now();
    expect(await now()).toBe(before);
    await client.query("create temp table passing (a int primary key)");
    expect(await now()).toBe(before);
    const changes = [
      "create table public.fresh (a int, b varchar(10))",
      "alter table public.fresh rename column a to c",
      "alter table public.fresh alter column b type varchar(20)",
      "create or replace view public.open_tickets as select t.id, c.email, c.mood from crm.tickets t join public.customers c on c.id + 1 = t.customer_id",
      "create unique index fresh_b on public.fresh (b)",
      "drop index public.fresh_b",
      "alter table public.fresh add foreign key (c) references public.customers (id) on update cascade",
      "create function public.f() returns int language sql as 'select 1'",
      "create or replace function public.f() returns int language sql as 'select 2'",
      "create operator public.=== (leftarg = int, rightarg = int, function = pg_catalog.int4eq)",
      "alter table public.fresh drop column c",
      "create domain public.shy as text",
      "alter table crm.tickets_old detach partition crm.tickets_older",
      "alter schema alice rename to bob",
      "alter table public.fresh set schema crm",
      "create rule quiet as on delete to crm.fresh do instead nothing",
      "drop table crm.fresh",
    ];
    for (const change of changes) {
      await client.query(change);
      const after = await now();
      expect(after, change).not.toBe(before);
      before = after;
    }
    await other.end();
  });

  it("can't be misled by objects that stand before the server's own", async () => {
    await client.query(`
      create schema evil;
      create function evil.eq(oid, oid) returns bool language sql as 'select false';
      create operator evil.= (leftarg = oid, rightarg = oid, function = evil.eq);
      create type evil.text as (a int);
      create temp table pg_class (relname int);
      create temp table pg_namespace (nspname int);
      set search_path = evil, pg_temp, pg_catalog`);
    const seen = await loadCatalog(askOf(client), "idle");
    expect(seen.relation("public", "customers")?.columns).toHaveLength(4);
    const path = await client.query<{ search_path: string }>("show search_path");
    expect(path.rows[0]?.search_path).toBe("evil, pg_temp, pg_catalog");
    await client.query(
      "reset search_path; drop table pg_temp.pg_class, pg_temp.pg_namespace; drop schema evil cascade",
    );
  });
});

describe("the text of search_path", () => {
  it("is read as the server reads it", () => {
    expect(parseSearchPath('"$user", public', "ann")).toEqual(["ann", "public"]);
    expect(parseSearchPath('Ab, "Ab", "a""b"', "ann")).toEqual(["ab", "Ab", 'a"b']);
    // The server cuts quoted names too.
    expect(parseSearchPath(`"${"é".repeat(32)}", ${"A".repeat(64)}`, "ann")).toEqual([
      "é".repeat(31),
      "a".repeat(63),
    ]);
    expect(parseSearchPath("", "ann")).toEqual([]);
    expect(parseSearchPath("a,,b", "ann")).toBeNull();
    expect(parseSearchPath('"a', "ann")).toBeNull();
    expect(parseSearchPath("a b", "ann")).toBeNull();
  });
});
