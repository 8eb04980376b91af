import { type Evasion, evasion } from "./evasion.ts";

const born = { leaks: "customers.born" };
const days = "generate_series(date '1911-01-01', date '1938-12-31', interval '1 day') d";
/** Few enough that a partition of all of them is no burden; the third customer was born in it. */
const year = "generate_series(date '1917-01-01', date '1917-12-31', interval '1 day') d";
const r = (id: string, sql: string): Evasion => evasion("R", id, sql, born);
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
