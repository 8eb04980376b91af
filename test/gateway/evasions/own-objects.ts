import { type Evasion, evasion } from "./evasion.ts";

const email = { leaks: "customers.email" };
const one = "select email from customers where id = 3";
const harmless = "select name from teams where id = 1";

/** Objects that outlive the statement that made them. */
export const objects: readonly Evasion[] = [
  evasion(
    "R",
    "o1",
    [
      "create temp view v1 as select id, email as e from customers",
      "create temp view v2 as select e as f, id from v1",
      "select f from v2 where id = 3",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o2",
    [
      "create temp view v as select email as e from customers where id = 3",
      "alter view v rename to w",
      "select e from w",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o3",
    [
      "create temp view v as select email as e from customers where id = 3",
      "alter view v rename column e to harmless",
      "select harmless from v",
    ],
    email,
  ),
  evasion(
    "R",
    "o4",
    [
      "begin",
      "create temp view v as select name as e from teams",
      "rollback",
      "create temp view v as select email as e from customers where id = 3",
      "select e from v",
    ],
    email,
  ),
  evasion(
    "R",
    "o5",
    [
      "begin",
      "create temp view v as select email as e from customers where id = 3",
      "savepoint a",
      "drop view v",
      "create temp view v as select name as e from teams",
      "rollback to a",
      "select e from v",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R",
    "o6",
    [
      "create temp view v as select name as e from teams",
      "create or replace temp view v as select email as e from customers where id = 3",
      "select e from v",
    ],
    email,
  ),
  evasion("R/B", "o7", [
    "create temp table k (like customers including all)",
    "insert into k overriding system value select id, name, email from customers where id = 3",
    "select * from k",
  ]),
  evasion(
    "R/B",
    "o8",
    [
      "create temp table g (e text, r text generated always as (reverse(e)) stored)",
      "insert into g (e) select email from customers where id = 3",
      "select r from g",
    ],
    email,
  ),
  evasion("R/B", "o9", [
    "create table scratch.stolen as select email from customers where id < 4",
    "@other select email from scratch.stolen",
    "@owner drop table if exists scratch.stolen",
  ]),
  evasion("R/B", "o10", [
    "create view scratch.stolen as select email as e from customers where id < 4",
    "@owner grant select on scratch.stolen to public",
    "@other select e from scratch.stolen",
    "@owner drop view if exists scratch.stolen",
  ]),
  evasion(
    "R/B",
    "o11",
    [
      "create materialized view scratch.stolen as select email as e from customers where id < 4",
      "select e from scratch.stolen",
      "@owner drop materialized view if exists scratch.stolen",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o12",
    [
      "create temp table t (e text)",
      "insert into t select email from customers where id = 3",
      "select * from t",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o13",
    [
      "create temp table t (e text)",
      "insert into t values ((select email from customers where id = 3))",
      "table t",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o14",
    [
      "prepare p as select email from customers where id = 3",
      "create temp table t as execute p",
      "select email from t",
    ],
    email,
  ),
  evasion(
    "R/B",
    "o15",
    [
      "create temp sequence s",
      "select setval('s', (select phone_digits from customers where id = 3))",
      "select last_value from s",
    ],
    { leaks: "customers.phone_digits" },
  ),
  evasion(
    "B",
    "o16",
    "create function pg_temp.f() returns setof text language sql as 'select email from public.customers'",
  ),
  evasion("B", "o17", "create procedure scratch.f() language sql as 'select 1'"),
  evasion("B", "o18", [
    "create temp view v as select 1 as a",
    "create rule r as on insert to v do instead select email from customers",
  ]),
  evasion(
    "B",
    "o19",
    "create temp table t (a text check (a <> (current_setting('x'))));create trigger x before insert on t for each row execute function touch_updated()",
    { only: "simple" },
  ),
  evasion("B", "o20", "create operator pg_temp.=== (function = texteq, leftarg = text, rightarg = text)"),
  evasion("B", "o21", "create aggregate scratch.together (text) (sfunc = textcat, stype = text)"),
  evasion("B", "o22", "create cast (text as integer) with inout"),
  evasion("R/B", "o23", [
    "create domain scratch.said as text check (value <> '')",
    "@owner drop domain if exists scratch.said",
  ]),
  evasion("B", "o24", "call scratch.nothing()"),
  evasion("B", "o25", "create extension dblink"),
  evasion("B", "o26", "create statistics scratch.s on name, email from customers"),
  evasion("B", "o27", "alter role current_user set application_name = 'x'"),
  evasion("B", "o28", "security label on table customers is 'x'"),
  evasion("B", "o29", "alter default privileges grant select on tables to public"),
  evasion("B", "o30", "grant select on customers to public"),
  evasion("B", "o31", "create publication p for table customers"),
  evasion(
    "R",
    "o32",
    [
      "create temp table teams (name text)",
      "insert into teams values ('mine')",
      "select name from pg_temp.teams union all select email from customers where id = 3",
    ],
    email,
  ),
  evasion(
    "R",
    "o33",
    [
      "set search_path = kb, public",
      one,
      "set search_path = scratch",
      "select email from public.customers where id = 4",
      "reset search_path",
      "select email from customers where id = 5",
    ],
    email,
  ),
  evasion(
    "R",
    "o34",
    [
      "set search_path = pg_temp, pg_catalog, public",
      "create temp view customers as select id, name as email from public.teams",
      "select email from public.customers where id = 3",
    ],
    email,
  ),
  evasion("R", "o35", ["begin", "set local search_path = kb", "rollback", one], email),
  evasion(
    "R",
    "o36",
    [
      "begin",
      "set search_path = kb",
      "savepoint a",
      "set search_path = scratch",
      "rollback to a",
      "commit",
      "select email from public.customers where id = 3",
    ],
    email,
  ),
  evasion("pass", "o37", [
    "create temp table mine (id int, line text)",
    "insert into mine values (1, 'a'), (2, 'b')",
    "select * from mine order by id",
    "update mine set line = 'c' returning id",
    "drop table mine",
  ]),
  evasion("pass", "o38", [
    "begin",
    "create temp view teams2 as select * from teams",
    "select name from teams2 order by id",
    "rollback",
    harmless,
  ]),
];
