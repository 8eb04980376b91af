import { type Evasion, evasion, type Scene } from "./evasion.ts";

const email = { leaks: "customers.email" };
const name = { leaks: "customers.name" };

/** A statement that is planned while a table stands before the customers' own, and is run when it doesn't any more. */
async function droppedMeanwhile({ agent, owner }: Scene): Promise<void> {
  await agent.query("create table scratch.customers (id bigint, name text)");
  await agent.query("set search_path = scratch, public");
  const late = agent.query("select pg_sleep(1); select name from customers where id = 3");
  await new Promise((done) => setTimeout(done, 300));
  await owner("drop table if exists scratch.customers");
  await late;
  await agent.query("select name from public.customers where id = 3");
}

/** Between the gateway's reading of a statement and the server's: names, second evaluations, and what says whose a row is. */
export const seams: readonly Evasion[] = [
  evasion(
    "R/B",
    "s1",
    "select (select public.teams.name from (select email as name from customers where id = 3) teams limit 1) from teams limit 1",
  ),
  evasion(
    "R/B",
    "s2",
    [
      "create temp view v as select email from customers order by random() limit 1",
      "select (select email from v) from generate_series(1, 3)",
    ],
    { ...email, choosing: true },
  ),
  evasion(
    "R/B",
    "s3",
    "select (select (array_shuffle(array_agg(email)))[1] from customers where id < 9), (select (array_sample(array_agg(name), 1))[1] from customers)",
    { leaks: "customers.email customers.name", since: 16, choosing: true },
  ),
  evasion(
    "R/B",
    "s4",
    "select (select email from customers where id = (select 1 + last_value % 30 + 0 * n from kb.press_release)), nextval('kb.press_release') from generate_series(1, 3) n",
    { ...email, choosing: true },
  ),
  evasion(
    "R/B",
    "s5",
    "select (select email from customers where id = 2 + (to_regclass('scratch.flip' || n) is null)::int) from generate_series(1, 2) n",
    email,
  ),
  evasion("R/B", "s6", "copy (select name, id from customers where id in (3, 4)) to stdout (null '3')", name),
  evasion(
    "R",
    "s7",
    [
      "create table scratch.customers (id bigint, name text)",
      "set search_path = scratch, public",
      "select name from customers",
      "reset all",
      "select name from customers where id = 3",
      "drop table scratch.customers",
    ],
    name,
  ),
  evasion(
    "R/B",
    "s8",
    [
      "begin",
      "create temp table customers (id bigint, name text)",
      "rollback; select name from customers where id = 3",
    ],
    { ...name, only: "simple" },
  ),
  evasion(
    "R/B",
    "s9",
    [
      "begin",
      "create temp view teams as select name from customers where id = 3",
      "savepoint a",
      "drop view teams",
      "rollback to a; select name from teams",
      "rollback",
    ],
    { ...name, only: "simple" },
  ),
  evasion("R/B", "s10", droppedMeanwhile, name),
  evasion(
    "R/B",
    "s11",
    "select first_value(g) over (order by t.id) from teams t, lateral unnest(array(select d.name from customers d where d.id = t.id)) g order by t.id desc limit 1",
    name,
  ),
  evasion(
    "R/B",
    "s12",
    [
      "begin",
      "update tickets set customer_id = 4 where id = (select min(id) from tickets)",
      "select subject from tickets where id = (select min(id) from tickets)",
      "rollback",
    ],
    { leaks: "tickets.subject" },
  ),
  evasion(
    "R/B",
    "s13",
    [
      "begin",
      "update messages set ticket_id = (select max(id) from tickets)",
      "select body from messages where id < 4",
      "rollback",
    ],
    { leaks: "messages.body" },
  ),
  evasion(
    "R/B",
    "s14",
    [
      "begin",
      "merge into calls c using (select min(id) as i from calls) s on c.id = s.i when matched then update set customer_id = 1",
      "select number from calls where id = (select min(id) from calls)",
      "rollback",
    ],
    { leaks: "calls.number", since: 15 },
  ),
  evasion("R", "s15", [
    "begin",
    "update tickets set customer_id = customer_id, queue = 'phone' where id < 4 returning id",
    "update tickets t set customer_id = c.id from customers c where c.id = t.customer_id and t.id < 4",
    "insert into customers (id, name, email, country, language, kind) values (3, 'a', 'b@example.com', 'US', 'en', 'consumer') on conflict (id) do update set id = excluded.id, kind = excluded.kind",
    "rollback",
  ]),
  evasion("C", "s16", "select 1 from generate_series(1, (select length(name) from customers where id = 3))"),
  evasion("R/B", "s17", "copy (select name from customers where id = 3) to stdout csv header", name),
  evasion(
    "R",
    "s18",
    "select d::date from generate_series(date '1911-01-01', date '1938-12-31', interval '1 day') d, customers c where c.born = d::date and c.id = 3",
    { leaks: "customers.born" },
  ),
  evasion(
    "R",
    "s19",
    "select string_agg(chr(k), '' order by n) from generate_series(1, 14) n, generate_series(48, 122) k, customers where id = 3 and substr(name, n, 1) = chr(k)",
    name,
  ),
  evasion(
    "R",
    "s20",
    "select (select d::date from generate_series(date '1911-01-01', date '1938-12-31', interval '1 day') d where c.born = d) from customers c where id = 3",
    { leaks: "customers.born" },
  ),
  evasion(
    "R/B",
    "s21",
    [
      "create temp table t (e text)",
      "insert into t values ('x')",
      "update t set e = g::date::text from generate_series(date '1911-01-01', date '1938-12-31', interval '1 day') g, customers c where c.born = g and c.id = 3",
      "select e from t",
    ],
    { leaks: "customers.born" },
  ),
  // A WITH inside a recursive query, whose name hides a table of nobody's.
  evasion(
    "R",
    "s22",
    "with recursive r as (with teams as (select id, upper(notes) as name from customers where id = 3) select id, name from teams union all select r.id, r.name from r where false) select name from r",
    { leaks: "customers.notes" },
  ),
  evasion(
    "R",
    "s23",
    "with recursive r(n) as (with teams as (select id, reverse(notes) as name from customers where id = 3) select 1 union all select n + 1 from r, teams where n < 2), teams as (select 1) select (with recursive q as (with teams as (select notes as name from customers where id = 3) select name, 1 as n from teams union all select name, n + 1 from q where n < 2) select string_agg(name, ',') from q) from r",
    { leaks: "customers.notes" },
  ),
  // Sub-selects that are moved to be computed once, and recursions that are made a second time.
  evasion(
    "R",
    "s24",
    "select t.id, (select x.n from (select c.name as n, row_number() over (order by random()) as k from customers c where c.id = t.customer_id) x where x.k = 1) from tickets t where t.customer_id = 3",
    name,
  ),
  evasion(
    "R",
    "s25",
    "select string_agg(substr((select x.n from (select name as n from customers where id = 3 limit 1) x), i, 1), '' order by i) from generate_series(1, 14) i",
    name,
  ),
  evasion(
    "R",
    "s26",
    "with recursive r(a, b, c) as (select 0::bigint, ''::text, ''::text union select r.a + 1, coalesce((select email from customers where id = 3 and r.a = 0), ''), r.b from r where r.a < 3) select c from r where a = 2",
    email,
  ),
  evasion("R", "s27", "select * from (select c.*, c.* from customers c where c.id = 3) q", {
    leaks: "customers.email customers.name customers.phone",
  }),
  evasion(
    "R",
    "s28",
    "select j.v, json_value(to_jsonb(reverse(c.name)), '$' default 'x' on empty), json_query(jsonb_build_array(c.notes), '$[0]' with wrapper) from customers c, json_table(to_jsonb(c), '$' columns (v text path '$.email')) j where c.id = 3",
    { leaks: "customers.email customers.name customers.notes", since: 17 },
  ),
  evasion(
    "R",
    "s29",
    "select x.v from customers c, xmltable('/r/a' passing xmlelement(name r, xmlelement(name a, c.phone)) columns v text path '.') x where c.id = 3",
    { leaks: "customers.phone" },
  ),
];

/** What a role that masks, or is bound to tickets, must not see unmasked, or of others: one connection's statements each. */
export const narrowing: readonly (readonly string[])[] = [
  [
    "select first_value(name) over (partition by (select d.address from customers d where d.id = c.id) order by c.id) from customers c order by c.id desc limit 1",
  ],
  ["begin", "update tickets w_t set priority = priority returning subject", "rollback"],
  ["begin", "delete from calls w_t returning number, summary", "rollback"],
  ["begin", "update customers w_k0 set kind = kind returning name, phone", "rollback"],
  [
    "begin",
    "insert into tickets (customer_id, assignee_id, queue, subject) values (7, 'desk_lead', 'x', 'x')",
    "select name, phone from customers where id = 7",
    "rollback",
  ],
  [
    "begin",
    "insert into tickets (customer_id, assignee_id, queue, subject) select id, 'desk_lead', 'x', 'x' from generate_series(1, 9) id",
    "select name, phone from customers where id < 9",
    "rollback",
  ],
  [
    "begin",
    "update tickets set customer_id = 7",
    "rollback",
    "begin",
    "update tickets set customer_id = 7 where customer_id = 2",
    "select name, phone from customers where id = 7",
    "rollback",
  ],
  [
    "begin",
    "create temp table customers (id bigint, name text, phone text)",
    "rollback; select name, phone from customers where id = 3",
  ],
  [
    "begin",
    "create temp view teams as select name, phone from customers",
    "savepoint a",
    "drop view teams",
    "create temp table teams (name text, phone text)",
    "rollback to a; select name, phone from teams",
    "rollback",
  ],
  ["select (select public.teams.name from (select phone as name from customers) teams limit 1) from teams"],
];
