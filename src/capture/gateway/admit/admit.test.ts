import { describe, expect, it } from "vitest";
import { admitted, catalogOf, contextOf, verdict, verdicts } from "./admit.testing.ts";

const rows = "admitted: rows";

/** How `upper` is called where these functions are, of which a role lists those in public and other. */
function upperNamed(functions: readonly (readonly [string, string])[]): string {
  const listed = { functions: new Set(["public.upper", "other.upper"]) };
  const context = contextOf({ catalog: catalogOf({ functions }) }, listed);
  return JSON.stringify(admitted("select upper(c) from customers c", context).stmt);
}

describe("functions", () => {
  it("lets through what depends on its arguments, and refuses what runs SQL, reads files or touches others", () => {
    verdicts({
      "select upper(email), count(*), row_number() over (), string_agg(email, ',') from customers": rows,
      "select now(), current_user, coalesce(a, b), greatest(1, 2), json_object('a': 1), xmlelement(name x) from (values (1, 2)) v(a, b)":
        rows,
      "select extract(year from now()), trim(both from 'x'), overlay('a' placing 'b' from 1), date '2026-01-01' at time zone 'UTC'":
        rows,
      "select query_to_xml('select email from customers', true, true, '')": "unknown_function",
      "select pg_catalog.query_to_xml('select 1', true, true, '')": "unknown_function",
      "select table_to_xml('customers', true, true, '')": "unknown_function",
      "select cursor_to_xml('c', 1, true, true, '')": "unknown_function",
      "select * from ts_stat('select email::tsvector from customers')": "unknown_function",
      "select ts_rewrite('a'::tsquery, 'select a, b from t')": "unknown_function",
      "select lo_get(1)": "unknown_function",
      "select lo_from_bytea(0, email::bytea) from customers": "unknown_function",
      "select pg_read_file('/etc/passwd')": "unknown_function",
      "select pg_ls_dir('.')": "unknown_function",
      "select pg_terminate_backend(1)": "unknown_function",
      "select pg_stat_get_activity(null)": "unknown_function",
      "select current_query()": "unknown_function",
      "select dblink('dbname=x', 'select 1')": "unknown_function",
      "select int4in('1'::cstring)": "unknown_function",
    });
  });

  it("finds them wherever they stand", () => {
    for (const place of [
      "select 1 where exists (select 1 from customers where F is null)",
      "select (select F)",
      "select case when F is null then 1 end",
      "select array[F]",
      "select row(1, F)",
      "select * from F",
      "select * from rows from (F, generate_series(1, 2))",
      "select * from lateral (select F) x",
      "with x as (select F) select * from x",
      "values (F)",
      "select 1 order by F",
      "select count(*) filter (where F is null) from customers",
      "select sum(1) over (order by F)",
      "select sum(1) over w from scratch window w as (partition by F)",
      "select 1 limit (select length(F::text))",
      "select json_object('a': F)",
      "select json_query('{}', '$' passing F as x)",
      "select * from json_table('[]', '$[*]' passing F as x columns (a int path '$')) t",
      "select * from xmltable('/a' passing F columns b text path 'b') t",
      "select xmlelement(name a, xmlattributes(F as b))",
      "select xmlserialize(content F as text)",
      "select 'a' collate \"C\" || F::text",
      "select 1 in (1, length(F::text))",
      "select (array[1])[length(F::text)]",
      "insert into scratch (note) values (F::text)",
      "insert into scratch (note) values ('a') on conflict (id) do update set note = F::text",
      "update scratch set note = F::text",
      "update scratch set (id, note) = (select 1, F::text)",
      "delete from scratch where F is null returning 1",
      "delete from scratch returning F",
      "merge into scratch s using tickets t on s.id = t.id when matched and F is null then delete",
      "merge into scratch s using tickets t on s.id = t.id when not matched then insert values (1, F::text)",
      "copy (select F) to stdout",
      "copy scratch from stdin where F is null",
      "explain select F",
      "prepare p as select F",
      "execute p(F)",
      "declare c cursor for select F",
      "create temp table x as select F",
      "create temp table x (a text default F::text)",
      "create temp table x (a text check (F is null))",
      "create temp table x (a text, b text generated always as (F::text) stored)",
      "create temp view x as select F",
      "create index on mine ((F::text))",
      "create index on mine (a) where F is null",
      "alter table mine add column c text default F::text",
      "alter table mine alter column a type text using F::text",
      "select F from scratch tablesample system (length(F::text))",
    ])
      expect(verdict(place.replaceAll("F", "query_to_xml('select 1', true, true, '')")), place).toBe(
        "unknown_function",
      );
  });

  it("names the schema of those it lets through, so that no other can be bound in their place", () => {
    const context = contextOf({
      catalog: catalogOf({
        functions: [
          ["upper", "public"],
          ["listed", "public"],
          ["similarity", "public"],
          ["word_similarity", "public"],
        ],
      }),
    });
    const text = JSON.stringify(admitted("select upper('x'), listed(1), similarity('a', 'b')", context).stmt);
    expect(text).toContain('"funcname":[{"String":{"sval":"pg_catalog"}},{"String":{"sval":"upper"}}]');
    expect(text).toContain('"funcname":[{"String":{"sval":"public"}},{"String":{"sval":"listed"}}]');
    expect(text).toContain('"funcname":[{"String":{"sval":"public"}},{"String":{"sval":"similarity"}}]');
  });

  it("leaves a name of the server's to the server where the role lists every other function of that name", () => {
    const left = '"funcname":[{"String":{"sval":"upper"}}]';
    expect(upperNamed([["upper", "public"]])).toContain(left);
    // One that isn't listed might be the one that is meant, and outside the path none is.
    expect(
      upperNamed([
        ["upper", "public"],
        ["upper", "hidden"],
      ]),
    ).not.toContain(left);
    expect(upperNamed([["upper", "other"]])).not.toContain(left);
  });

  it("lets a user's own function be called only if the role lists it", () => {
    verdicts(
      {
        "select listed(1)": rows,
        "select public.listed(1)": rows,
        "select leak()": "unknown_function",
        "select public.leak()": "unknown_function",
        "select * from leak()": "unknown_function",
        "select other.listed(1)": "unknown_function",
      },
      contextOf({
        catalog: catalogOf({
          functions: [
            ["listed", "public"],
            ["leak", "public"],
          ],
        }),
      }),
    );
  });

  it("lets a role's list name more of the server's own", () => {
    const role = contextOf({}, { functions: new Set(["pg_catalog.pg_stat_file"]) });
    verdicts(
      {
        "select pg_stat_file('x')": rows,
        "select pg_catalog.pg_stat_file('x')": rows,
        "select pg_read_file('x')": "unknown_function",
      },
      role,
    );
  });

  it("takes a reviewed extension's functions where the extension is, and refuses their names where it isn't", () => {
    const there = contextOf({
      catalog: catalogOf({
        functions: [
          ["gen_salt", "public"],
          ["digest", "public"],
          ["crosstab", "public"],
          ["normal_rand", "public"],
        ],
      }),
    });
    verdicts(
      {
        "select digest('a', 'sha256')": rows,
        "select crosstab('select 1')": "unknown_function",
        "select normal_rand(1, 2, 3)": rows,
      },
      there,
    );
    verdicts(
      { "select digest('a', 'sha256')": "unknown_function" },
      contextOf({ catalog: catalogOf({ functions: [["digest", "public"]] }) }),
    );
  });

  it("leaves a name of citext's own to the server, which knows the types", () => {
    const context = contextOf({
      catalog: catalogOf({ functions: [["replace", "public"]], types: [["citext", "public"]] }),
    });
    expect(JSON.stringify(admitted("select replace('a', 'b', 'c')", context).stmt)).not.toContain(
      "pg_catalog",
    );
  });

  it("knows a call in an attribute's dress, and a column in a call's", () => {
    verdicts({
      "select (c).email, c.full_name from customers c": rows,
      "select email(c) from customers c": "unknown_function",
      "select c.leak from customers c": "unknown_function",
      "select (c).leak from customers c": "unknown_function",
      "select ('/etc/passwd').pg_read_file": "unknown_function",
      "select 1 as pg_read_file, ('/etc/passwd').pg_read_file": "unknown_function",
      "select (email).nextval from customers": "unknown_function",
      "select ('select 1'::text).ts_stat": "unknown_function",
      "select (information_schema._pg_expandarray(array[1])).n": rows,
    });
  });

  it("takes constants where an argument outlives the statement", () => {
    verdicts({
      "select nextval('scratch_id_seq'), setval('scratch_id_seq', 5), currval('scratch_id_seq')": rows,
      "select setval('scratch_id_seq', $1)": rows,
      "select setval('scratch_id_seq', (select max(id) from customers))": "open_argument",
      "select setval('scratch_id_seq', id) from customers": "open_argument",
      "select pg_advisory_lock(1), pg_try_advisory_xact_lock(hashtext('x'))": rows,
      "select pg_advisory_lock(id) from customers": "open_argument",
      "select pg_sleep(1)": rows,
      "select pg_sleep(ascii(email)) from customers": "open_argument",
      "select setseed(id) from customers": "open_argument",
      "select pg_notify('jobs', 'done')": rows,
      "select pg_notify('jobs', email) from customers": "open_argument",
      "select pg_notify('others', 'x')": "channel",
      "select pg_notify(email, 'x') from customers": "channel",
    });
  });
});

describe("operators, types and relations", () => {
  it("refuses an operator that a schema of the database's own has, unless an extension or the role vouches for it", () => {
    const own = contextOf({
      catalog: catalogOf({
        operators: [
          ["=", "public"],
          ["%%%", "public"],
        ],
      }),
    });
    verdicts(
      {
        "select 1 + 1": rows,
        "select 1 operator(pg_catalog.=) 1": rows,
        "select 1 %%% 1": rows,
        "select 1 = 1": "unknown_operator",
        "select 1 operator(public.=) 1": "unknown_operator",
        "select 1 in (1, 2)": "unknown_operator",
        "select nullif(1, 2)": "unknown_operator",
        "select 1 is distinct from 2": "unknown_operator",
        "select case 1 when 2 then 3 end": "unknown_operator",
        "select 1 in (select 1)": "unknown_operator",
        "select * from tickets join scratch using (id)": "unknown_operator",
        "select * from tickets natural join scratch": "unknown_operator",
      },
      own,
    );
    const range = contextOf({
      catalog: catalogOf({
        operators: [
          ["<", "public"],
          ["~~", "public"],
        ],
      }),
    });
    verdicts(
      {
        "select 1 between 1 and 2": "unknown_operator",
        "select 'a' like 'b'": "unknown_operator",
        "select id from scratch order by id using <": "unknown_operator",
        "create temp table x (a int, exclude using gist (a with <))": "unknown_operator",
        "select 1 > 2": rows,
      },
      range,
    );
    verdicts(
      { "select 'a'::citext = 'b'": rows },
      contextOf({ catalog: catalogOf({ operators: [["=", "public"]], types: [["citext", "public"]] }) }),
    );
  });

  it("takes casts, also to types of the database's own", () => {
    verdicts({
      "select 'glad'::mood, mood('glad'), '1'::int[], 'customers'::regclass, null::customers, json('[]'), regtype('int4')":
        rows,
      "select c.oid::regclass from pg_class c": rows,
      "select 'x'::a.b.c": "type_name",
    });
  });

  it("shows how the database is made, and nothing that holds what is in it", () => {
    verdicts({
      "select * from pg_class, pg_catalog.pg_attribute, information_schema.columns": rows,
      "select most_common_vals from pg_stats where tablename = 'customers'": "system_relation",
      "select * from pg_catalog.pg_stats": "system_relation",
      "select * from pg_statistic": "system_relation",
      "select * from pg_statistic_ext_data": "system_relation",
      "select * from pg_stats_ext": "system_relation",
      "select * from pg_largeobject": "system_relation",
      "select * from pg_stat_activity": "system_relation",
      "select * from pg_authid": "system_relation",
      "select * from pg_shadow": "system_relation",
      "select * from pg_prepared_statements": "system_relation",
      "select * from pg_hba_file_rules": "system_relation",
      "select * from pg_something_new": "system_relation",
      "select * from information_schema.user_mapping_options": "system_relation",
      "select * from pg_toast.pg_toast_1234": "system_relation",
      "select * from pg_temp_9.theirs": "system_relation",
      "select * from pg_temp_3.mine, pg_temp.mine, mine": rows,
      "table pg_stats": "system_relation",
      "copy pg_stats to stdout": "system_relation",
      "with pg_stats as (select 1) select * from pg_stats": "system_relation",
      "select * from elsewhere.public.customers": "database_name",
      "update pg_settings set setting = 'x' where name = 'application_name'": "system_write",
      "update pg_catalog.pg_settings set setting = email from customers": "system_write",
      "insert into pg_description values (1)": "system_write",
      "copy pg_settings from stdin": "system_write",
    });
  });

  it("refuses WHERE CURRENT OF where it isn't known whose row that is", () => {
    verdicts({
      "update scratch set note = 'x' where current of c": rows,
      "update customers set email = 'x' where current of c": "current_of",
      "delete from open_tickets where current of c": "current_of",
      "delete from nowhere where current of c": "current_of",
    });
  });

  it("samples only in the server's own ways", () => {
    verdicts({
      "select * from scratch tablesample bernoulli (1) repeatable (2)": rows,
      "select * from scratch tablesample public.mine (1)": "sample_method",
    });
  });
});
