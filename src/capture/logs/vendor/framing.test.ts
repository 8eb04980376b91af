import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvFramer, csvCells } from "./csvRecords.ts";
import { vendors } from "./formats.ts";
import { type Framer, jsonDepthMax, JsonFramer, type RawRecord } from "./jsonRecords.ts";
import { cellBytesMax, type Normalised } from "./normalised.ts";

/** What a framer makes of bytes that come in pieces of the given size. */
function frame(framer: Framer, bytes: Uint8Array, size = bytes.length || 1): readonly RawRecord[] {
  const out: RawRecord[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(...framer.push(bytes.subarray(at, at + size)));
  return [...out, ...framer.end()];
}

const brief = (records: readonly RawRecord[]): readonly string[] =>
  records.map((record) => `${record.line} ${"text" in record ? record.text : `! ${record.reason}`}`);
const json = (text: string, bytesMax?: number): readonly string[] =>
  brief(frame(new JsonFramer(["events"], bytesMax), Buffer.from(text)));
const csv = (text: string, bytesMax?: number): readonly string[] =>
  brief(frame(new CsvFramer(",", bytesMax), Buffer.from(text)));

const deep = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

describe("JSON records", () => {
  it.each([
    ['{"a":1}\n{"b":2}', ['1 {"a":1}', '2 {"b":2}']],
    ['\ufeff\n{"a":1}\r\n\r\n{"b":2}\r\n', ['2 {"a":1}', '4 {"b":2}']],
    ['{"a":1}{"b":2}', ['1 {"a":1}', '1 {"b":2}']],
    ['[{"a":1},\n{"b":[1]}]', ['1 {"a":1}', '2 {"b":[1]}']],
    [
      '{"n":{"events":[1]},\n"events":[{"a":1},{}],"m":[{"x":1}],"o":"]"}\n{"c":3}',
      ['2 {"a":1}', "2 {}", '3 {"c":3}'],
    ],
    ['{"a":"}\\"{\\\\"}', ['1 {"a":"}\\"{\\\\"}']],
    ["12\ntrue", ["1 12", "2 true"]],
    ["[]", []],
    ['{"events":[]}', []],
  ])("of %j", (text, expected) => {
    expect(json(text)).toEqual(expected);
  });

  it.each([
    ['{"a":1\n{"b":2}\n', ["1 ! not JSON", '2 {"b":2}']],
    ['{"a":\n{"b":2}\n{"c":3}\n', ["1 ! not JSON", '2 {"b":2}', '3 {"c":3}']],
    ['{"a":"x\n{"b":2}', ["1 ! a string is not closed on its line", '2 {"b":2}']],
    ["nonsense]\n{}", ["1 nonsense", "1 ! not JSON", "2 {}"]],
    ['{"a":1}}\n{}', ['1 {"a":1}', "1 ! not JSON", "2 {}"]],
    ['[\n{"a":1},\n{"b":},\n{"c":3}\n]', ['2 {"a":1}', "3 ! not JSON", '4 {"c":3}']],
    ['[{"a":1},\n{"b"', ['1 {"a":1}', "2 ! the record is cut off"]],
    ['{"events":[{"a":1}', ['1 {"a":1}', "1 ! the file is cut off: its list is not closed"]],
    ['{"a":', ["1 ! the record is cut off"]],
  ])("of %j reads on behind a mistake", (text, expected) => {
    expect(json(text)).toEqual(expected);
  });

  it("may be as long as the limit, and no longer", () => {
    const record = '{"a":"0123456789"}';
    expect(json(`${record}\n{}`, record.length)).toEqual([`1 ${record}`, "2 {}"]);
    expect(json(`${record}\n{}`, record.length - 1)).toEqual([
      "1 ! the record is longer than 17 bytes",
      "2 {}",
    ]);
    expect(json(`[1,${"9".repeat(100)}`, 20)).toEqual(["1 1", "1 ! the record is longer than 20 bytes"]);
  });

  it("may nest as deep as the limit, and no deeper", () => {
    expect(json(deep(jsonDepthMax))).toEqual([`1 ${deep(jsonDepthMax)}`]);
    expect(json(deep(jsonDepthMax + 1))).toEqual([`1 ! nested deeper than ${jsonDepthMax} levels`]);
  });

  it("must be UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{}')]);
    expect(brief(frame(new JsonFramer([]), bytes))).toEqual(["1 ! not UTF-8", "2 {}"]);
  });
});

describe("CSV records", () => {
  it.each([
    ["a,b\nc,d\n", ["1 a,b", "2 c,d"]],
    ['\ufeffa\r\n\r\n"x\ny",z\r\nlast', ["1 a", '3 "x\ny",z', "5 last"]],
    ['"a""\n""b"\nc', ['1 "a""\n""b"', "3 c"]],
    ["", []],
  ])("of %j", (text, expected) => {
    expect(csv(text)).toEqual(expected);
  });

  it.each([
    ['a,"b\nc,d\ne,f\n', ["1 ! a quoted cell is not closed", "2 c,d", "3 e,f"]],
    ['a"b\nc\n', ["1 ! a quoted cell is not closed", "2 c"]],
    ['a"b"\nc\n', ["1 ! a quote stands where none may", "2 c"]],
    ['"a"b\nc', ["1 ! a quote stands where none may", "2 c"]],
    ['a,"b\nc,"d"\ne', ["1 ! a quoted cell is not closed", '2 c,"d"', "3 e"]],
  ])("of %j reads on behind a mistake", (text, expected) => {
    expect(csv(text)).toEqual(expected);
  });

  it("may be as long as the limit, and no longer", () => {
    expect(csv("0123456789\nb", 10)).toEqual(["1 0123456789", "2 b"]);
    expect(csv("0123456789\nb", 9)).toEqual(["1 ! the record is longer than 9 bytes", "2 b"]);
    expect(csv(`"${"x\n".repeat(20)}`, 9).length).toBe(20);
  });

  it("hold the cells that were written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string(), { minLength: 1 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (rows, size) => {
          const text = rows
            .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
            .join("\n");
          const records = frame(new CsvFramer(), Buffer.from(text), size);
          expect(records.map((record) => ("text" in record ? csvCells(record.text) : record.reason))).toEqual(
            rows,
          );
        },
      ),
    );
  });
});

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const time = "2026-01-05T09:30:00.250Z";
const pgTime = "2026-01-05 09:30:00.250 UTC";
const audit = 'AUDIT: SESSION,1,1,READ,SELECT,,,"select *\nfrom customers where id in (1, 2)",<none>';
const ocsfEvent = {
  class_uid: 6001,
  activity_id: 5,
  time: Date.parse(time),
  actor: { user: { uid: "a" } },
  web_resources_result: [{ type: "customer", uid: "c" }],
};
const samples: readonly { readonly vendor: keyof typeof vendors; readonly line: string }[] = [
  { vendor: "ocsf", line: JSON.stringify(ocsfEvent) },
  {
    vendor: "pgaudit",
    line: JSON.stringify({ timestamp: pgTime, user: "a", session_id: "s", message: audit }),
  },
  {
    vendor: "pgaudit",
    line: `${pgTime},a,db,1,192.0.2.7:5,s,1,,,,0,LOG,00000,"${audit.replaceAll('"', '""')}",,,,,,,,,,,,0`,
  },
  {
    vendor: "salesforce",
    line: JSON.stringify({
      EVENT_TYPE: "URI",
      TIMESTAMP: "20260105093000.000",
      USER_ID: "a",
      URI: "/003000000000001AAA",
    }),
  },
  {
    vendor: "zendesk",
    line: JSON.stringify({ timestamp: time, user_id: 1, method: "GET", url: "/api/v2/users/7", status: 200 }),
  },
];

async function readAll(vendor: keyof typeof vendors, bytes: Uint8Array, size: number): Promise<Normalised[]> {
  const rows: Normalised[] = [];
  for await (const row of vendors[vendor].read(pieces(bytes, size), {})) rows.push(row);
  return rows;
}

/** What holds of every row, whatever the bytes were. */
function expectSound(rows: readonly Normalised[], bytes: Uint8Array): void {
  const lines = bytes.filter((byte) => byte === 0x0a).length + 1;
  for (const row of rows) {
    expect(row.line).toBeGreaterThanOrEqual(1);
    expect(row.line).toBeLessThanOrEqual(lines);
    if ("reason" in row) expect(row.reason).not.toBe("");
    else expect(Buffer.byteLength(row.session)).toBeLessThanOrEqual(cellBytesMax);
  }
}

describe.each(samples)("whatever a $vendor log holds ($line)", ({ vendor, line }) => {
  const file = Buffer.from(`${line}\n${line}\n${line}\n`);

  it("gives its rows when it is whole, in pieces of any size", async () => {
    const whole = await readAll(vendor, file, file.length);
    expect(whole.filter((row) => row.kind === "access").length).toBeGreaterThan(0);
    for (const size of [1, 2, 13]) expect(await readAll(vendor, file, size)).toEqual(whole);
  });

  it("a byte changed, a piece cut out or noise put in never makes it throw, and costs no record behind the next", async () => {
    await fc.assert(
      fc.asyncProperty(
        // The first character tells JSON from CSV.
        fc.integer({ min: 1, max: file.length / 3 - 1 }),
        fc.nat(30),
        fc.uint8Array({ maxLength: 12 }),
        async (at, cut, noise) => {
          const bytes = Buffer.concat([file.subarray(0, at), noise, file.subarray(at + cut)]);
          const rows = await readAll(vendor, bytes, 50);
          expectSound(rows, bytes);
          expect(rows.length).toBeGreaterThan(0);
          // The mistake is in the first record, or reaches into the second: the third is read.
          const lines = bytes.filter((byte) => byte === 0x0a).length;
          const third = rows.filter((row) => row.line > lines - line.split("\n").length);
          // pgaudit's third entry repeats the first one's statement.
          expect(
            third.some((row) => row.kind === "access" || (vendor === "pgaudit" && row.kind === "ignored")),
          ).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("random lines are all accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant(line), fc.string(), fc.json()), { maxLength: 8 }),
        async (parts) => {
          const bytes = Buffer.from(parts.join("\n"));
          const rows = await readAll(vendor, bytes, 20);
          expectSound(rows, bytes);
          if (parts.includes(line)) expect(rows.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
