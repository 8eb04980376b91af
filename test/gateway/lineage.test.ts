import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadParser } from "../../src/capture/gateway/sql/index.ts";
import { hasPostgres, type Postgres, startPostgres } from "./postgres.ts";
import { wideRole, agentRole, boundRole } from "./protection.ts";
import { compare, type Desk, openDesk } from "./rewritten.ts";

/** Statements with one empty line between them; a first line of `-- refused` says that whosaw won't. */
const cases = readFileSync(new URL("statements.sql", import.meta.url), "utf8")
  .split(/\n\s*\n/)
  .map((text) => text.trim())
  .filter((text) => text !== "" && !text.startsWith("---"));

describe.each([18, 15] as const)("statements on PostgreSQL %i", (major) => {
  let postgres: Postgres;
  let desk: Desk;

  beforeAll(async () => {
    await loadParser();
    postgres = await startPostgres({ major });
    desk = await openDesk(postgres);
  }, 120_000);

  afterAll(async () => {
    await desk.client.end();
    await postgres.stop();
  });

  it.skipIf(!hasPostgres(major)).each([
    ["masked", agentRole],
    ["bound to tickets", boundRole],
  ] as const)("to a reader %s show nothing that isn't told", async (_, role) => {
    for (const sql of cases)
      expect({ sql, problems: (await compare(desk, sql, role)).problems }).toEqual({ sql, problems: [] });
  });

  it.skipIf(!hasPostgres(major)).each(cases)("%s", async (sql) => {
    const result = await compare(desk, sql, wideRole);
    const why = result.refusal === null ? null : `${result.refusal.rule}: ${result.refusal.message}`;
    expect({ sql: result.rewritten, error: result.rewrittenError, problems: result.problems, why }).toEqual({
      sql: result.rewritten,
      error: null,
      problems: [],
      why: sql.startsWith("-- refused") ? expect.stringContaining(":") : null,
    });
  });
});
