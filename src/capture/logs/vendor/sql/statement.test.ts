import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { statementParser, type StatementParser, type StatementReading, statementBytesMax } from "./index.ts";

const tables = [
  { table: "customers", key: "id", fields: ["email", "phone"] },
  { table: "crm.contacts", key: "customer_id" },
];
let parser: StatementParser;
beforeAll(async () => {
  parser = await statementParser();
});

const read = (text: string, parameters: readonly string[] | null = null): StatementReading | null =>
  parser.read(text, tables, parameters);

/** Each read as `action table: keys`, `*` where the statement bounds nothing. */
const said = (text: string, parameters: readonly string[] | null = null): readonly string[] | undefined =>
  read(text, parameters)?.reads.map(
    (one) => `${one.action} ${one.table.table}: ${one.keys === null ? "*" : [...one.keys].sort().join(" ")}`,
  );

const uuid = "0b0e7c9a-6f5c-4a50-9d3e-8f6f1c2d3e4f";

describe("the customers are known where the key is named by value", () => {
  it.each([
    ["select * from customers where id = 42", "read customers: 42"],
    ["select * from public.customers c where 42 = c.id and c.country = 'de'", "read customers: 42"],
    ["select email from customers where id in (1, 2, 0)", "read customers: 0 1 2"],
    ["select email from customers where id = any('{7, 8}'::int[])", "read customers: 7 8"],
    ["select email from customers where id = any(array['a', 'b c'])", "read customers: a b c"],
    ["select email from customers where id = '42'::bigint or (id = 43 and vip)", "read customers: 42 43"],
    ["select email from customers where id in (1, 2, 3) and id = 2", "read customers: 2"],
    ["select email from customers where id = 9999999999", "read customers: 9999999999"],
    [`select email from customers where id = '${uuid}'`, `read customers: ${uuid}`],
    ["select email from customers where id operator(pg_catalog.=) 5", "read customers: 5"],
    [
      "select c.email from customers c join orders o on o.customer = c.id where c.id = 5",
      "read customers: 5",
    ],
    ["select c.email from orders o left join customers c on c.id = 5", "read customers: 5"],
    ["select c.email from orders o right join customers c on true where c.id = 5", "read customers: 5"],
    ["select (select email from customers where id = 5), 1", "read customers: 5"],
    ["with c as (select * from customers where id = 5) select * from c", "read customers: 5"],
    ["with customers as (select * from customers where id = 5) select * from customers", "read customers: 5"],
    ["prepare p as select * from customers where id = 5", "read customers: 5"],
    ["declare d cursor for select * from customers where id = 5", "read customers: 5"],
    ["create table t as select * from customers where id = 5", "read customers: 5"],
    ["copy (select * from customers where id = 5) to stdout", "export customers: 5"],
    ["update customers set email = 'x' where id = 5", "update customers: 5"],
    ["delete from customers c where c.id in (5, 6)", "delete customers: 5 6"],
    ["insert into customers (email, id) values ('x', 5), ('y', 6)", "update customers: 5 6"],
    ["select 1 from crm.contacts where customer_id = 'C-1'", "read crm.contacts: C-1"],
  ])("%s", (text, expected) => {
    expect(said(text)).toEqual([expected]);
  });

  it("by bound parameters, when the log holds them", () => {
    expect(said("select * from customers where id = $2", ["x", "42"])).toEqual(["read customers: 42"]);
    expect(said("select * from customers where id = any($1)", ['{1,NULL,"2"}'])).toEqual([
      "read customers: 1 2",
    ]);
    expect(said("select * from customers where id in ($1, $2)", ["1", "2"])).toEqual(["read customers: 1 2"]);
    expect(said("select * from customers where id = $1::bigint", ["9"])).toEqual(["read customers: 9"]);
  });
});

describe("the exposure is unknown where the key doesn't bound the rows", () => {
  it.each([
    "select * from customers",
    "select * from customers limit 1",
    "select * from customers where id = 42 or true",
    "select * from customers where id = 42 or email like 'a%'",
    "select * from customers where not (id = 42)",
    "select * from customers where id <> 5",
    "select * from customers where id not in (5, 6)",
    "select * from customers where id >= 5 and id <= 5",
    "select * from customers where id between 5 and 5",
    "select * from customers where id = any(select 5)",
    "select * from customers where id in (select 5)",
    "select * from customers where id = all('{5}')",
    "select * from customers where id = (select 5)",
    "select * from customers where id = 2 + 3",
    "select * from customers where id = other_column",
    "select * from customers where id = null",
    "select * from customers where (id = 5) is not true",
    "select * from customers where coalesce(id = 5, true)",
    "select * from customers where case when id = 5 then true else true end",
    "select * from customers where id = 5.0",
    "select * from customers where id = '042'",
    "select * from customers where id = ' 42'",
    "select * from customers where id = '4_2'",
    "select * from customers where id = '0x2a'",
    "select * from customers where id = '1e3'",
    `select * from customers where id = '${uuid.toUpperCase()}'`,
    "select * from customers where id = 'abc'::char(2)",
    "select * from customers where id = 'abc'::citext",
    "select * from customers where id::int = 5",
    "select * from customers where lower(id) = 'x'",
    "select * from customers where id operator(mine.=) 5",
    "select * from customers c (id) where id = 5",
    "select * from (customers c join orders o on true) as j where j.id = 5",
    "select c.* from customers c left join orders o on c.id = 5",
    "select c.* from customers c full join orders o on c.id = 5",
    "select c.* from customers c join orders o on o.customer = c.id where o.id = 5",
    "select * from (select * from customers) s where s.id = 5",
    "select * from orders where customer in (select id from customers)",
    "select * from orders o where exists (select from customers c where c.id = o.customer)",
    "select * from public.customers where archive.customers.id = 5",
    "with recursive r as (select id from customers union select 1 from r) select * from r",
  ])("%s", (text) => {
    expect(said(text)).toEqual(["read customers: *"]);
  });

  it.each([
    [
      "select * from customers where id = 5 union all select * from customers",
      ["read customers: 5", "read customers: *"],
    ],
    ["select a.* from customers a, customers b where a.id = 5", ["read customers: 5", "read customers: *"]],
    [
      "select * from customers where id = 5 and email in (select email from customers)",
      ["read customers: 5", "read customers: *"],
    ],
    [
      "update customers set email = b.email from customers b where customers.id = 5",
      ["update customers: 5", "read customers: *"],
    ],
    ["with d as (delete from customers returning *) select * from d", ["delete customers: *"]],
    ["update customers set vip = true", ["update customers: *"]],
    ["delete from customers where id <> 5", ["delete customers: *"]],
    ["insert into customers values (5, 'x')", ["update customers: *"]],
    [
      "insert into customers (id) values (5) on conflict (email) do update set id = 6",
      ["update customers: *"],
    ],
    ["insert into customers (id) select 5", ["update customers: *"]],
    ["insert into archive select * from customers", ["read customers: *"]],
    ["merge into customers c using changes n on c.id = 5 when matched then delete", ["update customers: *"]],
    ["copy customers to stdout", ["export customers: *"]],
    ["copy (select * from customers) to stdout", ["export customers: *"]],
    ["copy customers from stdin", ["update customers: *"]],
    ["truncate orders, customers", ["delete customers: *"]],
    ["select * from customers where id = 5; select 1", ["read customers: *"]],
    ["select 1 from contacts where customer_id in ('a', (select 'b'))", ["read crm.contacts: *"]],
    ["select into customers from orders", []],
    ["select * from orders for update of orders", []],
    ["select * from pg_catalog.customers", []],
    ["select * from other.contacts", []],
    ["explain analyze select * from customers", []],
  ])("%s", (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it("without the parameters, or with one that the log cut off", () => {
    const text = "select * from customers where id = $1";
    for (const parameters of [null, [], [""], ["<long param suppressed>"], ["042"]])
      expect(said(text, parameters)).toEqual(["read customers: *"]);
    for (const array of ["{{1},{2}}", "{1,", "1,2", "{1,}", "{042}"])
      expect(said("select * from customers where id = any($1)", [array])).toEqual(["read customers: *"]);
  });
});

describe("a long array of parameters", () => {
  it.each([`{${" ".repeat(500_000)}"`, `{"${"a".repeat(500_000)}`, `{${"1,".repeat(250_000)}x y"}`])(
    "that is no array is given up at once",
    (array) => {
      const started = performance.now();
      expect(said("select * from customers where id = any($1)", [array])).toEqual(["read customers: *"]);
      expect(performance.now() - started).toBeLessThan(2000);
    },
  );

  it("may have quotes and blanks", () => {
    const array = '{ a b ,"c,\\"d", NULL , 7}';
    expect(said("select * from customers where id = any($1)", [array])).toEqual([
      'read customers: 7 a b c,"d',
    ]);
  });
});

describe("a statement that can't be read", () => {
  it.each([
    "select * form customers",
    "",
    "select 1\0 where",
    `select ${"(".repeat(20_000)}`,
    `select ${"1+".repeat(3000)}1`,
  ])("gives nothing or no read", (text) => {
    expect(said(text) ?? []).toEqual([]);
  });

  it("is one longer than the limit, and only that", () => {
    const text = "select * from customers where id = 42 /*";
    const padded = (length: number): string => `${text.padEnd(length - 2, "x")}*/`;
    expect(said(padded(statementBytesMax))).toEqual(["read customers: 42"]);
    expect(read(padded(statementBytesMax + 1))).toBeNull();
  });
});

describe("the row count bounds the customers", () => {
  it.each([
    ["select email from customers where country = 'de'", true],
    ["select c.email from customers c join orders o on o.customer = c.id", true],
    ["update customers set vip = true where country = 'de'", true],
    ["copy customers to stdout", true],
    ["select count(*) from customers", false],
    ["select string_agg(email, ',') from customers", false],
    ["select array(select email from customers)", false],
    ["select distinct country from customers", false],
    ["select country from customers group by country", false],
    ["select * from customers a, customers b", false],
    ["select * from orders where customer in (select id from customers)", false],
    ["select * from (select count(*) from customers) s", false],
    ["with c as (select * from customers) select 1 from c", false],
    ["update orders set x = 1 from customers", false],
    ["select 1 from customers union select 2", false],
    ["select * from customers; select * from customers", false],
  ])("%s: %s", (text, expected) => {
    expect(read(text)?.rowsBound).toBe(expected);
  });
});

describe("the fields shown", () => {
  it.each([
    ["select email from customers", "email"],
    ["select lower(email) || phone, id from customers", "email phone"],
    ["select * from customers", "email phone"],
    ["select c from customers c", "email phone"],
    ["select o.* from customers c, orders o", ""],
    ["select 1 as email from customers", ""],
    ["select (select email from orders limit 1) from customers", ""],
    ["update customers set phone = '1' where id = 1 returning email", "email phone"],
  ])("by %s are %s", (text, expected) => {
    expect([...(read(text)?.reads[0]?.fields ?? [])].sort().join(" ")).toBe(expected);
  });

  it("are those named when the import doesn't list the table's own, and unsaid for a star", () => {
    expect(read("select name, town from crm.contacts")?.reads[0]?.fields).toEqual(["name", "town"]);
    expect(read("select * from crm.contacts")?.reads[0]?.fields).toEqual([]);
    expect(read("select name from crm.contacts n, orders")?.reads[0]?.fields).toEqual([]);
  });
});

/** A condition on `id` and `x` of a row, as SQL and as what it means (SQL's three-valued logic; null is unknown). */
interface Condition {
  readonly sql: string;
  readonly holds: (row: Row) => boolean | null;
}
interface Row {
  readonly id: number | null;
  readonly x: number;
}

const compare =
  (test: (id: number) => boolean) =>
  (row: Row): boolean | null =>
    row.id === null ? null : test(row.id);
const small = fc.integer({ min: 0, max: 4 });
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  small.map((n) => ({ sql: `c.id = ${n}`, holds: compare((id) => id === n) })),
  small.map((n) => ({ sql: `'${n}' = id`, holds: compare((id) => id === n) })),
  small.map((n) => ({ sql: `c.id <> ${n}`, holds: compare((id) => id !== n) })),
  small.map((n) => ({ sql: `id < ${n}`, holds: compare((id) => id < n) })),
  fc
    .array(small, { minLength: 1, maxLength: 3 })
    .map((list) => ({ sql: `c.id in (${list.join(",")})`, holds: compare((id) => list.includes(id)) })),
  fc
    .array(small, { maxLength: 3 })
    .map((list) => ({ sql: `id = any('{${list.join(",")}}')`, holds: compare((id) => list.includes(id)) })),
  fc
    .array(small, { minLength: 1, maxLength: 3 })
    .map((list) => ({ sql: `id not in (${list.join(",")})`, holds: compare((id) => !list.includes(id)) })),
  small.map((n) => ({ sql: `x = ${n}`, holds: (row: Row) => row.x === n })),
  fc.constant({ sql: "id is null", holds: (row: Row) => row.id === null }),
  fc.boolean().map((truth) => ({ sql: String(truth), holds: () => truth })),
);
const and = (a: boolean | null, b: boolean | null): boolean | null =>
  a === false || b === false ? false : a === null || b === null ? null : true;
const not = (a: boolean | null): boolean | null => (a === null ? null : !a);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => ({
      sql: `(${a.sql} and ${b.sql})`,
      holds: (row: Row) => and(a.holds(row), b.holds(row)),
    })),
    fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => ({
      sql: `(${a.sql} or ${b.sql})`,
      holds: (row: Row) => not(and(not(a.holds(row)), not(b.holds(row)))),
    })),
    tie("condition").map((a) => ({ sql: `(not ${a.sql})`, holds: (row: Row) => not(a.holds(row)) })),
  ),
}));

const rows: readonly Row[] = [null, 0, 1, 2, 3, 4].flatMap((id) => [0, 1, 2].map((x) => ({ id, x })));

describe("whatever the condition", () => {
  it("every row that passes it has one of the keys that are claimed", () => {
    fc.assert(
      fc.property(condition, ({ sql, holds }) => {
        const keys = read(`select * from customers c where ${sql}`)?.reads[0]?.keys;
        expect(keys).toBeDefined();
        const passing = rows.filter((row) => holds(row) === true).map((row) => String(row.id));
        if (keys) expect(passing.filter((id) => !keys.has(id))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("every row of a join that comes out has one of the keys that are claimed", () => {
    const kinds = fc.constantFrom("inner", "left", "right", "full");
    fc.assert(
      fc.property(kinds, fc.boolean(), condition, fc.option(condition), (kind, first, on, where) => {
        const [left, right] = first ? ["customers c", "other"] : ["other", "customers c"];
        const text = `select * from ${left} ${kind} join ${right} on ${on.sql}${where === null ? "" : ` where ${where.sql}`}`;
        const keys = read(text)?.reads[0]?.keys;
        expect(keys).toBeDefined();
        // The other table has one row, so a customer's row is matched or comes out alone where its side is kept.
        const kept = kind === "full" || kind === (first ? "left" : "right");
        const out = rows.filter(
          (row) => (kept || on.holds(row) === true) && (where === null || where.holds(row) === true),
        );
        if (keys) expect(out.filter((row) => !keys.has(String(row.id)))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
