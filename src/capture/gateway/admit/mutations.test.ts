import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { assert, constantFrom, integer, oneof, property } from "fast-check";
import type { Node } from "libpg-query";
import { describe, expect, it } from "vitest";
import { isStatementRefusal } from "../plan.ts";
import { contextOf, statementsOf } from "./admit.testing.ts";
import { admit } from "./index.ts";
import { nodeKinds } from "./lists/nodes.ts";
import { isFields } from "./tree.ts";

const seeds: readonly Node[] = [
  ...statementsOf(
    readFileSync(resolve(import.meta.dirname, "../../../../testdata/statements/drivers.sql"), "utf8"),
  ),
  ...statementsOf(`
    select (c).email, row_number() over w, array[1, 2], json_object('a': c.id), xmlelement(name x, c.phone)
      from customers c left join lateral (select * from tickets t where t.customer_id = c.id) t on true
      where c.id in (select customer_id from tickets) group by grouping sets ((1), ()) having count(*) > 1
      window w as (partition by c.id order by c.email) order by 1 limit 5 for update of c;
    with recursive x as (select 1 as n union all select n + 1 from x) cycle n set looped using path select * from x;
    insert into scratch (note) values ('a') on conflict (id) do update set note = excluded.note returning old.id;
    merge into scratch s using tickets t on s.id = t.id when matched then update set note = 'x' when not matched then do nothing;
    create temp table x (a int primary key default 1, b text check (b <> ''), exclude using gist (a with =)) partition by range (a);
    copy (select * from customers) to stdout (format csv, force_quote (a));
    declare c cursor with hold for select * from json_table('[]', '$[*]' columns (a int path '$')) t;
  `),
];

/** Every object and list in the tree: where something may be put in the place of what is there. */
function places(value: unknown, found: object[] = []): object[] {
  if (typeof value !== "object" || value === null) return found;
  found.push(value);
  for (const held of Object.values(value)) places(held, found);
  return found;
}

const strange = oneof(
  constantFrom<unknown>(
    null,
    [],
    {},
    0,
    "",
    -1,
    true,
    undefined,
    [[[]]],
    [null],
    { Surprise: {} },
    { FuncCall: {} },
    { FuncCall: { funcname: [{ String: { sval: "leak" } }] } },
    { RangeVar: { relname: "pg_stats" } },
    { A_Expr: { name: "x" } },
    { TypeCast: { typeName: 5 } },
    { SelectStmt: { targetList: {} } },
    { CreateFunctionStmt: {} },
    { __proto__: null, constructor: {} },
    { ColumnRef: { fields: [{ Integer: { ival: 1 } }] } },
    "x".repeat(5_000),
  ),
  integer(),
);

describe("a tree that no parser made", () => {
  it("is judged without throwing, whatever stands in it", () => {
    assert(
      property(
        integer({ min: 0, max: seeds.length - 1 }),
        integer({ min: 0, max: 100_000 }),
        integer({ min: 0, max: 20 }),
        strange,
        (seed, at, member, value) => {
          const tree = structuredClone(seeds[seed]);
          const all = places(tree);
          const target = all[at % all.length];
          const keys = Object.keys(target ?? {});
          if (target !== undefined)
            Reflect.set(target, keys[member % (keys.length + 1)] ?? "surprise", value);
          if (tree !== undefined) expect(admit(tree, contextOf())).toHaveProperty("kind");
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("is refused wherever a node of no known kind, or an unknown field, is put", () => {
    let tried = 0;
    for (const seed of seeds) {
      const count = places(structuredClone(seed)).length;
      for (let at = 0; at < count; at += 7) {
        const tree = structuredClone(seed);
        const place = places(tree)[at];
        if (!isFields(place)) continue;
        const [only, ...more] = Object.keys(place);
        // The object that holds a node's name, and nothing else: its node becomes an unknown one.
        if (only === undefined || more.length > 0 || !nodeKinds.has(only)) continue;
        Reflect.set(place, "Surprise", Reflect.get(place, only));
        Reflect.deleteProperty(place, only);
        tried += 1;
        const judged = admit(tree, contextOf());
        expect(isStatementRefusal(judged), JSON.stringify(tree).slice(0, 200)).toBe(true);
      }
    }
    expect(tried).toBeGreaterThan(400);
  });

  it("is left as it was", () => {
    for (const seed of seeds) {
      const before = JSON.stringify(seed);
      admit(seed, contextOf());
      expect(JSON.stringify(seed)).toBe(before);
    }
  });

  it("is refused when it is deeper than can be walked", () => {
    let deep: unknown = { A_Const: { ival: { ival: 1 } } };
    for (let level = 0; level < 50_000; level += 1)
      deep = { NullTest: { arg: deep, nulltesttype: "IS_NULL" } };
    const judged = admit({ SelectStmt: { whereClause: deep } } as Node, contextOf());
    expect(isStatementRefusal(judged) && judged.code).toBe("54001");
  });
});
