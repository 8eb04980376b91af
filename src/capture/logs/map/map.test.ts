import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../base/index.ts";
import { formatInstant, tableNames, tables } from "../../../domain/index.ts";
import {
  type ColumnMap,
  mapBytesMax,
  parseMap,
  parseTimeFormat,
  proposeMap,
  rowMapper,
  timeReader,
} from "./index.ts";
import { timeTargets } from "./columnMap.ts";

const shared =
  process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../../../shared/data", import.meta.url).pathname;
const incidents = `${shared}/incident-log/incident_event_log.csv.gz`;

function goodMap(text: string): ColumnMap {
  const map = parseMap(text);
  if (isRefusal(map)) throw new Error(map.what);
  return map;
}

function mapper(map: ColumnMap, header: readonly string[]): (cells: readonly string[]) => unknown {
  const made = rowMapper(map, header);
  if (isRefusal(made)) throw new Error(made.what);
  return made;
}

const whatOf = (value: unknown): string => (isRefusal(value) ? value.what : "no refusal");

const full = `
table: accesses
delimiter: ";"
timeFormat: d/m/yyyy hh:mm
timeZone: "+01:00"
null: ["?", null]
columns:
  time: When
  actor: Who
  customer: { from: Whose }
  fields: { from: Shown, separator: "," }
  action: { from: What, values: { Viewed: read, Saved: update } }
constants:
  source: old desk
skip:
  - { column: Kind, is: [bot, true] }
`;
const header = ["When", "Who", "Whose", "Shown", "What", "Kind"];

describe("a map", () => {
  it("names columns, constants, nulls, times, lists and what to skip", () => {
    const read = mapper(goodMap(full), header);
    expect(read(["29/2/2016 01:16", "a-1", "c-1", "phone, email", "Viewed", ""])).toEqual({
      kind: "row",
      cells: {
        time: "2016-02-29T00:16:00Z",
        actor: "a-1",
        customer: "c-1",
        fields: "email;phone",
        action: "read",
        source: "old desk",
      },
    });
    expect(read(["1/3/2016 1:16", "?", "null", "", "Saved", "x"])).toMatchObject({
      cells: { actor: "", customer: "", fields: "", action: "update" },
    });
  });

  it("skips and rejects rows, and says why without their values", () => {
    const read = mapper(goodMap(full), header);
    expect(read(["1/3/2016 1:16", "a", "c", "", "Viewed", "bot"])).toEqual({ kind: "skipped" });
    expect(read(["1/3/2016 1:16", "a", "c", "", "Viewed", "true"])).toEqual({ kind: "skipped" });
    expect(read(["30/2/2016 1:16", "a", "c", "", "Viewed", ""])).toEqual({
      kind: "rejected",
      reason: "time can't be read as the map says",
    });
    expect(read(["1/3/2016 1:16", "a", "c", "", "Burned", ""])).toMatchObject({ kind: "rejected" });
    expect(read(["1/3/2016 1:16"])).toMatchObject({ kind: "rejected" });
  });

  it("is refused for a file without its columns, or with one of them twice", () => {
    expect(whatOf(rowMapper(goodMap(full), ["When", "Who"]))).toContain("no column Whose, Shown, What, Kind");
    expect(whatOf(rowMapper(goodMap(full), [...header, "Who"]))).toContain("two columns Who");
  });

  it("keeps further columns of customers as segments, and no other table's", () => {
    const columns = "columns:\n  id: nr\n  plan: Tariff\n";
    expect(goodMap(`table: customers\n${columns}`).columns.map((column) => column.target)).toEqual([
      "id",
      "plan",
    ]);
    expect(whatOf(parseMap(`table: actors\n${columns}`))).toContain(
      "line 4: columns.plan: actors has no such column",
    );
  });

  it.each([
    ["a table that isn't", "table: visits\ncolumns: {}", "line 1: table"],
    [
      "a setting that isn't",
      "table: reports\ncolumns: {customer: a, time: b}\n\ncolour: red",
      "line 4: colour",
    ],
    [
      "a required column that lacks",
      "table: reports\ncolumns:\n  time: b",
      "line 2: columns: reports needs a column customer",
    ],
    [
      "a time format that isn't",
      "table: reports\ncolumns:\n  customer: a\n  time: { from: b, timeFormat: yyyy }",
      "line 4: columns.time.timeFormat: not a time format",
    ],
    [
      "an action that isn't",
      "table: accesses\ncolumns: {time: a, actor: b, customer: c}\nconstants:\n  action: look",
      "line 4: constants.action: not an action",
    ],
    [
      "a mistake deep within",
      "table: accesses\ncolumns: {time: a, actor: b, customer: c}\nskip:\n  - column: x\n    is: y\n  - colunm: x\n    is: z",
      "line 6: skip.1.colunm",
    ],
    ["a column twice", "table: reports\ncolumns:\n  customer: a\n  customer: b\n  time: c", "line 4: "],
    ["no YAML", "table: [", "line 1: "],
    ["an alias", "table: &a reports\ncolumns: {customer: *a, time: b}", "aliases"],
    ["nothing", "", "line 1: "],
  ])("with %s is refused at its line", (_, text, expected) => {
    expect(whatOf(parseMap(text))).toContain(expected);
  });

  it("is refused above its limit, and only there", () => {
    expect(isRefusal(parseMap(full.padEnd(mapBytesMax, " ")))).toBe(false);
    expect(whatOf(parseMap(full.padEnd(mapBytesMax + 1, " ")))).toContain("longer than");
  });

  it("never throws, whatever is written", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.nat(full.length),
        fc.nat(20),
        (noise, at, cut) => {
          for (const text of [noise, full.slice(0, at) + noise + full.slice(at + cut)]) {
            const map = parseMap(text);
            if (!isRefusal(map)) rowMapper(map, header);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a time format", () => {
  it.each([
    ["d/m/yyyy hh:mm", "29/2/2016 01:16", "2016-02-29T01:16:00Z", "d/M/yyyy H:m"],
    ["m/d/yyyy hh:mm:ss tt", "2/29/2016 1:16:05 PM", "2016-02-29T13:16:05Z", "M/d/yyyy h:m:s a"],
    ["dd.mm.yy hh:mm", "01.12.69 12:00", "2069-12-01T12:00:00Z", "d.M.yy H:m"],
    ["d-mmm-yyyy hh:mm:ss.sss", "5-Jan-2026 09:30:00.25", "2026-01-05T09:30:00.250Z", "d-MMM-yyyy H:m:s.SSS"],
    ["epoch s", "1767605400.5", "2026-01-05T09:30:00.500Z", undefined],
    ["epoch us", "1767605400250000", "2026-01-05T09:30:00.250Z", undefined],
    ["standard", "2026-01-05 09:30:00", "2026-01-05T09:30:00Z", undefined],
  ])("%s reads %s", (text, cell, expected, joda) => {
    const format = parseTimeFormat(text);
    expect(format).not.toBeNull();
    if (format === null) return;
    const instant = timeReader(format)(cell);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
    expect(format.kind === "pattern" ? format.joda : undefined).toBe(joda);
  });

  it.each(["", "yyyy", "d/m", "d/d/yyyy hh:mm", "day", "epoch"])("is not %j", (text) => {
    expect(parseTimeFormat(text)).toBeNull();
  });

  it("refuses hours, days and months that there are none of", () => {
    const format = parseTimeFormat("d/m/yyyy hh:mm");
    const read = format === null ? (): null => null : timeReader(format);
    for (const cell of ["31/4/2026 00:00", "1/13/2026 00:00", "1/1/2026 24:00", "1/1/2026", "x"])
      expect(read(cell)).toBeNull();
  });
});

describe("a proposed map", () => {
  it("takes Salesforce's names, in their longer forms", () => {
    const names = [
      "EVENT_TYPE",
      "TIMESTAMP",
      "USER_ID",
      "SESSION_KEY",
      "CLIENT_IP",
      "TIMESTAMP_DERIVED",
      "USER_ID_DERIVED",
      "PAGE_ENTITY_ID",
    ];
    const row = [
      "URI",
      "20260105093000.250",
      "005000000000001",
      "s",
      "192.0.2.7",
      "2026-01-05T09:30:00.250Z",
      "005000000000001AAA",
      "003000000000001AAA",
    ];
    const proposed = proposeMap(names, [row]);
    expect(Object.fromEntries(proposed.columns.map((column) => [column.target, column.from]))).toEqual({
      time: "TIMESTAMP_DERIVED",
      actor: "USER_ID_DERIVED",
      customer: "PAGE_ENTITY_ID",
      session: "SESSION_KEY",
      ip: "CLIENT_IP",
    });
    expect(goodMap(proposed.yaml).columns.length).toBe(5);
  });

  it("takes Zendesk-like names and says what lacks", () => {
    const proposed = proposeMap(
      ["id", "timestamp", "user_id", "ip_address", "method", "url"],
      [["1", "2026-01-05T09:30:00Z", "7", "192.0.2.7", "GET", "/"]],
    );
    expect(proposed.missing).toEqual(["customer"]);
    expect(proposed.yaml).toContain("# customer: nothing in the header fits; accesses needs it");
    expect(whatOf(parseMap(proposed.yaml))).toContain("accesses needs a column customer");
    expect(proposed.columns.map((column) => column.from)).toEqual(["timestamp", "user_id", "ip_address"]);
  });

  it.each(tableNames)("finds all of %s under the names that the input tables have", (table) => {
    const { required, optional } = tables[table];
    const names = [...required, ...optional];
    const missing = proposeMap(
      names,
      [names.map((name) => (timeTargets.has(name) ? "2026-01-05" : "read"))],
      table,
    );
    expect(missing.missing).toEqual([]);
    expect(missing.columns.find(({ target }) => target === required[0])?.from).toBe(required[0]);
  });

  it("says when day and month can't be told apart, and tells them apart when it can", () => {
    const names = ["date", "agent", "customer"];
    const ambiguous = proposeMap(names, [["1/2/2026 10:00", "a", "c"]]);
    expect(ambiguous.columns[0]).toMatchObject({
      timeFormat: "d/m/yyyy hh:mm",
      unsure: expect.stringContaining("day and month") as string,
    });
    const clear = proposeMap(names, [
      ["1/2/2026 10:00", "a", "c"],
      ["1/13/2026 10:00", "a", "c"],
    ]);
    expect(clear.columns[0]?.timeFormat).toBe("m/d/yyyy hh:mm");
  });

  it("never shows a sampled value, and stays a readable map whatever the header holds", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 20 }), { maxLength: 6 }), (noise) => {
        const names = ["time", "agent", "customer", ...noise.filter((name) => name.trim() !== "")];
        const cells = names.map((_, at) => (at === 0 ? "2026-01-05 10:00:00" : `secret-${at}`));
        const proposed = proposeMap(names, [cells]);
        expect(proposed.yaml).not.toContain("secret-");
        expect(whatOf(parseMap(proposed.yaml))).toBe("no refusal");
      }),
      { numRuns: 200 },
    );
  });
});

describe.skipIf(!existsSync(incidents))(
  "the incident log of a real help desk (skipped without the data)",
  () => {
    const lines = existsSync(incidents)
      ? gunzipSync(readFileSync(incidents)).toString().trimEnd().split(/\r?\n/)
      : [];
    const [names = [], ...rows] = lines.map((line) => line.split(","));

    it("is proposed as: an update by somebody on an incident is a read of its caller's record, for that incident", () => {
      const proposed = proposeMap(names, rows.slice(0, 300));
      expect(Object.fromEntries(proposed.columns.map((column) => [column.target, column.from]))).toEqual({
        time: "sys_updated_at",
        actor: "sys_updated_by",
        customer: "caller_id",
        ticket: "number",
      });
      const map = goodMap(proposed.yaml);
      expect(map.nulls).toEqual(["?"]);
      const read = rowMapper(map, names);
      if (isRefusal(read)) throw new Error(read.what);
      const mapped = rows.map(read);
      expect(mapped.length).toBe(141_712);
      expect(mapped.filter((row) => row.kind !== "row")).toEqual([]);
      const customers = new Set(mapped.flatMap((row) => (row.kind === "row" ? [row.cells["customer"]] : [])));
      // 5,244 callers and '' for the rows whose caller is unknown.
      expect(customers.size).toBe(5245);
    });

    it("is proposed as tickets, too", () => {
      const proposed = proposeMap(names, rows.slice(0, 300), "tickets");
      expect(proposed.columns.map((column) => `${column.target} ${column.from}`)).toEqual([
        "id number",
        "customer caller_id",
        "opened opened_at",
        "closed closed_at",
        "assignee assigned_to",
        "queue assignment_group",
      ]);
    });
  },
);
