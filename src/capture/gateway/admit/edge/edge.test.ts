import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStatementRefusal } from "../../plan.ts";
import { admitStartup, isAllowedParameterStatus, isCommandTag, scrubFields } from "../index.ts";
import { settingValueMax } from "../settings.ts";
import { startupParametersMax } from "./startup.ts";

describe("errors and notices", () => {
  const names = new Set(["public", "customers", "email", "customers_email_key"]);
  const marker = "ada.marker@example.com";

  it("of a protected statement keep severity, SQLSTATE and known names, and not a word of the server's", () => {
    const { fields, withheld } = scrubFields(
      {
        severity: "FEHLER",
        severityCode: "ERROR",
        sqlstate: "23505",
        message: `duplicate key value: ${marker}`,
        detail: `Key (email)=(${marker}) already exists.`,
        hint: marker,
        where: marker,
        schema: "public",
        table: "customers",
        column: marker,
        constraint: "customers_email_key",
        position: "7",
        internalPosition: "8",
        internalQuery: `select '${marker}'`,
        file: "nbtinsert.c",
        line: "666",
        routine: "_bt_check_unique",
        unknown: [{ letter: "z", text: marker }],
      },
      names,
      true,
    );
    expect(withheld).toBe(true);
    expect(fields).toEqual({
      severity: "ERROR",
      severityCode: "ERROR",
      sqlstate: "23505",
      message:
        "whosaw: integrity constraint violation; the server's text is withheld because it may hold customers' values",
      schema: "public",
      table: "customers",
      constraint: "customers_email_key",
      unknown: [],
    });
  });

  it("say of a missing grant what it is, without its text", () => {
    const denied = {
      severity: "ERROR",
      sqlstate: "42501",
      message: `permission denied: ${marker}`,
      unknown: [],
    };
    const { message } = scrubFields(denied, names, true).fields;
    expect(message).toMatch(/^whosaw: permission denied by the server/);
    expect(message).not.toContain(marker);
  });

  it("of other statements go out as they came", () => {
    const fields = { severity: "ERROR", sqlstate: "22P02", message: "invalid: x", hint: "y", unknown: [] };
    expect(scrubFields(fields, new Set(), false)).toEqual({ fields, withheld: false });
  });

  it("can't carry a value in an SQLSTATE or a severity of their own", () => {
    const told = scrubFields({ severity: "ADA", sqlstate: "ADA42", message: "", unknown: [] }, names, true);
    expect(told.fields).toMatchObject({ severity: "ERROR", sqlstate: "XX000" });
    expect(
      scrubFields({ severity: "NOTICE", sqlstate: "00000", message: "", unknown: [] }, names, true).fields,
    ).toMatchObject({
      severity: "NOTICE",
      sqlstate: "00000",
    });
  });

  it("without SQLSTATE, or without anything, are answered all the same", () => {
    expect(scrubFields({ message: "x" }, names, true).fields.sqlstate).toBe("XX000");
    expect(scrubFields({ message: "x" }, names, false).fields).toEqual({
      severity: "ERROR",
      sqlstate: "XX000",
      message: "x",
      unknown: [],
    });
    expect(scrubFields({ sqlstate: "short" }, names, false).fields.sqlstate).toBe("XX000");
    expect(scrubFields({}, names, true).fields.severity).toBe("ERROR");
  });

  it("let nothing of an arbitrary protected one through but what is on a list", () => {
    const text = fc.string({ minLength: 6 }).map((suffix) => `marker${suffix}`);
    const fields = fc.record(
      {
        severity: text,
        severityCode: text,
        sqlstate: text,
        message: text,
        detail: text,
        hint: text,
        where: text,
        schema: text,
        table: text,
        column: text,
        dataType: text,
        constraint: text,
        position: text,
        internalQuery: text,
        routine: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, (given) => {
        expect(JSON.stringify(scrubFields(given, names, true).fields)).not.toContain("marker");
      }),
    );
  });
});

function asked(...pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> | string {
  const judged = admitStartup(pairs.map(([name, value]) => ({ name, value })));
  return isStatementRefusal(judged) ? judged.rule : judged.parameters;
}

function manyParameters(count: number): readonly [string, string][] {
  return Array.from({ length: count }, (_, index) => [`user${" ".repeat(index)}`, "x"]);
}

describe("startup parameters", () => {
  it("are what drivers send, under the rules of SET", () => {
    expect(
      asked(
        ["user", "agent"],
        ["database", "desk"],
        ["application_name", "psql"],
        ["client_encoding", "SQL_ASCII"],
        ["DateStyle", "ISO"],
        ["TimeZone", "Europe/Berlin"],
        ["extra_float_digits", "2"],
        ["search_path", "public, desk"],
        ["statement_timeout", "1000"],
        ["geqo", "off"],
        ["replication", "false"],
      ),
    ).toEqual(
      new Map([
        ["application_name", "psql"],
        ["client_encoding", "UTF8"],
        ["datestyle", "ISO"],
        ["timezone", "Europe/Berlin"],
        ["extra_float_digits", "2"],
        ["search_path", "public, desk"],
        ["statement_timeout", "1000"],
        ["geqo", "off"],
      ]),
    );
    expect(asked(["user", "agent"])).toEqual(new Map([["client_encoding", "UTF8"]]));
  });

  it("may hold options that are settings, and no others", () => {
    expect(
      asked([
        "options",
        "-c statement_timeout=5s -csearch_path=a,b --lock-timeout=9 -c timezone=US/New\\ York",
      ]),
    ).toEqual(
      new Map([
        ["statement_timeout", "5s"],
        ["search_path", "a,b"],
        ["lock_timeout", "9"],
        ["timezone", "US/New York"],
        ["client_encoding", "UTF8"],
      ]),
    );
    expect(asked(["options", ""])).toEqual(new Map([["client_encoding", "UTF8"]]));
    for (const options of [
      "-c standard_conforming_strings=off",
      "-c session_replication_role=replica",
      "-c role=admin",
      "-c whosaw.actor_token=x",
      "-d 5",
      "-e",
      "-S 1000",
      "-c",
      "-c x",
      "stray",
      "-c statement_timeout=1 -c statement_timeout=2",
      "-c application_name=a\\",
      `-c application_name=${"x".repeat(settingValueMax * 4)}`,
    ])
      expect(asked(["options", options]), options.slice(0, 60)).toBe("startup_parameter");
  });

  it("come once, and not for replication", () => {
    expect(asked(["user", "a"], ["user", "b"])).toBe("startup_duplicate");
    expect(asked(["TimeZone", "UTC"], ["timezone", "UTC"])).toBe("startup_duplicate");
    expect(asked(["search_path", "a"], ["options", "-c search_path=b"])).toBe("startup_parameter");
    expect(asked(["replication", "database"])).toBe("startup_replication");
    expect(asked(["replication", "true"])).toBe("startup_replication");
    expect(asked(["replication", "off"])).toBeInstanceOf(Map);
    expect(asked(["_pq_.surprise", "1"])).toBe("startup_parameter");
    expect(asked(["standard_conforming_strings", "off"])).toBe("startup_parameter");
    expect(asked(["session_authorization", "admin"])).toBe("startup_parameter");
    expect(asked(...manyParameters(startupParametersMax))).toBe("startup_parameter");
    expect(asked(...manyParameters(startupParametersMax + 1))).toBe("startup_too_many");
  });

  it("never throw", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        asked(...pairs);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("-", "c", " ", "\\", "=", "a", ",") }), (options) => {
        asked(["options", options]);
      }),
    );
  });
});

describe("what the server says besides rows", () => {
  it("are settings that it reports", () => {
    expect(isAllowedParameterStatus("TimeZone")).toBe(true);
    expect(isAllowedParameterStatus("server_version")).toBe(true);
    expect(isAllowedParameterStatus("my.x")).toBe(false);
    expect(isAllowedParameterStatus("")).toBe(false);
  });

  it("are tags of words and counts", () => {
    for (const tag of [
      "SELECT 5",
      "INSERT 0 1",
      "CREATE TABLE",
      "COPY 10",
      "BEGIN",
      "DROP OWNED",
      "ALTER TEXT SEARCH CONFIGURATION",
      "SET",
      "MERGE 3",
      "REFRESH MATERIALIZED VIEW",
    ])
      expect(isCommandTag(tag), tag).toBe(true);
    for (const tag of [
      "",
      "select 1",
      "SELECT ada@example.com",
      "SELECT 1 2 3",
      "SELECT  1",
      "SELECT 1\n",
      "SELECT -1",
    ])
      expect(isCommandTag(tag), tag).toBe(false);
  });
});
