import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadParser } from "../../src/capture/gateway/sql/index.ts";
import { hasPostgres, type Postgres, startPostgres } from "./postgres.ts";
import { wideRole, agentRole, boundRole } from "./protection.ts";
import { seededRandom } from "../../src/base/index.ts";
import { Maker } from "./randomSelects.ts";
import { compare, type Desk, openDesk } from "./rewritten.ts";

/** Statements with one empty line between them; a first line of `-- refused` says that whosaw won't, `-- any` that it may answer other rows each time. */
const cases = readFileSync(new URL("statements.sql", import.meta.url), "utf8")
  .split(/\n\s*\n/)
  .map((text) => text.trim())
  .filter((text) => text !== "" && !text.startsWith("---"));

/** Statements for each role and server; `WHOSAW_RANDOM_SELECTS` asks for more. */
const randomStatements = Number(process.env["WHOSAW_RANDOM_SELECTS"] ?? 60);

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

  it.skipIf(!hasPostgres(major)).each([
    [1, wideRole],
    [2, agentRole],
    [3, boundRole],
  ] as const)(
    "made at random with seed %i show nothing that isn't told",
    async (seed, role) => {
      const maker = new Maker(seededRandom(seed));
      await desk.client.query("set statement_timeout = '2s'");
      const sums = { served: 0, refused: 0, failed: 0, named: 0, seen: 0 };
      for (let made = 0; made < randomStatements; made++) {
        const sql = maker.statement();
        const result = await compare(desk, sql, role, true);
        expect({ sql, problems: result.problems }).toEqual({ sql, problems: [] });
        if (result.refusal !== null) sums.refused += 1;
        else if (result.rewrittenError !== null || result.originalError !== null) sums.failed += 1;
        else sums.served += 1;
        sums.named += result.named;
        sums.seen += result.seen;
      }
      // A test that shows nothing proves nothing.
      expect(sums.seen).toBeGreaterThan(0);
      // Over-recording and refusals are allowed, and their rates are told.
      console.log(`${role.name} on ${major}: ${JSON.stringify(sums)}`);
      expect(sums.served).toBeGreaterThan(randomStatements * (role === wideRole ? 0.8 : 0.5));
    },
    300_000,
  );

  it.skipIf(!hasPostgres(major)).each(cases)("%s", async (sql) => {
    const result = await compare(desk, sql, wideRole, sql.startsWith("-- any"));
    const why = result.refusal === null ? null : `${result.refusal.rule}: ${result.refusal.message}`;
    expect({ sql: result.rewritten, error: result.rewrittenError, problems: result.problems, why }).toEqual({
      sql: result.rewritten,
      error: null,
      problems: [],
      why: sql.startsWith("-- refused") ? expect.stringContaining(":") : null,
    });
  });
});
