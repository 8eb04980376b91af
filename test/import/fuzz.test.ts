import { isUtf8 } from "node:buffer";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isAction,
  joinFields,
  parseActorId,
  parseCustomerId,
  parseInstant,
  splitFields,
} from "../../src/domain/index.ts";
import { type Kit, openKit, rejectedLines } from "./kit.ts";

/**
 * What a line means, read slowly and in another way than the importer does: one regular expression for a whole record,
 * the domain's parsers for its cells. A record that makes no row costs its first line; reading goes on behind it.
 */
interface Meaning {
  readonly rows: readonly string[];
  readonly rejected: readonly number[];
}

const cell = String.raw`(?:"(?:[^"]|"")*"|[^",\n]*?)`;
const csvRecord = new RegExp(String.raw`${cell}(?:,${cell})*\r?\n`, "y");
const csvCell = /(?:"((?:[^"]|"")*)"|([^",\n]*?))(?:,|\r?\n$)/gy;

function rowOf(get: (name: string) => string, line: number): string | null {
  const time = parseInstant(get("time"));
  const actor = parseActorId(get("actor"));
  const customer = parseCustomerId(get("customer"));
  const action = get("action") === "" ? "read" : get("action");
  const fields = joinFields(splitFields(get("fields")));
  if (time === null || actor === null || customer === null || !isAction(action)) return null;
  if (get("ticket") !== "" && parseActorId(get("ticket")) === null) return null;
  if (/[\u0000-\u001f\u007f]/.test(fields) || Buffer.byteLength(get("fields")) > 4096) return null;
  return JSON.stringify([line, time, actor, customer, fields, action, get("ticket")]);
}

function meaningOfCsv(bytes: Buffer): Meaning {
  let text = bytes.toString("latin1");
  if (!text.endsWith("\n")) text += "\n";
  const header = text.slice(0, text.indexOf("\n")).trim().split(",");
  const rows: string[] = [];
  const rejected: number[] = [];
  let at = text.indexOf("\n") + 1;
  let line = 2;
  while (at < text.length) {
    csvRecord.lastIndex = at;
    const record = csvRecord.exec(text)?.[0] ?? null;
    const firstLine = text.slice(at, text.indexOf("\n", at) + 1);
    const row = record === null ? null : meaningOfRecord(record, header, line);
    const taken = row === null || record === null ? firstLine : record;
    if (row === null) {
      if (firstLine.trim() !== "") rejected.push(line);
    } else rows.push(row);
    at += taken.length;
    line += taken.split("\n").length - 1;
  }
  return { rows, rejected };
}

function meaningOfRecord(record: string, header: readonly string[], line: number): string | null {
  const cells = [...record.matchAll(csvCell)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? "",
  );
  if (cells.length !== header.length || !isUtf8(Buffer.from(record, "latin1"))) return null;
  const texts = cells.map((text) => Buffer.from(text, "latin1").toString("utf8"));
  return rowOf((name) => texts[header.indexOf(name)] ?? "", line);
}

function meaningOfJson(bytes: Buffer): Meaning {
  const rows: string[] = [];
  const rejected: number[] = [];
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    const row = meaningOfObject(bytes.subarray(start, end), line);
    if (row !== null) rows.push(row);
    else if (bytes.toString("latin1", start, end).trim() !== "") rejected.push(line);
    start = end + 1;
  }
  return { rows, rejected };
}

function meaningOfObject(bytes: Buffer, line: number): string | null {
  if (!isUtf8(bytes)) return null;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const members = value as Record<string, unknown>;
  const texts = new Map<string, string>();
  for (const name of [
    "time",
    "actor",
    "customer",
    "fields",
    "action",
    "ticket",
    "masked",
    "session",
    "ip",
    "source",
  ]) {
    const member = members[name] ?? "";
    if (typeof member === "string") texts.set(name, member);
    else if (typeof member === "number" && (Number.isSafeInteger(member) || !Number.isInteger(member)))
      texts.set(name, String(member));
    else if (Array.isArray(member) && member.every((one) => typeof one === "string"))
      texts.set(name, member.join(";"));
    else return null;
  }
  return rowOf((name) => texts.get(name) ?? "", line);
}

const goodTime = fc.oneof(
  fc.constantFrom(
    "2019-05-01 10:00:00",
    "2019-05-01T10:00:00Z",
    "2019-05-01 10:00:00.123",
    "2019-05-01T10:00:00.120Z",
  ),
  fc.constantFrom(
    "1556704802000",
    "2019-05-01T10:00:00+02:00",
    "2019-02-28",
    "2019-05-01T10:00:60Z",
    "2019-05-01T10:00:00.1234567Z",
  ),
);
const badTime = fc.constantFrom(
  "",
  "nope",
  "2019-02-31 10:00:00",
  "2019-13-01",
  "9999999999999",
  "1969-12-31 23:59:59",
  "2019-05-01 25:00:00",
  "1556704802",
  "2200-01-01 00:00:00",
  "2019-05-01 10:00",
  "0001-01-01 00:00:00",
);
const goodId = fc.constantFrom(
  "a1",
  "c 2",
  "é",
  "007",
  "x".repeat(256),
  "-5",
  "\\N",
  "NULL",
  "'q'",
  " lead",
  "tail ",
  "[1]",
  "true",
  "1.50",
  "💥",
);
const badId = fc.constantFrom(
  "",
  "x".repeat(257),
  "a\u0007b",
  "a\tb",
  "a\u0000b",
  "é".repeat(129),
  "a\u007f",
);
const list = fc.constantFrom(
  "",
  "name",
  "name;email",
  "email;name",
  " b ; a ;a",
  ";;",
  "phone",
  "f;".repeat(10),
  "\u00a0x",
  "ﬀ;💥",
  "x".repeat(5000),
  "a\u0001;b",
);
const action = fc.constantFrom("", "read", "search", "export", "update", "delete", "Read", "steal");
const ticket = fc.constantFrom("", "t1", "t\u0000", "t".repeat(257), "T-2");

const cells = fc.record({
  time: fc.oneof({ weight: 9, arbitrary: goodTime }, badTime),
  actor: fc.oneof({ weight: 9, arbitrary: goodId }, badId),
  customer: fc.oneof({ weight: 9, arbitrary: goodId }, badId),
  fields: list,
  action,
  ticket,
  note: fc.constantFrom("", "x", "two\nlines", 'said "no"', "a,b", "\r", ",\n,", '"'),
});
const names = ["time", "actor", "customer", "fields", "action", "ticket", "note"] as const;

function csvText(text: string, always: boolean): string {
  return always || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvLine = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(cells, fc.boolean())
      .map(([row, always]) => names.map((name) => csvText(row[name], always)).join(",")),
  },
  fc.constantFrom(
    "",
    "   ",
    "a,b",
    ",,,,,,,",
    '2019-05-01,a,c,"x',
    'a"b,c,d,e,f,g,h',
    '"a"b,,,,,,',
    '"',
    '2019-05-01,a,c,",x",,,',
    "\r",
  ),
  fc.string({ maxLength: 40, unit: "binary" }),
);
const csvFile = fc
  .record({
    lines: fc.array(csvLine, { maxLength: 60 }),
    crlf: fc.boolean(),
    last: fc.boolean(),
    plain: fc.boolean(),
  })
  .map(({ lines, crlf, last, plain }) => {
    const kept = plain ? lines.filter((line) => !line.includes('"')) : lines;
    return Buffer.from([names.join(","), ...kept].join(crlf ? "\r\n" : "\n") + (last ? "\n" : ""));
  });
const jsonLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(cells, fc.boolean())
      .map(([row, array]) => JSON.stringify({ ...row, ...(array ? { fields: row.fields.split(";") } : {}) })),
  },
  fc
    .tuple(
      fc.constantFrom(1, 12345678901234, 1.5, true, null, [], {}, ["a", 1], -7),
      fc.constantFrom("actor", "time", "fields", "customer"),
    )
    .map(([value, name]) =>
      JSON.stringify({ time: 1556704802000, actor: "a", customer: "c", [name]: value }),
    ),
  fc.constantFrom(
    "",
    " ",
    "{",
    "[1]",
    "null",
    '{"time":"2019-05-01","actor":"a","customer":"c"}{"a":1}',
    '{"actor":12345678901234567890,"time":"2019-05-01","customer":"c"}',
    '{"time":"2019-05-01","actor":"a","customer":"c",}',
    ' {"time":"2019-05-01","actor":"a","customer":"c"} ',
  ),
);
const jsonFile = fc.array(jsonLine, { maxLength: 60 }).map((lines) => Buffer.from(lines.join("\n")));
const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });

/** Bytes overwritten anywhere behind the header. */
function damage(bytes: Buffer, marks: readonly (readonly [number, number])[]): Buffer {
  const copy = Buffer.from(bytes);
  const start = copy.indexOf(10) + 1;
  for (const [at, value] of marks)
    if (start > 0 && copy.length > start) copy[start + (at % (copy.length - start))] = value;
  return copy;
}

describe("any file at all", () => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await openKit();
  });
  afterAll(async () => kit.close());

  const small = { sizes: { pieceBytes: 700, segmentBytes: 2_000 } };
  let turn = 0;

  async function agrees(bytes: Buffer, extension: string, meaning: Meaning): Promise<void> {
    await kit.empty();
    const path = kit.write(
      `accesses-${turn++}.${extension}`,
      extension.endsWith("gz") ? gzipSync(bytes) : bytes,
    );
    const answer = await kit.import(path, turn % 2 === 0 ? small : {});
    const rows = await kit.store.query<Record<string, unknown>>(
      "SELECT line, toUnixTimestamp64Milli(time) AS t, actor, customer, fields, action, ticket FROM sightings ORDER BY line",
    );
    expect(rows.map((row) => JSON.stringify(Object.values(row)))).toEqual(meaning.rows);
    expect(rejectedLines(answer).map(({ line }) => line)).toEqual(meaning.rejected);
    expect(answer.imported).toBe(meaning.rows.length);
  }

  it("keeps every good line of a CSV file and names every bad one", async () => {
    await fc.assert(
      fc.asyncProperty(csvFile, async (bytes) => agrees(bytes, "csv", meaningOfCsv(bytes))),
      { numRuns: 25 },
    );
  });

  it("keeps every good line of a damaged CSV file and names every bad one", async () => {
    await fc.assert(
      fc.asyncProperty(csvFile, flips, async (bytes, marks) => {
        const damaged = damage(bytes, marks);
        await agrees(damaged, "csv.gz", meaningOfCsv(damaged));
      }),
      { numRuns: 25 },
    );
  });

  it("keeps every good line of a JSON Lines file, damaged or not, and names every bad one", async () => {
    await fc.assert(
      fc.asyncProperty(jsonFile, flips, async (bytes, marks) => {
        fc.pre(bytes.length > 0);
        const damaged = damage(bytes, marks);
        await agrees(damaged, "jsonl", meaningOfJson(damaged));
      }),
      { numRuns: 25 },
    );
  });
});
