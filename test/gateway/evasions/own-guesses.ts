import { type Evasion, evasion } from "./evasion.ts";

const born = { leaks: "customers.born" };
const days = "generate_series(date '1911-01-01', date '1938-12-31', interval '1 day') d";
/** Few enough that a partition of all of them is no burden; the third customer was born in it. */
const year = "generate_series(date '1917-01-01', date '1917-12-31', interval '1 day') d";
const r = (id: string, sql: string): Evasion => evasion("R", id, sql, born);
/** Whose field it is can't be told where no row is there: that it was asked must be. */
const asked = (id: string, sql: string): Evasion => evasion("C", id, sql);
const either = (id: string, ...run: readonly string[]): Evasion => evasion("R/B", id, run, born);

/** A list of guesses of which the right one comes out: held against the field by whatever chooses, orders or groups rows. */
export const guesses: readonly Evasion[] = [
  r(
    "g1",
    `select d::date from ${days}, customers c where c.id = 3 group by d having bool_or(c.born = d::date)`,
  ),
  r("g2", `select d::date from ${days}, customers c where c.id = 3 order by abs(c.born - d::date) limit 1`),
  r(
    "g3",
    `select distinct on (c.id) d::date from ${days}, customers c where c.id = 3 order by c.id, abs(c.born - d::date)`,
  ),
  r("g4", `select max(d) filter (where c.born = d::date) from ${days}, customers c where c.id = 3`),
  r(
    "g5",
    `select (array_agg(d::date order by abs(c.born - d::date)))[1] from ${days}, customers c where c.id = 3`,
  ),
  r(
    "g6",
    `select first_value(d::date) over (order by abs(c.born - d::date)) from ${year}, customers c where c.id = 3 limit 1`,
  ),
  r(
    "g7",
    `select first_value(d::date) over w from ${year}, customers c where c.id = 3 window w as (order by abs(c.born - d::date)) limit 1`,
  ),
  r("g8", `select min(d::date) from ${days}, customers c where c.id = 3 group by c.born = d::date`),
  r(
    "g9",
    `select distinct min(d::date) over (partition by c.born = d::date) from ${year}, customers c where c.id = 3`,
  ),
  r(
    "g10",
    `select d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3) q where hit`,
  ),
  r(
    "g11",
    `select q.d from (select d::date as d, row_number() over (order by abs(c.born - d::date)) as r from ${year}, customers c where c.id = 3) q where r = 1`,
  ),
  r(
    "g12",
    `select d from (select d::date as d, abs(c.born - d::date) as x from ${days}, customers c where c.id = 3 order by 2 limit 1) q`,
  ),
  r(
    "g13",
    `select d from (select d::date as d, abs(c.born - d::date) as x from ${days}, customers c where c.id = 3 order by x limit 1) q`,
  ),
  r(
    "g14",
    `select d::date from ${days}, lateral (select 1 from customers c where c.id = 3 and c.born = d::date) x`,
  ),
  either(
    "g15",
    `select d::date from ${days}, lateral (with z as (select 1 from customers c where c.id = 3 and c.born = d::date) select 1 from z) x`,
  ),
  r(
    "g16",
    `select d::date from ${days}, lateral (select 1 from (select 1 from customers c where c.id = 3 and c.born = d::date) y) x`,
  ),
  r("g17", `select d::date from ${days}, customers c where c.id = 3 and c.born = (select d::date)`),
  r(
    "g18",
    `select d::date from ${days}, customers c where c.id = 3 and c.born = (select d.d::date from teams where id = 1)`,
  ),
  r(
    "g19",
    `with q as (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3) select q.d from q where (q).hit`,
  ),
  r(
    "g20",
    `select d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3 union all select null, false) q where hit`,
  ),
  r(
    "g25",
    `select d from (select d::date as d, array[c.born = d::date] as hits from ${days}, customers c where c.id = 3) q where hits[1]`,
  ),
  r(
    "g26",
    `select d from (select d::date as d, row(c.born = d::date) as hit from ${days}, customers c where c.id = 3) q where hit::text = '(t)'`,
  ),
  r(
    "g27",
    `select d from (select d::date as d, (select bool_or(born = d::date) from customers where id = 3) as hit from ${year}) q where hit`,
  ),
  r(
    "g28",
    `with h as materialized (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3) select d from h order by hit desc limit 1`,
  ),
  // A column of guesses that a customer's field stands beside, before, or in the making of.
  r(
    "g29",
    `select q.d from (select d::date as d from ${days} union all select born from customers where false) q, customers c where c.id = 3 and c.born = q.d`,
  ),
  r(
    "g30",
    `select v.x from ${year}, lateral (values (d::date), ((select born from customers where false))) v(x), customers c where c.id = 3 and c.born = v.x`,
  ),
  r(
    "g31",
    `with recursive r(d) as (select date '1911-01-01' + 0 * length(name) from customers where id = 5 union all select d + 1 from r where d < '1938-12-31') select d from r, customers c where c.id = 3 and c.born = d`,
  ),
  r(
    "g32",
    `with recursive r(d) as (select date '1911-01-01' + 0 * length(name) from customers where id = 5 union all select d + 1 from r, customers c where c.id = 3 and c.born > d) select d from r order by d desc limit 1`,
  ),
  r(
    "g33",
    `with recursive r(d) as (select date '1911-01-01' + 0 * length(name) from customers where id = 5 union select d + 1 from r where d < '1938-12-31') select d from r, customers c where c.id = 3 and c.born = d`,
  ),
  r(
    "g34",
    `select d::date from customers a, generate_series(date '1911-01-01' + 0 * length(a.name), date '1938-12-31', interval '1 day') d, customers c where a.id = 5 and c.id = 3 and c.born = d::date`,
  ),
  r(
    "g35",
    `select q.d from (select generate_series(date '1911-01-01' + 0 * length(name), date '1938-12-31', interval '1 day')::date as d from customers where id = 5) q, customers c where c.id = 3 and c.born = q.d`,
  ),
  r(
    "g36",
    `select d from (select born as d from customers where false) a full join (select d::date as d from ${days}) g using (d), customers c where c.id = 3 and c.born = d`,
  ),
  evasion(
    "R",
    "g37",
    `select j.d from (select jsonb_agg(d::date) || to_jsonb(a.name) as all from ${year}, customers a where a.id = 5 group by a.name) q, json_table(q.all, '$[*]' columns (d text path '$')) j, customers c where c.id = 3 and c.born::text = j.d`,
    { ...born, since: 17 },
  ),
  r(
    "g38",
    `select q.d from (select date '1916-12-31' + (sum(1 + 0 * length(a.name)) over (rows unbounded preceding))::int as d from customers a, ${year} where a.id = 5) q, customers c where c.id = 3 and c.born = q.d`,
  ),
  r(
    "g39",
    `select v.d from customers c, ${year}, lateral (values (d::date, c.born = d::date)) v (d, hit) where c.id = 3 and hit`,
  ),
  r(
    "g40",
    `select q.d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3) q join (select true as hit) t using (hit)`,
  ),
  r(
    "g41",
    `select g.d from (select d::date as d, d::date as born from ${days}) g join customers c using (born) where c.id = 3`,
  ),
  r(
    "g42",
    `select d.d::date from ${days}, customers c, lateral unnest(array[c.born = d.d::date]) hit where c.id = 3 and hit`,
  ),
  r(
    "g43",
    `select d.d::date from ${days}, customers c, generate_series(1, (c.born = d.d::date)::int) where c.id = 3`,
  ),
  r(
    "g44",
    `select d::date from ${days}, lateral (with recursive r as (select 1 as n from customers c where c.id = 3 and c.born = d::date union all select n + 1 from r where n < 1) select n from r) x`,
  ),
  evasion(
    "R",
    "g45",
    `select d::date from ${days}, customers c, json_table(to_jsonb(array[c.born = d::date]), '$[*] ? (@ == true)' columns (hit bool path '$')) where c.id = 3`,
    { ...born, since: 17 },
  ),
  r(
    "g46",
    `select q.d from customers a natural join (select id, d::date as d, d::date as born from customers, ${days}) q where a.id = 3`,
  ),
  r(
    "g47",
    `select d::date from ${days}, customers a, unnest(array[a.name]) u, customers c where a.id = 5 and c.id = 3 and c.born = d::date`,
  ),
  r(
    "g48",
    `select q.d from (select d::date as d, a.name from ${days}, customers a where a.id = 5) q, customers c where c.id = 3 and c.born = (q).d`,
  ),
  r(
    "g49",
    `select q.d from (select d::date as d, abs(c.born - d::date) as x from ${days}, customers c where c.id = 3 union all select null, null order by 2 limit 1) q`,
  ),
  r(
    "g50",
    `select q.d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3 intersect select d::date, true from ${days}) q`,
  ),
  r(
    "g51",
    `select q.d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3 except select d::date, false from ${days}) q`,
  ),
  r(
    "g52",
    `select q.d from (select d::date as d, d::date as e from ${days} intersect select d::date, born from customers, ${days} where id = 3) q`,
  ),
  // The same held against by a sub-select: told beside each row that it lets through.
  ...[
    "d = (select born from customers where id = 3)",
    "d in (select born from customers where id = 3)",
    "row(d::date) in (select born from customers where id = 3)",
    "not d <> all (select born from customers where id = 3)",
    "d::date = any (array(select born from customers where id = 3))",
    "(select born = d from customers where id = 3)",
    "(select true from customers where id = 3 and born = d)",
    "(select count(*) from customers where id = 3 and born = d) = 1",
    "exists (select from customers where id = 3 and born = d limit 1)",
    "exists (select 1 from teams where exists (select 1 from customers where id = 3 and born = d))",
    "exists (with q as (select from customers where id = 3 and born = d union all select) select from q offset 1)",
    "exists (select count(*) from customers where id = 3 and born = d having count(*) > 0)",
    "case when exists (select 1 from customers where id = 3 and born = d) then true end",
  ].map((condition, at) => r(`g${53 + at}`, `select d::date from ${days} where ${condition}`)),
  r(
    "g66",
    `select d::date from ${days} order by abs((select born from customers where id = 3) - d::date) limit 1`,
  ),
  r("g67", `select d::date from ${days} group by d having d = (select born from customers where id = 3)`),
  r("g68", `select min(d::date) from ${days} group by d = (select born from customers where id = 3)`),
  r(
    "g69",
    `select max(d) filter (where exists (select 1 from customers where id = 3 and born = d)) from ${days}`,
  ),
  r(
    "g70",
    `select (array_agg(d::date order by abs(d::date - (select born from customers where id = 3))))[1] from ${days}`,
  ),
  r(
    "g71",
    `select first_value(d::date) over (order by abs(d::date - (select born from customers where id = 3))) from ${year} limit 1`,
  ),
  r(
    "g72",
    `select q.d from (select d::date as d, exists (select 1 from customers where id = 3 and born = d) as hit from ${days}) q where hit`,
  ),
  r(
    "g73",
    `select d::date from ${days} join teams t on t.id = 1 and d in (select born from customers where id = 3)`,
  ),
  either(
    "g74",
    `select j.d from (${days} join teams t on t.id = 1 and d in (select born from customers where id = 3)) j`,
  ),
  r(
    "g75",
    `select d::date from ${days}, lateral (select 1 where d in (select born from customers where id = 3)) x`,
  ),
  r(
    "g76",
    `select d::date from ${days}, generate_series(1, (exists (select 1 from customers where id = 3 and born = d))::int)`,
  ),
  r(
    "g77",
    `with recursive r(d) as (select date '1911-01-01' union select d + 1 from r where d <> (select born from customers where id = 3)) select d from r order by 1 desc limit 1`,
  ),
  either(
    "g78",
    `select d::date from ${days} where exists (select 1 from (select born from customers where id = 3 limit 1) q where q.born = d)`,
  ),
  either(
    "g79",
    "create temp table m (d date)",
    `insert into m select d from ${days} where d in (select born from customers where id = 3)`,
    "table m",
  ),
  // What a sub-select holds against nothing outside it only decides, and of a list only what it finds there is seen.
  evasion("R", "g80", `select d::date from ${days} where d in (select born from customers)`, {
    ...born,
    exactly: 42,
  }),
  evasion("R", "g81", `select d::date from ${year} where d in (select born from customers)`, {
    ...born,
  }),
  asked(
    "g82",
    `select extract(doy from d) from ${days} where not exists (select from customers c where c.id = 3 and c.born <> d::date)`,
  ),
  asked(
    "g83",
    `select extract(doy from d) from ${days} left join customers c on c.id = 3 and c.born <> d::date where c.id is null`,
  ),
  asked("g84", "select name from customers where id = 3 and email = 'nobody@example.com'"),
  asked("g85", "update customers set notes = notes where id = 3 and born = '1999-01-01'"),
  asked("g86", "delete from customers where born > '1999-01-01' and id = 3 returning id"),
  ...[
    "update m set hit = true where d in (select born from customers where id = 3)",
    "delete from m where not exists (select from customers where id = 3 and born = d)",
    "update m set hit = true from customers c where c.id = 3 and c.born = m.d",
    "delete from m using customers c where c.id = 3 and c.born <> m.d",
    "merge into m using customers c on c.id = 3 and c.born = m.d when matched then update set hit = true",
    "merge into m using (select 1) x on true when matched and d in (select born from customers where id = 3) then update set hit = true",
  ].map((marks, at) =>
    either(
      `g${87 + at}`,
      "create temp table m (d date, hit bool)",
      `insert into m select d::date from ${days}`,
      marks,
      marks.startsWith("delete")
        ? "select d from m where (select count(*) from m) < 9"
        : "select d from m where hit",
    ),
  ),
  either(
    "g21",
    "create temp table m (d date)",
    `merge into m using (select d::date as d, c.born from ${days}, customers c where c.id = 3) s on false when not matched and s.born = s.d then insert values (s.d)`,
    "table m",
  ),
  either(
    "g22",
    "create temp table m (d date)",
    `insert into m select d::date from ${days}, customers c where c.id = 3 order by abs(c.born - d::date) limit 1`,
    "table m",
  ),
  either(
    "g23",
    "create temp table m (d date)",
    "insert into m values (null)",
    `update m set d = q.d from (select d::date as d, c.born = d::date as hit from ${days}, customers c where c.id = 3) q where hit`,
    "table m",
  ),
  either(
    "g24",
    `create temp table m as select d::date from ${days}, customers c where c.id = 3 group by d having bool_or(c.born = d::date)`,
    "table m",
  ),
];
