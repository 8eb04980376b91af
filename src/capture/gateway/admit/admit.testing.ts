import { expect } from "vitest";
import { loadModule, type Node, parseSync } from "libpg-query";
import type { Protection, Role } from "../../../policy/index.ts";
import { unboundRole } from "../../../policy/role.testing.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { makeCatalog } from "../catalog/makeCatalog.ts";
import { isStatementRefusal, type PlanContext } from "../plan.ts";
import { admit, type Admitted } from "./index.ts";

await loadModule();

/** Statements of one text, in their order. */
export function statementsOf(sql: string): readonly Node[] {
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
}

interface Told {
  readonly relations?: readonly (readonly [
    schema: string,
    name: string,
    kind: string,
    columns: string,
    temporary?: boolean,
  ])[];
  readonly functions?: readonly (readonly [name: string, schema: string])[];
  readonly operators?: readonly (readonly [name: string, schema: string])[];
  readonly types?: readonly (readonly [name: string, schema: string])[];
}

const desk: NonNullable<Told["relations"]> = [
  ["public", "customers", "r", "id email phone full_name"],
  ["public", "tickets", "r", "id customer_id subject"],
  ["public", "scratch", "r", "id note"],
  ["public", "open_tickets", "v", "id subject"],
  ["public", "scratch_id_seq", "S", "last_value log_cnt is_called"],
  ["public", "scratch_pkey", "i", ""],
  ["public", "pgbench_history", "r", "tid bid aid delta mtime filler"],
  ["pg_temp_3", "mine", "r", "a b", true],
];

/** A catalog as a server would tell it, without a server: the tests of catalog/ see to it that servers tell it so. */
export function catalogOf(told: Told = {}): Catalog {
  const relations = told.relations ?? desk;
  const rows = relations.map(([schema, name, kind, , temporary], index): string[] => [
    String(index + 20_000),
    schema,
    name,
    kind,
    temporary === true ? "t" : "f",
    "f",
    "f",
  ]);
  const columns = relations.flatMap(([, , , names], index) =>
    names
      .split(" ")
      .filter((name) => name !== "")
      .map((name) => [String(index + 20_000), name, "text"]),
  );
  return makeCatalog({
    server: [["180004", "pg_temp_3"]],
    relations: rows,
    columns,
    views: [],
    parents: [],
    unique: [],
    references: [],
    functions: told.functions ?? [["leak", "public"]],
    operators: told.operators ?? [],
    types: told.types ?? [["mood", "public"]],
  });
}

export const agent: Role = {
  ...unboundRole,
  name: "agent",
  functions: new Set(["public.listed", "public.%%%"]),
  channels: new Set(["jobs"]),
};

const protection: Protection = {
  tables: new Map([
    [
      "public.customers",
      { schema: "public", table: "customers", key: { column: "id", steps: [] }, fields: new Map() },
    ],
  ]),
  tickets: null,
};

export function contextOf(change: Partial<PlanContext> = {}, role: Partial<Role> = {}): PlanContext {
  return {
    catalog: catalogOf(),
    searchPath: ["public"],
    protection,
    role: { ...agent, ...role },
    actor: "ada@example.com",
    ...change,
  };
}

/** The rule that refuses the (only) statement, or what it does if it is admitted. */
export function verdict(sql: string, context: PlanContext = contextOf()): string {
  const [stmt] = statementsOf(sql);
  if (stmt === undefined) throw new Error(`no statement in ${sql}`);
  const judged = admit(stmt, context);
  return isStatementRefusal(judged) ? judged.rule : `admitted: ${judged.does.kind}`;
}

export function admitted(sql: string, context: PlanContext = contextOf()): Admitted {
  const [stmt] = statementsOf(sql);
  const judged = stmt === undefined ? null : admit(stmt, context);
  if (judged === null || isStatementRefusal(judged))
    throw new Error(`not admitted: ${sql}: ${judged?.message ?? ""}`);
  return judged;
}

/** Statements and what is said of each. */
export function verdicts(
  expected: Readonly<Record<string, string>>,
  context: PlanContext = contextOf(),
): void {
  for (const [sql, said] of Object.entries(expected)) expect(verdict(sql, context), sql).toBe(said);
}
