import { type Evasion, evasion } from "./evasion.ts";

const from3 = "from customers where id = 3";
/** An error that says the value, from an expression over customer 3. */
const error = (id: string, expression: string, leaks = "customers.email"): Evasion =>
  evasion("S", id, `select ${expression} ${from3}`, { leaks });
const blocked = (id: string, run: string | readonly string[], leaks = "", since = 14): Evasion =>
  evasion("B", id, run, { leaks, since });

/** Values in error texts, and functions that run SQL of their own, read files, or write where others read. */
export const errors: readonly Evasion[] = [
  error("e1", "email::date"),
  error("e2", "email::inet"),
  error("e3", "email::uuid"),
  error("e4", "email::numeric"),
  error("e5", "email::ticket_status"),
  error("e6", "email::json"),
  error("e7", "email::boolean"),
  error("e8", "email::interval"),
  error("e9", "email::point"),
  error("e10", "('{' || email)::text[]"),
  error("e11", "email::int4range"),
  error("e12", "(email || ' &')::tsquery"),
  error("e13", "('$.\"' || email)::jsonpath", ""),
  error("e14", "email::timestamptz"),
  error("e15", "email::bit(4)", ""),
  error("e16", "('(' || email)::address"),
  error("e17", "date_trunc(email, now())"),
  error("e18", "date_part(email, now())"),
  error("e19", "encode(''::bytea, email)"),
  error("e20", "to_date(email, 'YYYY-MM-DD')", ""),
  error("e21", "now() at time zone email"),
  error("e22", "phone_digits::int", ""),
  error("e23", "pg_size_bytes(email)"),
  evasion(
    "S",
    "e24",
    "update customers set email = (select email from customers where id = 2) where id = 3",
    { leaks: "customers.email" },
  ),
  evasion(
    "S",
    "e25",
    "insert into customers (name, email, phone_digits, language, kind) select name, 'x' || email, phone_digits, 'en', 'consumer' from customers where id = 3",
    { leaks: "customers.name customers.phone_digits" },
  ),
  evasion(
    "S",
    "e26",
    "insert into tickets (customer_id, queue, subject) select phone_digits, 'x', 'y' from customers where id = 3",
    { leaks: "customers.phone_digits" },
  ),
  evasion(
    "S",
    "e27",
    "insert into calls (id, customer_id, agent_id, number, seconds, started) select 1, id, 'x', phone, 1, '2031-01-01' from customers where id = 3",
    {},
  ),
  evasion("S", "e28", "update tickets set closed_at = opened - interval '1 day' where id = 1", {
    leaks: "tickets.subject",
  }),
  evasion(
    "S",
    "e29",
    [
      "begin",
      "declare c cursor for select email::int from customers where id = 3",
      "fetch all c",
      "rollback",
    ],
    { leaks: "customers.email" },
  ),
  evasion("S", "e30", ["prepare p as select email::int from customers where id = 3", "execute p"], {
    leaks: "customers.email",
  }),
  evasion("S", "e31", "select name from teams where id = (select email::int from customers where id = 3)", {
    leaks: "customers.email",
  }),
  evasion("R/B", "e32", "copy (select email::int from customers where id = 3) to stdout", {
    leaks: "customers.email",
  }),
  evasion(
    "R/B",
    "e33",
    [
      "create temp table t (e text)",
      "insert into t select email from customers where id = 3",
      "alter table t alter column e type int using e::int",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "R/B",
    "e34",
    [
      "create temp table t (e text)",
      "insert into t select email from customers where id < 4",
      "insert into t select email from customers where id < 4",
      "create unique index on t (e)",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "R/B",
    "e35",
    ["create temp view v as select email::int as e from customers where id = 3", "select e from v"],
    { leaks: "customers.email" },
  ),
  evasion("pass", "e36", [
    "select 'abc'::int",
    "select * from nowhere",
    "select nothing from teams",
    "select 1 / 0",
    "insert into kb.products values ('WS-1001', 'x', 1)",
  ]),
  // Functions whose argument is a name or a setting: unlisted.
  evasion("R/B", "f1", "select email::regclass from customers where id = 3", { leaks: "customers.email" }),
  evasion("R/B", "f2", "select name::regrole from customers where id = 3", { leaks: "customers.name" }),
  blocked("f3", "select current_setting(email) from customers where id = 3", "customers.email"),
  evasion("R/B", "f4", "select has_table_privilege(email, 'select') from customers where id = 3", {
    leaks: "customers.email",
  }),
  blocked("f5", "select nextval(email) from customers where id = 3", "customers.email"),
  blocked(
    "f6",
    "select set_config('application_name', email, false) from customers where id = 3",
    "customers.email",
  ),
  blocked("f7", "select set_config('work_mem', email, false) from customers where id = 3", "customers.email"),
  blocked("f8", "select table_to_xml('customers', true, false, '')", "customers.email customers.notes"),
  blocked("f9", "select schema_to_xml('public', true, false, '')", "customers.email messages.body"),
  blocked("f10", "select database_to_xml(true, false, '')", "customers.email"),
  blocked(
    "f11",
    [
      "begin",
      "declare c cursor for select email from customers where id < 4",
      "select cursor_to_xml('c', 10, true, false, '')",
      "rollback",
    ],
    "customers.email",
  ),
  blocked(
    "f12",
    "select word from ts_stat('select to_tsvector(''simple'', name) from customers where id < 4')",
    "customers.name",
  ),
  blocked(
    "f13",
    "select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, to_tsquery(''simple'', name) from customers where id = 3')",
    "customers.name",
  ),
  blocked("f14", "select pg_logical_emit_message(false, 'x', email) from customers where id = 3"),
  blocked("f15", "select pg_read_file('/etc/passwd')"),
  blocked("f16", "select lo_import('/etc/passwd')"),
  blocked(
    "f17",
    [
      "begin",
      "select lo_create(77)",
      "select lowrite(lo_open(77, 131072), convert_to(email, 'UTF8')) from customers where id = 3",
      "select loread(lo_open(77, 262144), 100)",
      "rollback",
    ],
    "customers.email",
  ),
  blocked(
    "f18",
    [
      "select pg_advisory_lock(phone_digits) from customers where id = 3",
      "@other select classid::bigint << 32 | objid::bigint from pg_locks where locktype = 'advisory'",
    ],
    "customers.phone_digits",
  ),
  blocked("f19", "select pg_sleep(length(email) * 0.001) from customers where id = 3"),
  blocked("f20", "select query_to_xml_and_xmlschema('table customers', true, false, '')", "customers.email"),
  blocked(
    "f21",
    "select (xpath('//email/text()', query_to_xml('table customers', true, false, '')))[1]",
    "customers.email",
  ),
  blocked("f22", "select setseed(0.5), pg_backend_pid(), pg_terminate_backend(0)"),
  blocked("f23", "select dblink_connect('host=127.0.0.1')"),
  blocked("f24", "select upper(customer_card(3)) from teams", "customers.email customers.name"),
  blocked(
    "f25",
    "select l.* from customers c, lateral customer_card(c.id) l where c.id = 3",
    "customers.email customers.name",
  ),
  blocked("f26", "select name from teams order by customer_card(id)"),
  blocked(
    "f27",
    "select pg_catalog.query_to_xml($$select email from customers where id = 3$$, true, false, '')",
    "customers.email",
  ),
  blocked(
    "f28",
    `select "query_to_xml"('select email from customers where id = 3', true, false, '')`,
    "customers.email",
  ),
  blocked(
    "f29",
    "select most_common_vals::text || histogram_bounds::text, histogram_bounds from pg_catalog.pg_stats where tablename = 'customers'",
    "customers.email",
  ),
  blocked("f30", "select stavalues1 from pg_statistic"),
  blocked(
    "f31",
    [
      "create temp view s as select tablename, histogram_bounds::text as h from pg_stats",
      "select h from s where tablename = 'customers'",
    ],
    "customers.email",
  ),
  blocked(
    "f32",
    "select histogram_bounds from (table pg_stats) s where attname = 'phone'",
    "customers.phone",
  ),
  blocked("f33", "listen other_channel"),
  blocked("f34", "notify other_channel, 'x'"),
  blocked("f35", "load 'plpgsql'"),
  blocked("f36", "set whosaw.actor_token = 'not a token'"),
  blocked("f37", "set session_preload_libraries = 'x'"),
  blocked("f38", "set log_statement = 'all'"),
  evasion("R/B", "f39", "set role none"),
  evasion("R/B", "f40", "reset session authorization"),
  blocked("f41", "prepare transaction 'x'"),
  evasion("R/B", "f42", "lock table customers in access exclusive mode"),
  evasion("R/B", "f43", "vacuum customers"),
  blocked("f44", "set backslash_quote = on"),
  blocked("f45", "set client_encoding = 'SJIS'"),
  blocked("f46", "set xmloption = document; set debug_print_plan = on; set client_min_messages = debug5"),
  blocked(
    "f47",
    "set default_transaction_read_only = off; set plpgsql.extra_errors = 'all'; set row_security = off",
  ),
  evasion("pass", "f48", [
    "set client_encoding = 'UTF8'",
    "set application_name = 'desk'",
    "set datestyle = 'ISO'",
    "set timezone = 'UTC'",
    "set statement_timeout = '10s'",
    "show server_version",
    "select version() is not null, current_user is not null, now() is not null",
  ]),
  evasion("pass", "f49", ["select kb.slug('A b') || count(*) from kb.articles where kb.slug(title) <> ''"]),
  evasion("pass", "f50", ["listen desk_news", "notify desk_news, 'hello'", "unlisten desk_news"]),
];
