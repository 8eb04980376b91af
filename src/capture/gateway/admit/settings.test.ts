import { describe, expect, it } from "vitest";
import { admitted, contextOf, verdict } from "./admit.testing.ts";
import { acceptedValue, actorTokenMax, searchPathMax, settingValueMax } from "./settings.ts";

/** pg_dump's way to set what an older server may not have. */
function fromSettings(name: string): string {
  return `select set_config(name, 'view, foreign-table', false) from pg_settings where name = '${name}'`;
}

describe("settings", () => {
  it("change the form of answers, time limits and plans", () => {
    for (const sql of [
      'set search_path to public, "$user"',
      "set local search_path = ''",
      "set client_encoding = 'utf8'",
      "set names 'UTF8'",
      "set timezone = 'Europe/Berlin'",
      "set time zone interval '+02:00' hour to minute",
      "set time zone local",
      "set datestyle = iso, mdy",
      "set extra_float_digits = 3",
      "set statement_timeout = '5s'",
      "set idle_in_transaction_session_timeout = 0",
      "set application_name to 'console'",
      "set client_min_messages = warning",
      "set standard_conforming_strings = on",
      "set row_security = off",
      "set enable_seqscan = off",
      "set work_mem = '64MB'",
      "set synchronous_commit = off",
      "set default_transaction_read_only = true",
      "set pg_trgm.similarity_threshold = 0.5",
      "set lc_messages to 'C'",
      "set timezone_abbreviations = 'Default'",
      "set force_parallel_mode = regress",
      "set debug_parallel_query = on",
      "set vacuum_cost_delay = 10",
      "set stats_fetch_consistency = snapshot",
      "reset search_path",
      "reset all",
      "set session authorization default",
      "set role none",
      "reset role",
    ])
      expect(verdict(sql), sql).toBe("admitted: set");
    expect(verdict("set transaction isolation level serializable, read only, deferrable")).toBe(
      "admitted: other",
    );
    expect(verdict("set session characteristics as transaction read write")).toBe("admitted: other");
  });

  it("never make the gateway and the server disagree, nor somebody else of the session", () => {
    for (const sql of [
      "set standard_conforming_strings = off",
      "set backslash_quote = on",
      "set array_nulls = off",
      "set transform_null_equals = on",
      "set session_replication_role = replica",
      "set role admin",
      "set role = 'admin'",
      "set session authorization admin",
      "set my.x = 'value'",
      "set whosaw.other = 'x'",
      "set log_statement = 'none'",
      "set session_preload_libraries = 'x'",
      "set lo_compat_privileges = on",
      "set default_transaction_isolation_ = x",
      "set transaction snapshot '00000003-1'",
      "select set_config('standard_conforming_strings', 'off', false)",
      "select set_config('role', 'admin', false)",
      "select set_config('my.x', 'value', false)",
    ])
      expect(["setting", "setting_value", "transaction_snapshot"], sql).toContain(verdict(sql));
  });

  it("of an application's own are set to constants and shown where the role lists them", () => {
    const listed = contextOf({}, { settings: new Set(["app.tenant"]) });
    const told: Readonly<Record<string, string>> = {
      "set app.tenant = '7'": "admitted: set",
      "set local App.Tenant to 7": "admitted: set",
      "reset app.tenant": "admitted: set",
      "show app.tenant": "admitted: rows",
      "select set_config('app.tenant', '7', true)": "admitted: set",
      "select set_config('app.tenant', $1, true)": "admitted: rows",
      "select set_config('app.tenant', $1::text, false)": "admitted: rows",
      "select current_setting('app.tenant', true), id from customers": "admitted: rows",
      "select set_config('app.tenant', email, false) from customers": "set_config",
      "select set_config('app.tenant', (select email from customers limit 1), false)": "set_config",
      "select set_config('app.tenant', $1, false) from customers": "set_config",
      "select set_config('search_path', $1, false)": "set_config",
      "select set_config($1, '7', false)": "set_config",
      "select 1 where set_config('app.tenant', '7', false) = '7'": "set_config",
      "set app.other = '7'": "setting",
      "show app.other": "setting_read",
      "select current_setting('app.other')": "setting_read",
      [`set app.tenant = '${"x".repeat(16_385)}'`]: "setting_value",
    };
    for (const [sql, said] of Object.entries(told)) expect(verdict(sql, listed), sql).toBe(said);
    expect(verdict("set app.tenant = '7'")).toBe("setting");
  });

  it("take bounded values of the right form", () => {
    for (const sql of [
      "set client_encoding = 'latin1'",
      "set client_encoding = 'sjis'",
      "set client_min_messages = debug1",
      "set client_min_messages = log",
      "set work_mem = '10GB'",
      "set work_mem = '1TB'",
      "set statement_timeout = 'soon'",
      "set search_path = pg_toast",
      'set search_path = public, "pg_temp_7"',
      "set enable_seqscan = 'perhaps'",
      `set application_name = '${"x".repeat(settingValueMax + 1)}'`,
      `set search_path = ${Array.from({ length: searchPathMax + 1 }, (_, index) => `s${index}`).join(", ")}`,
    ])
      expect(verdict(sql), sql.slice(0, 80)).toBe("setting_value");
    expect(verdict(`set application_name = '${"x".repeat(settingValueMax)}'`)).toBe("admitted: set");
    expect(
      verdict(
        `set search_path = ${Array.from({ length: searchPathMax }, (_, index) => `s${index}`).join(", ")}`,
      ),
    ).toBe("admitted: set");
  });

  it("tell the session the value as the server prints it", () => {
    expect(admitted('set search_path = public, "Odd, One", \'a"b\'').does).toEqual({
      kind: "set",
      name: "search_path",
      local: false,
      value: 'public, "Odd, One", "a""b"',
    });
    expect(admitted("set local timezone = 'UTC'").does).toEqual({
      kind: "set",
      name: "timezone",
      local: true,
      value: "UTC",
    });
    expect(admitted("reset search_path").does).toMatchObject({ name: "search_path", value: null });
    expect(admitted("reset all").does).toMatchObject({ name: "all", value: null });
    expect(admitted("SET DateStyle = 'ISO', DMY").does).toMatchObject({
      name: "datestyle",
      value: "ISO, dmy",
    });
  });

  it("set UTF-8 where an SQL_ASCII client takes what comes", () => {
    const { does, stmt } = admitted("set client_encoding to sql_ascii");
    expect(does).toMatchObject({ name: "client_encoding", value: "UTF8" });
    expect(JSON.stringify(stmt)).toContain('"sval":"UTF8"');
    const call = admitted("select set_config('client_encoding', 'sql_ascii', false)");
    expect(call.does).toMatchObject({ name: "client_encoding", value: "UTF8" });
    expect(JSON.stringify(call.stmt)).toContain('"sval":"UTF8"');
    expect(JSON.stringify(call.stmt).toLowerCase()).not.toContain("sql_ascii");
  });

  it("leave the actor's token to the gateway", () => {
    expect(admitted("set whosaw.actor_token = 'header.body.signature'").does).toEqual({
      kind: "set",
      name: "whosaw.actor_token",
      local: false,
      value: "header.body.signature",
    });
    expect(verdict(`set whosaw.actor_token = '${"x".repeat(actorTokenMax)}'`)).toBe("admitted: set");
    expect(verdict(`set whosaw.actor_token = '${"x".repeat(actorTokenMax + 1)}'`)).toBe("setting_value");
    expect(verdict("show whosaw.actor_token")).toBe("setting_read");
    expect(verdict("select current_setting('whosaw.actor_token', true)")).toBe("setting_read");
  });

  it("are set by set_config only where it stands alone, with constants", () => {
    expect(admitted("select pg_catalog.set_config('search_path', '', false)").does).toEqual({
      kind: "set",
      name: "search_path",
      local: false,
      value: "",
    });
    expect(admitted("select set_config('timezone', 'UTC', true)").does).toMatchObject({ local: true });
    for (const sql of [
      "select set_config('my.x', email, false) from customers",
      "select set_config('application_name', email, false) from customers",
      "select set_config('application_name', $1, false)",
      "select set_config('search_path', 'a', false), 1",
      "select set_config('search_path', 'a', false) where random() < 0.5",
      "select set_config('search_path', 'a', false) from scratch",
      "select set_config('search_path', 'a', false) limit 0",
      "select case when true then set_config('search_path', 'a', false) end",
      "select set_config('search_path', 'a', false) union select 'x'",
      "values (set_config('search_path', 'a', false))",
      "with x as (select set_config('search_path', 'a', false)) select 1",
      "insert into scratch (note) values (set_config('search_path', 'a', false))",
      "explain analyze select set_config('search_path', 'a', false)",
      "prepare p as select set_config('search_path', 'a', false)",
      "declare c cursor for select set_config('search_path', 'a', false)",
      "copy (select set_config('search_path', 'a', false)) to stdout",
      "create temp table x as select set_config('search_path', 'a', false)",
      "select set_config(name, setting, false) from pg_settings where name = 'search_path'",
      "select set_config(name, 'a', false) from scratch where name = 'search_path'",
    ])
      expect(verdict(sql), sql).toBe("set_config");
  });

  it("may be named by pg_settings, as pg_dump does for servers that don't know one", () => {
    expect(verdict(fromSettings("restrict_nonsystem_relation_kind"))).toBe("admitted: set");
    expect(verdict(fromSettings("session_replication_role"))).toBe("setting");
  });

  it("hold what the list accepts and nothing more", () => {
    expect(acceptedValue("statement_timeout", "10 min")).toBe("10 min");
    expect(acceptedValue("statement_timeout", "10; drop")).toBeNull();
    expect(acceptedValue("work_mem", "262144")).toBe("262144");
    expect(acceptedValue("work_mem", "262145")).toBeNull();
    expect(acceptedValue("application_name", "a\0b")).toBeNull();
    expect(acceptedValue("unheard_of", "x")).toBeNull();
    expect(verdict("show unheard_of", contextOf())).toBe("admitted: rows");
    expect(verdict("show primary_conninfo")).toBe("setting_read");
  });
});
