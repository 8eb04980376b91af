import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadModule, type Node } from "libpg-query";
import { deparseSync } from "pgsql-deparser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { loadCatalog } from "../catalog/loadCatalog.ts";
import { serversHere, startServer, type TestServer } from "../catalog/postgres.testing.ts";
import { isStatementRefusal, type PlanContext } from "../plan.ts";
import { contextOf, statementsOf, verdict } from "./admit.testing.ts";
import { admit } from "./index.ts";

await loadModule();
const folder = resolve(import.meta.dirname, "../../../../testdata/statements");

const schema = `
create extension citext; create extension pg_trgm; create extension hstore;
create type mood as enum ('glad', 'cross');
create domain phone as text check (value ~ '^[0-9+-]+$');
create table customers (id int primary key, email citext unique, phone phone, mood mood, full_name text);
create table tickets (id int primary key, customer_id int references customers, subject text);
create view open_tickets as select id, subject from tickets;
insert into customers values (1, 'Ada@Example.com', '555-0101', 'glad', 'Ada'), (2, 'bob@example.com', '555-0102', 'cross', 'Bob');
insert into tickets values (1, 1, 'late'), (2, 2, 'lost');
create function leak() returns setof text language sql security definer as 'select email::text from customers';
create function full(c customers) returns text language sql as 'select $1.email::text';
create function upper(c customers) returns text language sql as 'select $1.email::text';
create function lower(x int) returns text language sql as 'select email::text from customers where id = x';
create operator ### (leftarg = int, rightarg = int, function = pg_catalog.int4pl);
`;

/** What people write: names of columns and values must be the same with and without the schemas. */
const everyday = `
select upper(email), count(*) from customers group by 1 order by 1;
select replace(email, 'ADA', 'x'), regexp_replace(email, 'ADA', 'x'), strpos(email, 'EXAMPLE'), max(email) over () from customers order by 1;
select similarity('abc', 'abd'), word_similarity('a', 'ab'), hstore('a', 'b') -> 'a';
select mood('glad'), 'glad'::mood, text('x'), int4(2.6), date('2026-01-01'), json('[1]');
select extract(year from date '2026-02-03'), overlay('abc' placing 'x' from 2), position('b' in 'abc'), substring('abc' from 2 for 1),
       trim(leading 'x' from 'xa'), 'a' like 'b' escape 'c', 'a' similar to 'a', normalize('a'), (date '2026-01-01', date '2026-02-01') overlaps (date '2026-01-15', date '2026-03-01');
select timestamp '2026-01-01 00:00' at time zone 'UTC' at time zone 'Asia/Tokyo', collation for ('a'::text);
select * from generate_series(1, 3); select * from generate_series(1, 2) with ordinality; select * from unnest(array[1, 2], array['a', 'b']) as u (a, b);
select * from json_each('{"a": 1}'); select * from json_to_recordset('[{"a": 1}]') as x (a int); select (each('a=>1'::hstore)).key;
select row_number() over (order by id), lag(email) over w from customers window w as (order by id);
select percentile_cont(0.5) within group (order by id), mode() within group (order by mood), string_agg(email, ',' order by id) from customers;
select json_agg(c order by c.id), json_build_object('a', 1), jsonb_path_query_array('[1, 2]', '$[*]'), array_agg(id order by id) from customers c;
select coalesce(null, 1), greatest(1, 2), nullif(1, 1), xmlelement(name a, 'x'), xmlforest(1 as b), current_user, current_schema, current_schemas(true);
select (c).email, c.full_name, c.* from customers c where c.email = 'ADA@example.com';
select c.email from customers c where email like 'ADA%' and phone in ('555-0101', '1') and id between 1 and 5;
select date_trunc('day', timestamp '2026-01-01 10:00'), to_char(12.5, '99.9'), md5('a'), encode('a', 'hex'), format('%s-%I', 'a', 'b');
select nextval('pg_temp.numbers') from (select 1) x; select pg_typeof(1), format_type(23, null), to_regclass('customers'), pg_get_viewdef('open_tickets');
with recursive n (i) as (select 1 union all select i + 1 from n where i < 3) select sum(i) from n;
select grouping(mood), count(*) from customers group by rollup (mood) order by 1, 2;
`;

describe.each(serversHere())("against $name", ({ bin }) => {
  let server: TestServer;
  let client: Client;
  let context: PlanContext;

  beforeAll(async () => {
    server = await startServer(bin);
    client = await server.connect();
    await client.query(schema);
    await client.query("create temp sequence numbers cache 1; create temp table mine (a int)");
    const catalog = await loadCatalog(async (sql) => {
      const { rows } = await client.query<(string | null)[]>({
        text: sql,
        rowMode: "array",
        types: { getTypeParser: () => (cell: string) => cell },
      });
      return rows;
    }, "idle");
    context = contextOf({ catalog });
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  async function answer(sql: string): Promise<unknown> {
    await client.query("begin");
    try {
      const { fields, rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      return { columns: fields.map(({ name, dataTypeID }) => [name, dataTypeID]), rows };
    } catch (error) {
      return { error: error instanceof Error && "code" in error ? error.code : error };
    } finally {
      await client.query("rollback");
    }
  }

  /** The statement as it came (deparsed, so that only the schemas differ) and as it was admitted. */
  function both(stmt: Node): readonly [string, string] | null {
    const judged = admit(stmt, context);
    return isStatementRefusal(judged) ? null : [deparseSync(stmt), deparseSync(judged.stmt)];
  }

  it("gives the same columns and rows with the schemas in front of the functions", async () => {
    for (const stmt of statementsOf(everyday)) {
      const pair = both(stmt);
      expect(pair, deparseSync(stmt)).not.toBeNull();
      if (pair === null) continue;
      const asItCame = await answer(pair[0]);
      if (!pair[0].includes("nextval")) expect(await answer(pair[1]), pair[1]).toEqual(asItCame);
      expect(asItCame, pair[0]).not.toHaveProperty("error");
    }
  }, 60_000);

  it("answers psql and pg_dump as before", async () => {
    let compared = 0;
    for (const file of ["psql.sql", "pg_dump.sql"])
      for (const stmt of statementsOf(readFileSync(resolve(folder, file), "utf8"))) {
        const pair = "SelectStmt" in stmt ? both(stmt) : null;
        if (pair === null) continue;
        compared += 1;
        expect(await answer(pair[1]), pair[1]).toEqual(await answer(pair[0]));
      }
    expect(compared).toBeGreaterThan(150);
  }, 120_000);

  it("keeps a user's function from being bound in the place of the server's", async () => {
    const [stmt] = statementsOf("select lower(1)");
    const pair = stmt === undefined ? null : both(stmt);
    expect(await answer(pair?.[0] ?? "")).toMatchObject({ rows: [["Ada@Example.com"]] });
    expect(await answer(pair?.[1] ?? "")).toEqual({ error: "42883" });
  });

  it("refuses the database's own functions and operators, however they are written", () => {
    for (const [sql, rule] of [
      ["select leak()", "unknown_function"],
      ["select full(c) from customers c", "unknown_function"],
      ["select c.full from customers c", "unknown_function"],
      ["select (c).full from customers c", "unknown_function"],
      ["select public.upper(c) from customers c", "unknown_function"],
      ["select 1 ### 2", "unknown_operator"],
      ["select 1 operator(public.###) 2", "unknown_operator"],
      ["select most_common_vals from pg_stats", "system_relation"],
      ["select * from pg_toast.pg_toast_2619", "system_relation"],
      ["drop table mine", "admitted: ddl"],
      ["drop table customers", "ddl"],
    ] as const)
      expect(verdict(sql, context), sql).toBe(rule);
  });
});
