import { beforeAll, describe, expect, it } from "vitest";
import type { Protection, Role, TicketTable } from "../../../policy/index.ts";
import { unboundRole } from "../../../policy/role.testing.ts";
import type { Catalog, Relation } from "../catalog/catalog.ts";
import { isStatementRefusal, type StatementRefusal } from "../plan.ts";
import { loadParser, parseStatements, rewrite, type Rewritten } from "./index.ts";
import { givenAway } from "./keys.ts";

const table = (oid: number, name: string, columns: readonly string[]): Relation => ({
  oid,
  schema: "public",
  name,
  kind: "table",
  columns: columns.map((column) => ({ name: column, type: column === "id" ? "bigint" : "text" })),
  definition: null,
  parents: [],
  temporary: false,
  unique: [["id"]],
});

const relations = [
  table(1, "customers", ["id", "email", "phone", "added"]),
  table(2, "tags", ["id", "name"]),
  { ...table(3, "mail", ["m"]), kind: "view", definition: "SELECT email FROM public.customers" } as const,
  {
    ...table(4, "kept", ["m"]),
    kind: "materialized",
    definition: "SELECT email FROM public.customers",
  } as const,
  { ...table(5, "children", ["id", "email"]), parents: [1] },
  { ...table(6, "named", ["n"]), kind: "view", definition: "SELECT lower(name) FROM public.tags" } as const,
  table(10, "tickets", ["id", "customer", "agent", "status", "kind", "note"]),
  { ...table(8, "tags_pkey", []), kind: "index", indexOf: 2 } as const,
  { ...table(9, "customers_pkey", []), kind: "index", indexOf: 1 } as const,
  {
    ...table(7, "guarded", ["n"]),
    kind: "view",
    barrier: true,
    definition: "SELECT name FROM public.tags WHERE id > 1",
  } as const,
];

const catalog: Catalog = {
  version: "1",
  serverVersion: 180_000,
  relation: (schema, name) =>
    schema === "public" ? (relations.find((each) => each.name === name) ?? null) : null,
  byOid: (oid) => relations.find((each) => each.oid === oid) ?? null,
  resolve: (name, path) =>
    path.includes("public") ? (relations.find((each) => each.name === name) ?? null) : null,
  functionSchemas: (name) => (name === "lower" ? ["public"] : []),
  operatorSchemas: () => [],
  typeSchemas: () => [],
};

const protection: Protection = {
  tables: new Map([
    [
      "public.customers",
      {
        schema: "public",
        table: "customers",
        key: { column: "id", steps: [] },
        fields: new Map([
          ["email", { class: "contact", mask: "domain" }],
          ["phone", { class: "contact", mask: "last4" }],
        ]),
      },
    ],
  ]),
  tickets: null,
};

const role: Role = { ...unboundRole, ddl: true };

function rewriting(sql: string, as: Role = role, by = protection): Rewritten | StatementRefusal {
  const parsed = parseStatements(sql);
  if ("kind" in parsed) return parsed;
  const [statement] = parsed;
  if (statement === undefined) throw new Error("no statement");
  return rewrite(statement, { catalog, searchPath: ["public"], protection: by, role: as, actor: "ada" });
}

function served(sql: string, as: Role = role): Rewritten {
  const made = rewriting(sql, as);
  if (isStatementRefusal(made)) throw new Error(`${made.rule}: ${made.message}`);
  return made;
}

/** Hidden names in the order in which they come. */
function plain(sql: string): string {
  const names: string[] = [];
  return sql.replaceAll(/w_[0-9a-f]{18}_[0-9a-z_]+/g, (name) => {
    if (!names.includes(name)) names.push(name);
    return `w_${names.indexOf(name) + 1}`;
  });
}

const told = ({ slots }: Rewritten): unknown =>
  slots.map(({ table: name, shown, masked, probed, many }) => ({ name, shown, masked, probed, many }));

beforeAll(loadParser);

describe("a rewritten statement", () => {
  it("is the client's own text where nothing is protected", () => {
    expect(served("select  NAME from tags -- all")).toMatchObject({
      sql: "select  NAME from tags -- all",
      slots: [],
      protected: false,
    });
  });

  it("carries the customer of every row in a last column", () => {
    const made = served("select email from customers");
    expect(plain(made.sql)).toBe(
      'SELECT email, CAST(customers.id AS "pg_catalog"."text") AS w_1 FROM public.customers',
    );
    expect(told(made)).toEqual([
      { name: "public.customers", shown: ["email"], masked: [], probed: [], many: false },
    ]);
  });

  it("counts a column that the configuration doesn't name as the most private", () => {
    expect(told(served("select added from customers"))).toMatchObject([{ shown: ["added"] }]);
  });

  it("tells a field that only decided from one that was shown", () => {
    expect(served("select id from customers where phone = '1'")).toMatchObject({
      action: "search",
      slots: [{ shown: [], probed: ["phone"] }],
    });
    expect(served("select count(*) from customers where phone = '1'")).toMatchObject({
      slots: [],
      probes: [{ table: "public.customers", fields: ["phone"] }],
    });
  });

  it("shows a masked field through its mask in answers and in conditions", () => {
    const masked: Role = { ...role, show: { ...role.show, contact: "masked" } };
    const made = served("select email from customers where email like 'a%'", masked);
    expect(told(made)).toMatchObject([{ shown: [], masked: ["email"] }]);
    expect(made.sql).toContain("regexp_replace");
    expect(made.sql.match(/\bw_r\.email\b/g)?.length).toBeGreaterThan(0);
    expect(made.sql).not.toMatch(/WHERE w_r/);
  });

  it("masks what UPDATE and DELETE return, and read by", () => {
    const masked: Role = { ...role, show: { ...role.show, contact: "masked" } };
    const made = served("delete from customers where phone = '1' returning email", masked);
    expect(made.sql).not.toMatch(/RETURNING customers\.email/i);
    expect(made.sql).not.toMatch(/WHERE phone =/);
    expect(rewriting("update customers set email = lower(email)", masked)).toMatchObject({ rule: "derived" });
  });

  it("never writes a mask over what it hides", () => {
    const hidden: Role = { ...role, show: { ...role.show, contact: "hidden" } };
    expect(rewriting("update customers set email = email", hidden)).toMatchObject({ rule: "derived" });
    expect(served("update customers set email = 'ada@example.com' where id = 1", hidden).slots).toEqual([]);
  });

  it("reads a view through its query", () => {
    expect(told(served("select m from mail"))).toMatchObject([{ shown: ["email"] }]);
    expect(rewriting("select m from kept")).toMatchObject({ code: "42501", rule: "materialized" });
  });

  it("keeps what a view's functions meant when it was made", () => {
    expect(served("select n from named").sql).toContain("pg_catalog.lower(name)");
  });

  it("lets no condition see rows that a view with a security_barrier leaves out", () => {
    expect(served("select n from guarded where n = 'a'").sql).toMatch(/WHERE id > 1 OFFSET 0 \) AS guarded/);
    expect(served("select n from named where n = 'a'").sql).not.toContain("OFFSET");
  });

  it("keeps the views' names in a materialized view, and withholds nothing where tables are named that nobody protects", () => {
    const made = "create materialized view k as select n from named";
    expect(served(made).sql).toBe(made);
    expect(rewriting("create materialized view k as select m from mail")).toMatchObject({ rule: "derived" });
    for (const plainly of [
      "reindex table tags",
      "vacuum tags",
      "analyze tags (name)",
      "cluster tags",
      "reindex index tags_pkey",
    ])
      expect(served(plainly), plainly).toMatchObject({ protected: false });
    expect(rewriting("vacuum tags, unknown")).toMatchObject({ code: "42P01" });
    for (const far of [
      "reindex table customers",
      "reindex index customers_pkey",
      "vacuum",
      "vacuum tags, children",
      "reindex schema public",
    ])
      expect(served(far), far).toMatchObject({ protected: true });
  });

  it("protects a child as its parent is", () => {
    expect(told(served("select email from children"))).toMatchObject([{ name: "public.customers" }]);
  });

  it("lets nobody who is bound to tickets open one by what says whether it is open", () => {
    const tickets: TicketTable = {
      schema: "public",
      table: "tickets",
      id: "id",
      customer: { column: "customer", steps: [] },
      assignee: "agent",
      closed: null,
      open: {
        path: { column: "status", steps: [], where: [{ column: "kind", value: "case" }] },
        values: ["new"],
      },
      actor: [],
    };
    const changing = (column: string): unknown =>
      rewriting(
        `update tickets set ${column} = 'x'`,
        { ...role, ticketBound: true },
        { ...protection, tickets },
      );
    for (const column of ["customer", "agent", "status", "kind"])
      expect(changing(column), column).toMatchObject({ sql: expect.stringContaining(givenAway) });
    expect(changing("note")).toMatchObject({ sql: expect.not.stringContaining(givenAway) });
  });

  it("puts the hidden columns of COPY first", () => {
    const made = served("copy customers (id, email) to stdout with (format csv, header)");
    expect(plain(made.sql)).toMatch(/^COPY \(SELECT w_1\.w_2, w_1\.w_3 AS id, w_1\.w_4 AS email FROM/);
    expect(made).toMatchObject({ action: "export", slots: [{ shown: ["email"] }] });
    expect(rewriting("copy customers to stdout (format binary)")).toMatchObject({ rule: "copy" });
    expect(rewriting("copy customers to program 'cat'")).toMatchObject({
      rule: "copy",
      message: expect.stringMatching(/^whosaw: /),
    });
  });

  it("prepares, declares and explains what it would send", () => {
    for (const [sql, start] of [
      ["prepare p (text) as select email from customers where phone = $1", 'PREPARE "p"'],
      ["declare c cursor with hold for select email from customers", "DECLARE c"],
    ] as const) {
      const made = served(sql);
      expect(made.sql.startsWith(start)).toBe(true);
      expect(told(made)).toMatchObject([{ shown: ["email"] }]);
    }
    expect(served("explain select email from customers")).toMatchObject({ slots: [], protected: true });
  });

  it("is refused with the server's own code for what the server wouldn't know", () => {
    expect(rewriting("select 'ä' from nothing")).toMatchObject({ code: "42P01", position: 17 });
    expect(rewriting("select nothing from customers")).toMatchObject({ code: "42703", position: 8 });
    expect(rewriting("with t as (select 1) select * from t tablesample system (5)")).toMatchObject({
      code: "0A000",
    });
    expect(rewriting("select 'ä' frm a b")).toMatchObject({
      code: "42601",
      message: 'syntax error at or near "a"',
      position: 16,
    });
    // Refused by the server; here it must only come to an end.
    expect(
      served("select count(*) over w from tags window w as (order by name), w as (order by name)").slots,
    ).toEqual([]);
    // Nobody's table: the server tells it, and points at it.
    expect(served("select nothing from tags").sql).toBe("select nothing from tags");
    expect(rewriting("select from from")).toMatchObject({ code: "42601", rule: "parse" });
  });

  it("can't be made to name a hidden column", () => {
    const column = served("select email from customers").slots[0]?.column ?? "";
    expect(rewriting(`select ${column} from (select email from customers) c`)).toMatchObject({
      rule: "reserved",
    });
  });
});

describe("a statement nested too deeply", () => {
  it.each([
    ["parentheses", `select ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["negations", `select ${"not ".repeat(20_000)}true`],
    ["sums", `select 1${"+1".repeat(20_000)}`],
    ["unions", `select 1${" union select 1".repeat(5_000)}`],
    ["sub-selects", `select ${"(select ".repeat(2_000)}1${")".repeat(2_000)}`],
    ["casts", `select 1${"::int".repeat(20_000)}`],
  ])("in %s is refused, and the next one is served", (_, sql) => {
    expect(rewriting(sql)).toMatchObject({ rule: "parse" });
    expect(served("select 1").sql).toBe("select 1");
  });

  it("is not one with many values", () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => `(${index}::int, 'a' || 'b')`).join(", ");
    expect(served(`insert into tags values ${rows}`).slots).toEqual([]);
  });
});
