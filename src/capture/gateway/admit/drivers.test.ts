import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadModule, parseSync } from "libpg-query";
import { describe, expect, it } from "vitest";
import { isStatementRefusal, type PlanContext } from "../plan.ts";
import { contextOf } from "./admit.testing.ts";
import { admit } from "./index.ts";

await loadModule();
const folder = resolve(import.meta.dirname, "../../../../testdata/statements");

/** Why statements of the file are refused, each with its own beginning. */
function refusals(file: string, context: PlanContext): readonly string[] {
  const text = readFileSync(resolve(folder, file));
  return (parseSync(text.toString("utf8")).stmts ?? []).flatMap(({ stmt, stmt_location, stmt_len }) => {
    const judged = stmt === undefined ? null : admit(stmt, context);
    if (judged === null || !isStatementRefusal(judged)) return [];
    const start = stmt_location ?? 0;
    const source = text
      .subarray(start, start + (stmt_len ?? 200))
      .toString("utf8")
      .trim();
    return [`${judged.rule}: ${judged.message} ${source.slice(0, 160)}`];
  });
}

describe("what clients send by themselves", () => {
  it.each(["pg_dump.sql", "drivers.sql"])("is admitted: %s", (file) => {
    expect(refusals(file, contextOf())).toEqual([]);
  });

  it("is admitted but for psql's \\deu, which shows passwords, and \\dconfig, which shows any setting", () => {
    expect(refusals("psql.sql", contextOf()).map((refusal) => refusal.split(":")[0])).toEqual([
      "system_relation",
      "setting_read",
    ]);
  });
});
