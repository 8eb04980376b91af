import { beforeAll, expect, it } from "vitest";
import type { Role } from "../../../policy/index.ts";
import type { PlanContext } from "../plan.ts";
import { loadParser } from "../sql/index.ts";
import { planner } from "./planner.ts";

beforeAll(loadParser);

it("refuses a statement that a defect keeps it from reading, and reads the next", () => {
  let broken = true;
  const context = {
    catalog: {
      version: "1",
      serverVersion: 180000,
      relation: () => null,
      byOid: () => null,
      resolve: () => {
        if (broken) throw new TypeError("undefined is not a table");
        return null;
      },
      functionSchemas: () => [],
      operatorSchemas: () => [],
      typeSchemas: () => [],
    },
    searchPath: ["public"],
    protection: { tables: new Map(), tickets: null },
    role: { name: "agent", functions: new Set(), channels: new Set() } as unknown as Role,
    actor: "agent-0417",
  } as PlanContext;
  const plan = planner();
  expect(plan("select * from tickets", context)).toMatchObject({ kind: "statement_refusal", rule: "defect" });
  broken = false;
  expect(plan("select * from others", context)).toMatchObject({ kind: "statement_refusal", code: "42P01" });
  expect(plan("select 1", context)).toHaveLength(1);
});
