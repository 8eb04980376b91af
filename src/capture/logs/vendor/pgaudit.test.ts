import { createReadStream, existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Normalised, VendorOptions } from "./normalised.ts";
import { pgaudit, protectedTablesDefault } from "./pgaudit.ts";

const shared =
  process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../../../shared/data", import.meta.url).pathname;
const fixture = (kind: string): string => `${shared}/pgaudit/pgaudit-1.7-regress.${kind}`;

async function readAll(bytes: AsyncIterable<Uint8Array>, options: VendorOptions = {}): Promise<Normalised[]> {
  const rows: Normalised[] = [];
  for await (const row of pgaudit(bytes, options)) rows.push(row);
  return rows;
}

/** Sessions write at the same time, so the two logs hold their records in different orders. */
const withoutOrder = (rows: readonly Normalised[]): readonly string[] =>
  rows.map((row) => JSON.stringify({ ...row, line: 0 })).sort();

async function* pieces(file: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const payload = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\n]/.test(cell) ? quoted(cell) : cell)).join(",");

interface Entry {
  readonly statement: string;
  readonly id?: string;
  readonly kind?: string;
  readonly class?: string;
  readonly command?: string;
  readonly object?: string;
  readonly parameters?: string;
  readonly rows?: number;
  readonly session?: string;
}

function message(one: Entry): string {
  const id = (one.id ?? "1,1").split(",");
  const rows = one.rows === undefined ? [] : [String(one.rows)];
  const object = one.object === undefined ? ["", ""] : ["TABLE", one.object];
  return `AUDIT: ${payload([one.kind ?? "SESSION", ...id, one.class ?? "READ", one.command ?? "SELECT", ...object, one.statement, one.parameters ?? "<none>", ...rows])}`;
}

/** A csvlog line of PostgreSQL 15, from TCP. */
function csvLine(text: string, { session = "65a1.1", time = "2026-01-05 10:30:00.250 CET" } = {}): string {
  const head = `${time},"agent7","support",11,"192.0.2.7:50123",${session},1,"SELECT",${time},3/1,0,LOG,00000`;
  return `${head},${quoted(text)},,,,,,,,,"psql","client backend",,0\n`;
}

const csv = (...entries: readonly Entry[]): AsyncIterable<Uint8Array> =>
  once(entries.map((one) => csvLine(message(one), { session: one.session ?? "65a1.1" })).join(""));

const brief = (rows: readonly Normalised[]): readonly string[] =>
  rows.map((row) => {
    if (row.kind === "access") return `${row.action} ${row.customer}`;
    return row.kind === "unknown"
      ? `${row.action} ? ${row.target} ${row.rows}`
      : `${row.kind}: ${row.reason}`;
  });

describe("a pgaudit log", () => {
  it("gives an access for the customer that a statement names, with who, when and from where", async () => {
    const rows = await readAll(csv({ statement: "select email\nfrom customers where id = 42", rows: 1 }));
    expect(rows).toEqual([
      {
        kind: "access",
        line: 1,
        time: Date.UTC(2026, 0, 5, 9, 30, 0, 250),
        actor: "agent7",
        session: "65a1.1",
        ip: "192.0.2.7",
        source: "pgaudit",
        customer: "42",
        action: "read",
        fields: "email",
        masked: "",
        ticket: null,
      },
    ]);
  });

  it.each<readonly [string, Entry, readonly string[]]>([
    [
      "a bound parameter",
      { statement: "select * from customers where id = $1", parameters: "42", rows: 1 },
      ["read 42"],
    ],
    [
      "a list of parameters",
      { statement: "select * from users where id = any($2)", parameters: 'x,"{1,2}"' },
      ["read 1", "read 2"],
    ],
    ["no key", { statement: "select * from customers", rows: 30 }, ["read ? customers 30"]],
    [
      "an aggregate, whose row count bounds nobody",
      { statement: "select count(*) from customers", rows: 1 },
      ["read ? customers 0"],
    ],
    [
      "COPY, which older versions counted as no row",
      { statement: "copy customers to stdout", command: "COPY", rows: 0 },
      ["export ? customers 0"],
    ],
    [
      "an update",
      {
        statement: "update customers set vip = true where id = 7",
        class: "WRITE",
        command: "UPDATE",
        rows: 1,
      },
      ["update 7"],
    ],
    [
      "a delete",
      { statement: "delete from customers where id = 7", class: "WRITE", command: "DELETE", rows: 1 },
      ["delete 7"],
    ],
    [
      "a view of a protected table",
      { statement: "select * from vips", object: "public.customers", rows: 2 },
      ["read ? customers 0"],
    ],
    [
      "a statement that was not logged",
      { statement: "<not logged>", parameters: "<not logged>", object: "public.customers" },
      ["read ? customers 0"],
    ],
    ["nothing at all", { statement: "<not logged>", parameters: "<not logged>" }, ["read ?  0"]],
    [
      "SQL that the parser can't read",
      { statement: "selec * from customers", object: "public.customers" },
      ["read ? customers 0"],
    ],
    [
      "an answer without rows",
      { statement: "select * from customers where id = 42", rows: 0 },
      ["ignored: no row came back"],
    ],
    ["another table", { statement: "select * from orders", rows: 3 }, ["ignored: no protected table"]],
    [
      "a schema change",
      { statement: "create table customers ()", class: "DDL", command: "CREATE TABLE" },
      ["ignored: pgaudit class DDL reads no rows"],
    ],
    [
      "PREPARE",
      { statement: "prepare p as select * from customers", command: "PREPARE" },
      ["ignored: preparing a statement reads no rows"],
    ],
    [
      "PostgreSQL's foreign key check",
      {
        statement:
          'SELECT 1 FROM ONLY "public"."customers" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x',
        parameters: "<not logged>",
        rows: 1,
      },
      ["ignored: a foreign key check of PostgreSQL's own"],
    ],
  ])("with %s", async (_, entry, expected) => {
    expect(brief(await readAll(csv(entry)))).toEqual(expected);
  });

  it("tells of one statement once, though SESSION and OBJECT auditing log it for every relation", async () => {
    const statement = "select * from customers c join users u using (id) where c.id = 1 and u.id = 1";
    const entries = ["OBJECT", "SESSION"].flatMap((kind) =>
      ["public.customers", "public.users"].map((object) => ({ kind, object, statement })),
    );
    const again = { ...entries[0], statement, id: "2,1" };
    const other = { statement, id: "1,1", session: "65a1.2" };
    const rows = await readAll(csv(...entries, again, other));
    expect(brief(rows)).toEqual([
      "read 1",
      "read 1",
      ...Array.from({ length: 3 }, () => "ignored: the same statement was told of before"),
      "read 1",
      "read 1",
      "read 1",
      "read 1",
    ]);
  });

  it("remembers the statement that log_statement_once doesn't repeat", async () => {
    const rows = await readAll(
      csv(
        {
          statement: "select * from customers, orders where customers.id = $1",
          parameters: "9",
          object: "public.orders",
          id: "5,1",
        },
        {
          statement: "<previously logged>",
          parameters: "<previously logged>",
          object: "public.customers",
          id: "5,1",
        },
        {
          statement: "<previously logged>",
          parameters: "<previously logged>",
          object: "public.customers",
          id: "6,1",
        },
      ),
    );
    expect(brief(rows)).toEqual([
      "read 9",
      "ignored: the same statement was told of before",
      "read ? customers 0",
    ]);
  });

  it("reads csvlog and jsonlog alike", async () => {
    const text = message({ statement: "select email\nfrom customers\nwhere id in (1, 2)" });
    const json = {
      timestamp: "2026-01-05 09:30:00.250 UTC",
      user: "agent7",
      remote_host: "192.0.2.7",
      remote_port: 50123,
      session_id: "65a1.1",
      message: text,
    };
    expect(await readAll(once(`\n${JSON.stringify(json)}\n`))).toEqual(
      await readAll(once(`\n${csvLine(text)}`)),
    );
  });

  it.each([
    ["2026-01-05 09:30:00 UTC", true],
    ["2026-01-05 10:30:00.000 CET", true],
    ["2026-01-05 12:30:00 +03", true],
    ["2026-01-05 04:30:00.000 EST", true],
    ["2026-01-05 10:30:00 CST", false],
    ["2026-13-05 10:30:00 UTC", false],
  ])("reads the time %s: %s", async (time, isRead) => {
    const [row] = await readAll(once(csvLine(message({ statement: "select * from customers" }), { time })));
    expect(row).toMatchObject(
      isRead ? { kind: "unknown", time: Date.UTC(2026, 0, 5, 9, 30) } : { kind: "rejected" },
    );
  });

  it("rejects what is no record, a broken payload and a record cut off, each with its line, and reads on", async () => {
    const good = csvLine(message({ statement: "select *\nfrom customers" }));
    const text = `${good}a,b\n${csvLine("AUDIT: SESSION,1,1,READ")}${good}${csvLine('AUDIT: "')}${good.slice(0, -50)}`;
    const rows = await readAll(once(text));
    expect(rows.map((row) => `${row.line} ${row.kind}`)).toEqual([
      "1 unknown",
      "3 rejected",
      "4 rejected",
      "5 ignored",
      "7 rejected",
      "8 rejected",
      "9 rejected",
    ]);
  });

  it("takes the tables that are named so unless it is told better", async () => {
    expect(protectedTablesDefault.map((one) => `${one.table}.${one.key}`)).toContain("customers.id");
    const rows = await readAll(csv({ statement: "select * from kunden where nr = 3" }), {
      tables: [{ table: "kunden", key: "nr" }],
    });
    expect(brief(rows)).toEqual(["read 3"]);
  });
});

describe.skipIf(!existsSync(fixture("csv")))(
  "pgaudit's own regression suite (skipped without the data)",
  () => {
    const options: VendorOptions = {
      tables: [{ table: "public.account", key: "id", fields: ["name", "password", "description"] }],
    };

    it("means the same as csvlog and as jsonlog", async () => {
      const [csvRows, jsonRows] = await Promise.all(
        ["csv", "jsonl"].map((kind) => readAll(createReadStream(fixture(kind)), options)),
      );
      expect(withoutOrder(csvRows ?? [])).toEqual(withoutOrder(jsonRows ?? []));
    });

    it("has a row for each of its 495 records, none rejected, and knows the customer that a parameter names", async () => {
      const rows = await readAll(createReadStream(fixture("jsonl")), options);
      expect(new Set(rows.map((row) => row.line)).size).toBe(495);
      const count = (kind: Normalised["kind"]): number => rows.filter((row) => row.kind === kind).length;
      expect([count("access"), count("unknown"), count("rejected"), count("ignored")]).toEqual([
        3, 22, 0, 470,
      ]);
      expect(
        rows.filter((row) => row.kind === "access").map((row) => `${row.action} ${row.customer}`),
      ).toEqual(["read 1", "read 1", "read 1"]);
    });

    it("gives the same in chunks of any size", async () => {
      const whole = await readAll(createReadStream(fixture("csv")), options);
      for (const size of [3, 1000])
        expect(await readAll(pieces(fixture("csv"), size), options)).toEqual(whole);
    });
  },
);
