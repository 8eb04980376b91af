import { describe, expect, it } from "vitest";
import { admitted, contextOf, verdict, verdicts } from "./admit.testing.ts";

const rows = "admitted: rows";
const ddl = contextOf({}, { ddl: true });

describe("statements", () => {
  it("says what each does to the session", () => {
    verdicts({
      begin: "admitted: begin",
      "start transaction isolation level serializable, read only": "admitted: begin",
      "commit and chain": "admitted: end",
      rollback: "admitted: end",
      "savepoint a": "admitted: savepoint",
      "rollback to a": "admitted: savepoint",
      "prepare transaction 'x'": "two_phase",
      "commit prepared 'x'": "two_phase",
      "declare c cursor for select 1": "admitted: declare",
      "fetch 2 from c": "admitted: fetch",
      "move 5 in c": "admitted: fetch",
      "close all": "admitted: close_cursor",
      "prepare p as select 1": "admitted: prepare",
      "execute p(1)": "admitted: execute",
      "deallocate all": "admitted: deallocate",
      "discard temp": "admitted: discard",
      "listen jobs": "admitted: other",
      "notify jobs, 'x'": "admitted: other",
      "listen others": "channel",
      "notify others, 'x'": "channel",
      "unlisten *": "admitted: other",
      "lock table scratch": "admitted: other",
      "set constraints all deferred": "admitted: other",
      "explain (analyze, verbose, format json) select 1": rows,
      "explain (analyze) execute p": rows,
      "explain create table x as select 1": "explain",
      "explain (surprise) select 1": "explain_option",
      "show search_path": rows,
      "show my.x": "setting_read",
      "select current_setting('server_version')": rows,
      "select current_setting('my.x')": "setting_read",
      "select current_setting(email) from customers": "setting_read",
    });
    expect(admitted("declare c binary cursor with hold for select 1").does).toEqual({
      kind: "declare",
      cursor: "c",
      hold: true,
    });
    expect(admitted("declare c scroll cursor for select 1").does).toMatchObject({ hold: false });
    expect(admitted("move 5 in c").does).toEqual({ kind: "fetch", cursor: "c", move: true });
    expect(admitted("close all").does).toEqual({ kind: "close_cursor", cursor: null });
    expect(admitted("deallocate p").does).toEqual({ kind: "deallocate", name: "p" });
    expect(admitted("commit").does).toEqual({ kind: "end", commits: true });
    expect(admitted("abort").does).toEqual({ kind: "end", commits: false });
    expect(admitted("discard plans").does).toEqual({ kind: "discard", target: "plans" });
  });

  it("refuses what makes or runs code, gives rights away, or changes the server, whoever asks", () => {
    verdicts(
      {
        "create function f() returns int language sql as 'select 1'": "function",
        "do $$ begin raise notice 'x'; end $$": "do",
        "call p()": "call",
        "create trigger t before insert on scratch execute function f()": "trigger",
        "create rule r as on select to scratch do instead select 1": "rule",
        "create event trigger e on ddl_command_end execute function f()": "event_trigger",
        "create cast (int as mood) with function f(int)": "cast",
        "create operator public.= (leftarg = int, rightarg = int, function = f)": "define",
        "create aggregate a (int) (sfunc = f, stype = int)": "define",
        "create extension dblink": "extension",
        "create foreign table x (a int) server s": "foreign_data",
        "import foreign schema a from server s into b": "foreign_data",
        "create user mapping for x server s": "foreign_data",
        "create publication p for table customers": "replication",
        "create subscription s connection 'x' publication p": "replication",
        "create policy p on customers using (true)": "policy",
        "create role r": "role",
        "alter role agent set search_path = x": "role",
        "alter database d set search_path = x": "alter_database",
        "alter system set work_mem = '1GB'": "alter_system",
        "grant select on customers to public": "grant",
        "grant a to b": "grant",
        "security label on table customers is 'x'": "security_label",
        "load 'x'": "load",
        checkpoint: "checkpoint",
        "reassign owned by a to b": "owner",
        "alter table customers owner to agent": "alter_table",
        "alter table customers disable row level security": "alter_table",
        "alter table customers disable trigger all": "alter_table",
        "create schema s authorization agent": "unknown_node",
        "create schema s grant select on x to y": "unknown_statement",
        "drop function f": "object_kind",
        "alter function f() rename to g": "object_kind",
      },
      ddl,
    );
  });

  it("copies between tables and the client only", () => {
    verdicts({
      "copy customers to stdout": "admitted: copy_out",
      "copy (select 1) to stdout (format csv, header, encoding 'utf8')": "admitted: copy_out",
      "copy scratch from stdin csv": "admitted: copy_in",
      "copy scratch to '/tmp/x'": "copy_file",
      "copy scratch from '/etc/passwd'": "copy_file",
      "copy customers to program 'cat'": "copy_file",
      "copy scratch to stdout (encoding 'latin1')": "copy_option",
      "copy scratch to stdout (surprise true)": "copy_option",
    });
    expect(admitted("copy customers to stdout (format csv, delimiter ';', header true)").does).toEqual({
      kind: "copy_out",
      format: "csv",
      delimiter: ";",
      quote: '"',
      escape: '"',
      nullText: "",
      header: true,
    });
    expect(admitted("copy customers to stdout").does).toMatchObject({
      format: "text",
      delimiter: "\t",
      nullText: "\\N",
      header: false,
    });
    expect(admitted("copy customers to stdout binary").does).toMatchObject({ format: "binary" });
  });

  it("lets temporary tables be made by everybody and others by roles that may", () => {
    const temporary = {
      "create temp table x (a int primary key)": "admitted: ddl",
      "create table pg_temp.x (a int)": "admitted: ddl",
      "create temp table x as select 1": "admitted: ddl",
      "select 1 into temp x": "admitted: ddl",
      "create temp view v as select 1": "admitted: ddl",
      "drop table mine": "admitted: ddl",
      "alter table mine add column c int": "admitted: ddl",
      "create index on mine (a)": "admitted: ddl",
      "truncate mine, scratch": "admitted: other",
    };
    verdicts(temporary);
    expect(admitted("create temp table x (a int)").does).toEqual({ kind: "ddl", temporary: true });
    const permanent = [
      "create table x (a int references scratch)",
      "create table x as select 1",
      "select 1 into x",
      "create view v as select 1",
      "create index concurrently i on scratch (lower(note))",
      "create schema s create table t (a int)",
      "create sequence s",
      "create type t as enum ('a')",
      "create domain d as text check (value <> '')",
      "alter table scratch add constraint c check (id > 0)",
      "alter table scratch rename column note to notes",
      "alter table customers add column x int",
      "drop table mine, scratch",
      "drop view open_tickets",
      "refresh materialized view open_tickets",
    ];
    for (const sql of permanent) {
      expect(verdict(sql), sql).toBe("ddl");
      expect(verdict(sql, ddl), sql).toBe("admitted: ddl");
    }
    for (const sql of ["vacuum scratch", "analyze customers", "cluster scratch", "reindex table scratch"]) {
      expect(verdict(sql), sql).toBe("upkeep");
      expect(verdict(sql, ddl), sql).toBe("admitted: other");
    }
    verdicts({ "truncate customers": "ddl", "comment on table scratch is 'x'": "admitted: ddl" });
    verdicts({ "truncate customers": "admitted: other" }, ddl);
  });

  it("keeps a protected table under its name and its values in their columns", () => {
    verdicts(
      {
        "alter table customers rename to people": "protected_alter",
        "alter table customers rename column email to x": "protected_alter",
        "alter table customers set schema elsewhere": "protected_alter",
        "alter table customers alter column phone type text using email": "protected_alter",
        "alter table customers alter column phone type text": "admitted: ddl",
        "alter table customers detach partition scratch": "protected_alter",
        "alter table scratch no inherit customers": "protected_alter",
        "alter table scratch attach partition customers default": "protected_alter",
        "alter table scratch rename to x": "admitted: ddl",
        "alter schema public rename to x": "object_kind",
      },
      ddl,
    );
  });

  it("refuses what is nested too deeply, and takes what drivers nest", () => {
    expect(verdict(`select ${"abs(".repeat(300)}1${")".repeat(300)}`)).toBe(rows);
    expect(verdict(`select ${"abs(".repeat(1_200)}1${")".repeat(1_200)}`)).toBe("too_deep");
  });
});
