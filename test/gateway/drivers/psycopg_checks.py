"""What psycopg 3 documents, each thing once, in a connection of its own. Prints one JSON line a check: its name and what came.

Run by test/gateway/drivers/psycopg.test.ts against the server itself and through the gateway; what is printed must be the same.
libpq's variables say where to.
"""

import asyncio
import datetime
import decimal
import ipaddress
import json
import sys
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.rows import args_row, dict_row, namedtuple_row
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def refused(act):
    """The SQLSTATE and text that an act is answered with."""
    try:
        return act()
    except psycopg.Error as error:
        return [type(error).__name__, error.sqlstate, error.diag.message_primary]


VALUES = [
    7,
    -(2**40),
    1.5,
    decimal.Decimal("12345.678900"),
    "text with 'quotes' and \u20ac",
    b"\x00\xff bytes",
    True,
    datetime.date(2026, 1, 31),
    datetime.time(9, 30, 1, 250000),
    datetime.datetime(2026, 1, 31, 9, 30, tzinfo=datetime.timezone.utc),
    datetime.timedelta(days=3, seconds=7),
    uuid.UUID(int=7),
    [1, 2, None],
    [["a", "b"], ["c", 'd"']],
    ipaddress.ip_network("10.0.0.0/8"),
    Range(1, 10, "[)"),
]


@check
def values_come_back_in_text(conn):
    return [[repr(conn.execute("select %t", [v]).fetchone()[0])] for v in VALUES]


@check
def values_come_back_in_binary(conn):
    return [[repr(conn.execute("select %b", [v], binary=True).fetchone()[0])] for v in VALUES]


@check
def json_both_ways(conn):
    conn.execute("create temp table j (a json, b jsonb)")
    conn.execute("insert into j values (%s, %s)", [Json({"x": [1, None]}), Jsonb({"y": "\u20ac"})])
    return conn.execute("select a, b, b->>'y' from j").fetchone()


@check
def customers_in_text_and_binary(conn):
    q = "select id, name, email, phone, born, profile, aliases, created > '2000-01-01' from customers order by id limit 5"
    return [repr(conn.execute(q).fetchall()), repr(conn.execute(q, binary=True).fetchall())]


@check
def row_factories(conn):
    q = "select id, name, language from customers where id = %s"
    rows = [conn.cursor(row_factory=f).execute(q, [3]).fetchone() for f in (dict_row, namedtuple_row, args_row(lambda *row: list(row)))]
    return [repr(one) for one in rows]


@check
def description_rowcount_and_status(conn):
    cur = conn.execute("select c.id, c.email as mail, upper(c.name), c.born, 1.5::numeric(6,2) n from customers c where id < 4 order by id")
    columns = [[c.name, c.type_code, c.display_size, c.internal_size, c.precision, c.scale] for c in cur.description]
    return [columns, cur.rowcount, cur.statusmessage, cur.pgresult.nfields, len(cur.fetchall())]


@check
def prepared_from_the_first_time(conn):
    conn.prepare_threshold = 0
    return [conn.execute("select email from customers where id = %s", [n]).fetchone() for n in range(1, 9)]


@check
def prepared_after_five_times(conn):
    rows = [conn.execute("select name, phone from customers where id = %s", [n]).fetchone() for n in range(1, 12)]
    return rows


@check
def prepared_never(conn):
    conn.prepare_threshold = None
    rows = [conn.execute("select name from customers where id = %s", [n]).fetchone() for n in range(1, 12)]
    return rows


@check
def prepared_statements_are_let_go_of(conn):
    conn.prepare_threshold = 0
    conn.prepared_max = 3
    return [conn.execute(f"select {n}, name from customers where id = %s", [1]).fetchone() for n in [*range(9), *range(9)]]


@check
def what_the_server_has_prepared(conn):
    conn.prepare_threshold = 0
    conn.execute("select 1")
    return refused(lambda: conn.execute("select count(*) from pg_prepared_statements").fetchone())


@check
def prepared_meets_another_table(conn):
    conn.prepare_threshold = 0
    conn.execute("create temp table p (a int)")
    conn.execute("insert into p values (1)")
    first = conn.execute("select * from p").fetchall()
    conn.execute("alter table p add b text default 'x'")
    return [first, refused(lambda: conn.execute("select * from p").fetchall())]


@check
def a_named_cursor_in_pieces(conn):
    with conn.cursor(name="walk") as cur:
        cur.itersize = 3
        cur.execute("select id, email from customers order by id limit 11")
        return [cur.fetchone(), cur.fetchmany(4), [row for row in cur]]


@check
def a_named_cursor_that_scrolls(conn):
    with conn.cursor(name="back and forth", scrollable=True) as cur:
        cur.execute("select id, name from customers order by id limit 9")
        out = [cur.fetchmany(3)]
        cur.scroll(-2)
        out.append(cur.fetchone())
        cur.scroll(6, mode="absolute")
        out.append(cur.fetchall())
        return [out, cur.scrollable, cur.withhold]


@check
def a_named_cursor_that_is_held(conn):
    conn.autocommit = True
    with conn.cursor(name="held", withhold=True) as cur:
        cur.execute("select generate_series(1, 5)")
        first = cur.fetchmany(2)
        return [first, cur.fetchall()]


@check
def a_named_cursor_in_binary_with_parameters(conn):
    with conn.cursor(name="b", binary=True) as cur:
        cur.execute("select id, email from customers where id between %s and %s order by id", [2, 5])
        return cur.fetchall()


@check
def rows_as_they_come(conn):
    return [row for row in conn.cursor().stream("select id, name from customers where id <= %s order by id", [6])]


@check
def many_at_once(conn):
    conn.execute("create temp table m (a int primary key, b text)")
    cur = conn.cursor()
    cur.executemany("insert into m values (%s, %s)", [[n, f"v{n}"] for n in range(200)])
    return [cur.rowcount, conn.execute("select count(*), max(b) from m").fetchone()]


@check
def many_at_once_that_return(conn):
    conn.execute("create temp table m (a int generated always as identity, b text)")
    cur = conn.cursor()
    cur.executemany("insert into m (b) values (%s) returning a, b", [["x"], ["y"], ["z"]], returning=True)
    out = []
    while True:
        out.append(cur.fetchone())
        if not cur.nextset():
            return out


@check
def a_pipeline_of_customers(conn):
    with conn.pipeline() as p:
        curs = [conn.execute("select id, email from customers where id = %s", [n]) for n in range(1, 30)]
        p.sync()
        return [cur.fetchone() for cur in curs]


@check
def a_pipeline_with_a_mistake_in_it(conn):
    conn.autocommit = True
    conn.execute("create temp table m (a int unique)")
    out = []
    try:
        with conn.pipeline() as p:
            conn.execute("insert into m values (1)")
            p.sync()
            conn.execute("insert into m values (2)")
            conn.execute("insert into m values (1)")
            conn.execute("insert into m values (3)")
            p.sync()
    except psycopg.Error as error:
        out.append([error.sqlstate, error.diag.constraint_name])
    return [out, conn.execute("select a from m order by a").fetchall()]


@check
def several_statements_in_one_text(conn):
    cur = conn.execute("select 1 as a; select name from customers where id = 2; select 3 as c")
    out = []
    while True:
        out.append([cur.description[0].name, cur.fetchall()])
        if not cur.nextset():
            return out


@check
def copy_out_as_text_rows_and_binary(conn):
    out = []
    with conn.cursor().copy("copy kb.products to stdout") as copy:
        out.append(sorted(bytes(block).decode() for block in copy))
    with conn.cursor().copy("copy (select id, name from customers where id < 4 order by id) to stdout") as copy:
        out.append([row for row in copy.rows()])
    with conn.cursor().copy("copy (select id::int4, title from kb.articles order by id limit 3) to stdout (format binary)") as copy:
        copy.set_types(["int4", "text"])
        out.append([row for row in copy.rows()])
    return out


@check
def copy_of_customers(conn):
    with conn.cursor().copy("copy customers (id, email, phone) to stdout (format csv, header)") as copy:
        return sorted(b"".join(bytes(block) for block in copy).decode().splitlines())


@check
def copy_in_by_rows_blocks_and_binary(conn):
    conn.execute("create temp table c (a int, b text, d date)")
    day = datetime.date(2026, 1, 31)
    with conn.cursor().copy("copy c from stdin") as copy:
        for n in range(100):
            copy.write_row([n, f"tab\tnew\nline {n}", day])
    with conn.cursor().copy("copy c from stdin (format csv)") as copy:
        copy.write("100,\"a,b\",2026-01-31\n101,,\n")
    with conn.cursor().copy("copy c from stdin (format binary)") as copy:
        copy.set_types(["int4", "text", "date"])
        copy.write_row([102, None, day])
    return [conn.execute("select count(*), count(b), count(d), max(a) from c").fetchone(), conn.execute("select b from c where a = 7").fetchone()]


@check
def copy_in_that_is_given_up(conn):
    conn.execute("create temp table c (a int)")
    conn.commit()
    conn.execute("create temp table d (a int)")
    conn.commit()
    try:
        with conn.cursor().copy("copy c from stdin") as copy:
            copy.write_row([1])
            raise ValueError("given up")
    except (ValueError, psycopg.errors.QueryCanceled) as error:
        conn.rollback()
        return [str(error), conn.execute("select count(*) from c").fetchone()]


@check
def copy_in_of_what_does_not_fit(conn):
    conn.execute("create temp table c (a int)")
    conn.commit()

    def act():
        with conn.cursor().copy("copy c from stdin") as copy:
            copy.write("no number\n")

    out = refused(act)
    conn.rollback()
    return [out, conn.execute("select count(*) from c").fetchone()]


@check
def transactions_within_transactions(conn):
    conn.execute("create temp table t (a int)")
    conn.commit()
    out = []
    with conn.transaction():
        conn.execute("insert into t values (1)")
        try:
            with conn.transaction("inner point"):
                conn.execute("insert into t values (2)")
                conn.execute("select 1 / 0")
        except psycopg.errors.DivisionByZero as error:
            out.append(error.sqlstate)
        with conn.transaction(force_rollback=True):
            conn.execute("insert into t values (3)")
        with conn.transaction():
            conn.execute("insert into t values (4)")
            raise psycopg.Rollback()
        conn.execute("insert into t values (5)")
    return [out, conn.execute("select a from t order by a").fetchall()]


@check
def isolation_and_read_only(conn):
    conn.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    conn.read_only = True
    conn.deferrable = True
    out = [conn.execute(f"show transaction_{name}").fetchone() for name in ("isolation", "read_only", "deferrable")]
    out.append(refused(lambda: conn.execute("create table never (a int)")))
    conn.rollback()
    return out


@check
def the_state_of_a_transaction(conn):
    out = [conn.info.transaction_status.name]
    conn.execute("select 1")
    out.append(conn.info.transaction_status.name)
    out.append(refused(lambda: conn.execute("select nothing")))
    out.append(conn.info.transaction_status.name)
    out.append(refused(lambda: conn.execute("select 1")))
    conn.rollback()
    out.append(conn.info.transaction_status.name)
    return out


@check
def notices(conn):
    heard = []
    conn.add_notice_handler(lambda diag: heard.append([diag.severity, diag.sqlstate, diag.message_primary]))
    conn.execute("drop table if exists nothing_of_that_name")
    conn.execute("create temp table if not exists n (a int)")
    conn.execute("create temp table if not exists n (a int)")
    return heard


@check
def what_an_error_says(conn):
    conn.execute("create temp table e (a int constraint positive check (a > 0), b text not null, constraint one primary key (a))")
    conn.commit()
    out = []
    for statement in (
        "insert into e values (-1, 'x')",
        "insert into e values (1, null)",
        "insert into e values (1, 'x'), (1, 'x')",
        "select nobody from e",
        "selec 1",
        "select * from no_such_table",
        "select 'x'::int",
    ):
        try:
            conn.execute(statement)
        except psycopg.Error as error:
            d = error.diag
            out.append([type(error).__name__, d.sqlstate, d.severity, d.constraint_name, d.column_name, d.table_name, d.statement_position])
        conn.rollback()
    return out


@check
def a_function_that_is_not_there(conn):
    return refused(lambda: conn.execute("select no_such_function(1)"))


@check
def a_statement_is_cancelled(conn):
    timer = threading.Timer(1.0, conn.cancel)
    timer.start()
    out = refused(lambda: conn.execute("select pg_sleep(30)"))
    timer.join()
    conn.rollback()
    return [out, conn.execute("select name from teams where id = 1").fetchone()]


@check
def a_statement_runs_out_of_time(conn):
    conn.execute("set statement_timeout = '300ms'")
    conn.commit()
    out = refused(lambda: conn.execute("select pg_sleep(30)"))
    conn.rollback()
    conn.execute("set statement_timeout = 0")
    return out


@check
def types_by_their_names(conn):
    kind = EnumInfo.fetch(conn, "customer_kind")
    info = TypeInfo.fetch(conn, "jsonb")
    teams = CompositeInfo.fetch(conn, "teams")
    return [kind.name, kind.labels, info.name, info.oid, teams.field_names]


@check
def text_put_together_by_the_client(conn):
    cur = psycopg.ClientCursor(conn)
    text = cur.mogrify("select %s, %s, %s", ["it's", 3, [1, 2]])
    cur.execute("select id, name from customers where id = any(%s) and name <> %s order by id", [[1, 2, 3], "it's"])
    return [text, cur.fetchall()]


@check
def statements_composed_of_names(conn):
    q = sql.SQL("select {} from {} where {} = {} order by 1").format(
        sql.SQL(", ").join(map(sql.Identifier, ["id", "email"])), sql.Identifier("public", "customers"), sql.Identifier("id"), sql.Placeholder()
    )
    return [q.as_string(conn), conn.execute(q, [4]).fetchall()]


@check
def what_the_connection_knows(conn):
    i = conn.info
    names = ("server_encoding", "client_encoding", "integer_datetimes", "standard_conforming_strings", "DateStyle", "is_superuser")
    return [i.dbname, i.user, i.encoding, i.server_version, i.status.name, [i.parameter_status(n) for n in names]]


@check
def a_time_zone_of_its_own(conn):
    conn.execute("set timezone to 'Europe/Amsterdam'")
    return [str(conn.info.timezone), repr(conn.execute("select timestamptz '2026-01-31 09:30+00'").fetchone())]


@check
def several_threads_one_connection(conn):
    out = []
    lock = threading.Lock()

    def read(n):
        row = conn.execute("select id, name from customers where id = %s", [n]).fetchone()
        with lock:
            out.append(row)

    threads = [threading.Thread(target=read, args=[n]) for n in range(1, 20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sorted(out)


@check
def without_waiting(_):
    async def main():
        async with await psycopg.AsyncConnection.connect() as conn:
            async with conn.pipeline():
                curs = [await conn.execute("select id, email from customers where id = %s", [n]) for n in range(1, 6)]
                rows = [await cur.fetchone() for cur in curs]
            async with conn.cursor(name="a") as cur:
                await cur.execute("select id from customers order by id limit 5")
                rows.append([row async for row in cur])
            return rows

    return asyncio.run(main())


@check
def changes_of_customers_and_what_they_return(conn):
    cur = conn.execute("update customers set language = language where id < 4 returning id, email")
    out = [sorted(cur.fetchall()), cur.rowcount, cur.statusmessage]
    cur = conn.execute("delete from tickets where false")
    out += [cur.rowcount, cur.statusmessage]
    conn.rollback()
    return out


@check
def a_large_parameter_and_a_large_row(conn):
    text = "x" * 3_000_000
    got = conn.execute("select %s::text, length(%s)", [text, text]).fetchone()
    return [got[0] == text, got[1]]


@check
def sixteen_hundred_columns(conn):
    row = conn.execute("select " + ", ".join(str(n) for n in range(1600))).fetchone()
    return [len(row), row[0], row[-1]]


wanted = sys.argv[1:]
for function in CHECKS:
    if wanted and function.__name__ not in wanted:
        continue
    try:
        with psycopg.connect() as connection:
            came = function(connection)
            connection.rollback()
    except Exception as error:  # what it is belongs to what came
        state = getattr(error, "sqlstate", None)
        came = ["raised", type(error).__name__, state, str(error).split("\n")[0]]
    print(json.dumps([function.__name__, came], default=repr), flush=True)
