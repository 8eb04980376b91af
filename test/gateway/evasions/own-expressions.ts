import { type Evasion, evasion } from "./evasion.ts";

const email = { leaks: "customers.email" };
const r = (id: string, run: string | readonly string[], leaks = "customers.email", since = 14): Evasion =>
  evasion("R", id, run, { leaks, since });
const either = (
  id: string,
  run: string | readonly string[],
  leaks = "customers.email",
  since = 14,
): Evasion => evasion("R/B", id, run, { leaks, since });

/** Ways to turn a value into another that still tells it: what the design's sample leaves out. */
export const expressions: readonly Evasion[] = [
  // Texts in pieces and in other forms.
  r(
    "x1",
    "select split_part(email, '@', 1), lpad(name, 40, '*'), initcap(phone) from customers where id = 3",
    "customers.email customers.name customers.phone",
  ),
  evasion(
    "R",
    "x2",
    "select left(email, 7) || '|', substr(email, 8), right(name, 9), overlay(phone placing '' from 14 for 0) from customers where id = 3",
    { leaks: "customers.phone", whose: ["3 customers.email", "3 customers.name"] },
  ),
  r(
    "x3",
    "select format('%s <%I>', name, email), quote_literal(phone), concat_ws('-', address, notes) from customers where id = 3",
    "customers.email customers.name customers.phone customers.address customers.notes",
  ),
  r(
    "x4",
    "select regexp_replace(email, '(.)', '\\1', 'g'), (regexp_match(name, '(mk.*)z'))[1] from customers where id = 3",
    "customers.email customers.name",
  ),
  r("x5", "select regexp_split_to_table(email, '') from customers where id = 3"),
  evasion("R", "x6", "select string_to_table(name, 'x') from customers where id < 4", {
    whose: ["1 customers.name", "2 customers.name", "3 customers.name"],
  }),
  r("x7", "select substr(email, n, 1) from customers, generate_series(1, 14) n where id = 3 order by n"),
  r(
    "x8",
    "select ascii(substr(email, n, 1)) from customers, generate_series(1, 14) n where id = 3 order by n",
  ),
  r(
    "x9",
    "select encode(convert_to(email, 'UTF8'), 'base64'), encode(name::bytea, 'escape'), encode(sha256(phone::bytea), 'hex') from customers where id = 3",
    "customers.email customers.name customers.phone",
  ),
  r(
    "x10",
    "select length(email), hashtext(email), email = 'a', email < 'n', email ~ 'mk' from customers where id = 3",
    "",
  ),
  r(
    "x11",
    "select phone_digits + 1, phone_digits / 2.0, (phone_digits - 8100000000)::text, to_char(phone_digits, '9999999999'), phone_digits::numeric from customers where id = 3",
    "customers.phone_digits",
  ),
  r(
    "x12",
    "select born + 1, age(born), extract(epoch from born), to_char(born, 'YYYY-MM-DD'), daterange(born, born + 1) from customers where id = 3",
    "customers.born",
  ),
  either("x13", "select range_agg(daterange(born, born + 1)) from customers where id < 4", "customers.born"),
  r(
    "x14",
    'select email::name, cast(name as varchar(100)), text(phone), "varchar"(address), email::char(64) from customers where id = 3',
    "customers.email customers.name customers.phone customers.address",
  ),
  r(
    "x15",
    "select email operator(pg_catalog.||) ''::text, pg_catalog.upper(name) from customers where id = 3",
    "customers.email customers.name",
  ),
  r(
    "x16",
    "select ('{' || email || '}')::text[], array[email, name], array[email] || array[phone] from customers where id = 3",
    "customers.email customers.name customers.phone",
  ),
  // Choice.
  r(
    "x20",
    "select case when name like 'mk%' then email else phone end, coalesce(notes, address), nullif(address, 'x'), greatest(name, 'a'), least(phone, 'z') from customers where id = 3",
    "customers.email customers.notes customers.address customers.name customers.phone",
  ),
  either(
    "x21",
    "select (array[email, name])[1], (array_agg(phone))[1:2] from customers where id < 4 group by email, name",
    "customers.email customers.phone",
  ),
  r(
    "x22",
    "select min(email), max(name), count(distinct phone) from customers where id < 4",
    "customers.email customers.name",
  ),
  r(
    "x23",
    "select mode() within group (order by email), percentile_disc(0.5) within group (order by name), percentile_disc(array[0, 1]) within group (order by phone) from customers where id < 4",
    "customers.email customers.name customers.phone",
  ),
  r(
    "x24",
    "select string_agg(distinct email, ';' order by email desc) filter (where id < 3), array_agg(array[name, phone]) from customers where id < 4",
    "customers.email customers.name customers.phone",
  ),
  r(
    "x25",
    "select name, email, count(*) from customers where id < 4 group by grouping sets ((name), (email), ())",
    "customers.email customers.name",
  ),
  r(
    "x26",
    "select name, grouping(name), max(email) from customers where id < 4 group by rollup (name), cube (language)",
    "customers.email customers.name",
  ),
  r(
    "x27",
    "select email from customers where id < 4 group by email having max(name) > 'a' order by count(*)",
  ),
  r("x28", "select distinct email from customers where id < 4"),
  r(
    "x29",
    "select distinct on (language) email, name from customers order by language, id",
    "customers.email customers.name",
  ),
  r(
    "x30",
    "select lag(email) over w, lead(name, 2, phone) over w, nth_value(address, 2) over (partition by id < 100 order by id rows between unbounded preceding and unbounded following) from customers where id < 5 window w as (order by id)",
    "customers.email customers.name customers.address",
  ),
  r(
    "x31",
    "select last_value(email) over (order by id rows between 1 following and 2 following), string_agg(name, '') over () from customers where id < 5",
    "customers.email customers.name",
  ),
  // Rows, composites, documents.
  r(
    "x40",
    "select row(c.*), (c).email, c::text, to_jsonb(c) from customers c where id = 3",
    "customers.email customers.profile customers.phone_digits",
  ),
  either("x41", "select email(c), c.name from customers c where id = 3", "customers.email customers.name"),
  r(
    "x42",
    "select (x).email, (x).name from (select c as x from customers c where id = 4) q",
    "customers.email customers.name",
  ),
  r(
    "x43",
    "select (select c from customers c where id = 5)::text, array(select row(email, name) from customers where id < 3)",
    "customers.email customers.name",
  ),
  r(
    "x44",
    "select open_tickets, o.subject from open_tickets o, open_tickets where o.ticket = open_tickets.ticket limit 2",
    "customers.name tickets.subject",
  ),
  r(
    "x45",
    "select row_to_json(q) from (select email, subject from customers c join tickets t on t.customer_id = c.id limit 3) q",
    "customers.email tickets.subject",
  ),
  r(
    "x46",
    "select json_build_object('a', email, 'b', json_build_array(name)), jsonb_build_object(phone, address), json_object(array[notes], array['x']) from customers where id = 3",
    "customers.email customers.name customers.phone customers.address customers.notes",
  ),
  r(
    "x47",
    "select json_object_agg(id, email), jsonb_object_agg(name, id), jsonb_agg(c order by id) from customers c where id < 4",
    "customers.email customers.name customers.profile",
  ),
  r(
    "x48",
    "select profile ->> 'nick', profile -> 'nick', profile #>> '{nick}', profile['nick'], jsonb_path_query(profile, '$.nick'), jsonb_pretty(profile) from customers where id = 3",
    "customers.profile",
  ),
  r("x49", "select e.* from customers c, jsonb_each_text(c.profile) e where c.id = 3", "customers.profile"),
  r(
    "x50",
    "select r.nick from customers c, jsonb_to_record(c.profile) as r (nick text) where c.id = 3",
    "customers.profile",
  ),
  r(
    "x51",
    "select jsonb_set(profile, '{x}', to_jsonb(email)), profile || jsonb_build_object('n', name), profile @? '$.nick' from customers where id = 3",
    "customers.profile customers.email customers.name",
  ),
  either(
    "x52",
    "select json_arrayagg(email), json_objectagg(id value name) from customers where id < 4",
    "customers.email customers.name",
    16,
  ),
  either(
    "x53",
    "select j.nick from customers c, json_table(c.profile, '$' columns (nick text path '$.nick')) j where c.id = 3",
    "customers.profile",
    17,
  ),
  either(
    "x54",
    "select json_query(profile, '$.nick'), json_value(profile, '$.nick'), json_scalar(email) from customers where id = 3",
    "customers.profile customers.email",
    17,
  ),
  either(
    "x55",
    "select xmlelement(name person, xmlattributes(email as mail), name), xmlforest(phone) from customers where id = 3",
    "customers.email customers.name customers.phone",
  ),
  either(
    "x56",
    "select x.e from customers c, xmltable('/r' passing xmlparse(document '<r>' || c.email || '</r>') columns e text path '.') x where c.id = 3",
  ),
  either("x57", "select xmlagg(xmlelement(name e, email)) from customers where id < 4"),
  r(
    "x58",
    "select unnest(aliases), generate_series(1, 2), unnest(array[email, name]) from customers where id < 3",
    "customers.aliases customers.email customers.name",
  ),
  r(
    "x59",
    "select aliases[1], array_to_string(aliases, ','), cardinality(aliases), email = any (aliases) from customers where id = 3",
    "customers.aliases",
  ),
  r(
    "x60",
    "select content, encode(content, 'base64'), convert_from(content, 'UTF8'), substr(content, 1, 9), name from attachments where id < 4",
    "attachments.content attachments.name",
  ),
  r(
    "x61",
    "select m.body, t.subject, c.number, c.summary from messages m join tickets t on t.id = m.ticket_id left join calls c on c.id = t.id where t.id < 9",
    "messages.body tickets.subject calls.number calls.summary",
  ),
  r("x62", "select email_domain, email from customers where id = 3"),
  evasion("R", "x63", "select archived is null, customers_archive from customers_archive", {
    leaks: "customers.email customers.name",
  }),
  // Sub-selects in every place that takes one.
  r(
    "y1",
    "select (select max(email) from customers where id < 3), exists (select name from customers where id = 4), 1 in (select phone_digits from customers)",
  ),
  r(
    "y2",
    "select a.title, (select c.email from customers c where c.id = a.id) from kb.articles a where a.id < 4",
  ),
  r(
    "y3",
    "select coalesce((select email from customers where id = 3), ''), upper((select name from customers where id = 4))",
    "customers.email customers.name",
  ),
  r(
    "y4",
    "select l.* from customers c cross join lateral (select c.email as e union all select c.phone) l where c.id = 3",
    "customers.email customers.phone",
  ),
  r("y5", "select * from (select id, email from customers order by id limit 3) q, teams limit 20"),
  r(
    "y6",
    "select sum(n) from (select count(*) as n from kb.articles union all select length(email) from customers where id = 3) q",
    "",
  ),
  r(
    "y7",
    "with recursive r (id, e) as (select id, email from customers where id = 1 union all select c.id, c.email from customers c join r on c.id = r.id + 1 where c.id < 5) select e from r",
  ),
  r("y8", "with teams as (select email as name from customers where id < 3) select name from teams"),
  r("y9", "with customers as (select * from customers where id = 3) select email from customers"),
  r(
    "y10",
    "with a as materialized (select email from customers where id < 4), b as (select * from a) select upper(email) from b",
  ),
  r("y11", "select q from customers as c (a, b, q) where a = 3"),
  r("y12", "select x.e from (select id, email from customers where id = 4) as x (i, e)"),
  either(
    "y13",
    "select u.customer_id, j.* from (customers c join tickets t on t.customer_id = c.id) as j (a1, b1, c1), tickets u where u.id = 1 limit 2",
    "customers.email tickets.subject",
  ),
  r("y14", "table customers", "customers.email customers.notes"),
  r(
    "y15",
    "(select email from customers where id = 1 order by 1) union (select name from customers where id = 2 limit 1) except select 'x' intersect select phone from customers",
    "customers.email customers.name",
  ),
  r("y16", "select email from customers where id < 5 intersect all select email from customers where id > 2"),
  r(
    "y17",
    "values (1, (select email from customers where id = 1)), (2, (select name from customers where id = 2)) order by 1",
    "customers.email customers.name",
  ),
  r("y18", "select email from customers tablesample bernoulli (100) where id < 4"),
  r("y19", "select email from only customers where id < 3 union all select email from customers_archive"),
  r("y20", "select number, summary from calls_2026 limit 2", "calls.number calls.summary"),
  r("y21", "select full_name, mail from directory_de limit 3", "customers.email customers.name"),
  r("y22", "select email from customers where id < 4 for update"),
  r(
    "y23",
    "select c.email, t.subject from customers c join tickets t on t.customer_id = c.id where c.id < 9 for no key update of t skip locked",
    "customers.email tickets.subject",
  ),
  r("y24", "select email from customers order by id offset 1 fetch first 2 rows with ties"),
  r("y25", "select tableoid::regclass, ctid, xmin, email from customers where id = 3"),
  either("y26", `select c."email" from "helpdesk"."public"."customers" c where "c"."id" = 3`),
  r(
    "y27",
    `select U&"!0065mail" uescape '!', U&"\\006eame" from customers where id = 3`,
    "customers.email customers.name",
  ),
  r(
    "y28",
    "select c.* from tickets t left join customers c on c.id = t.customer_id where t.id < 3",
    "customers.email customers.notes",
  ),
  r(
    "y29",
    "select c.email from kb.articles a full join customers c on c.id = a.id and c.name > 'a' where c.id < 3",
  ),
  r("y30", "select * from customers natural join (select 3::bigint as id) q", "customers.email"),
  r("y31", "select * from (select id from customers where email like 'mk0003%') q", ""),
  r(
    "y32",
    "select t.name, q.e from teams t, rows from (unnest(array(select email from customers where id < 3)), generate_series(1, 2)) as q (e, n)",
  ),
  evasion("C", "y33", "select name from teams order by (select email from customers where id = teams.id)"),
  evasion(
    "C",
    "y34",
    "select name from teams limit (select 1 + (email like 'mk0001%')::int from customers where id = 1)",
  ),
  evasion("C", "y35", "select count(*) from customers where email like 'mk000%'"),
  evasion(
    "C",
    "y36",
    "select id from customers where (email, name) > ('mk0003', '') and phone is distinct from address order by born",
  ),
  evasion("C", "y41", "explain select 1 from customers where email like 'mk0003%'"),
  evasion("pass", "y42", [
    "select t.name from teams t where exists (select from tickets k join customers c on c.id = k.customer_id where k.id = t.id and c.country = 'US')",
    "select a.name from agents a where a.id in (select assignee_id from tickets where closed_at is null)",
  ]),
  evasion("C", "y37", "select language, count(*) from customers where notes ilike '%mk%' group by language"),
  evasion("R/B", "y38", "select 1 / (position('mk0003' in email)) from customers where id = 3", {
    whose: ["3 customers.email"],
  }),
  evasion(
    "R/B",
    "y39",
    "select count(*) over (partition by email), rank() over (order by name), dense_rank() over (order by phone) from customers where id < 4",
  ),
  evasion(
    "R",
    "y40",
    ["select email from customers where id = 3;", "select name from teams where name = '' ; ; "],
    { ...email, only: "simple" },
  ),
];
