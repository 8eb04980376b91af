import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { agentRole, boundRole, protection, wideRole } from "./protection.ts";
import { hasPostgres, type Postgres, startPostgres } from "./postgres.ts";

async function ask(postgres: Postgres, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, database, agent } = postgres;
  const client = new Client({ host, port, database, ...agent });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

describe.each([18, 15] as const)("the help desk on PostgreSQL %i", (major) => {
  it.skipIf(!hasPostgres(major))("stands, and its agents may read and work", async () => {
    const postgres = await startPostgres({ major, customers: 50 });
    try {
      const [counted] = await ask(
        postgres,
        `select (select count(*) from customers) as customers, (select count(*) from customers_archive) as archived,
          (select count(*) from tickets) > 20 as tickets, (select count(*) from attachments) > 0 as attachments,
          (select count(*) from calls_2025) > 0 and (select count(*) from calls_2026) > 0 as calls,
          (select sum(views) from kb.article_popularity) > 0 as views,
          (select count(*) from customers c join only customers o using (id) where c.email like 'mk%') as marked,
          current_setting('server_version_num')::int / 10000 as major`,
      );
      expect(counted).toEqual({
        customers: "53",
        archived: "3",
        tickets: true,
        attachments: true,
        calls: true,
        views: true,
        marked: "50",
        major,
      });
      const [added] = await ask(
        postgres,
        "insert into tickets (customer_id, queue, subject) values (1, 'billing', 'x') returning id",
      );
      expect(Number(added?.["id"])).toBeGreaterThan(20);
      expect([wideRole, agentRole, boundRole].map(({ show }) => show.contact)).toEqual([
        "plain",
        "masked",
        "masked",
      ]);
      const columns = await ask(
        postgres,
        `select table_schema || '.' || table_name as table, column_name as name from information_schema.columns
          where table_schema = 'public' and table_name in ('customers', 'tickets', 'messages', 'attachments', 'calls')`,
      );
      const named = [...protection.tables].flatMap(([table, { fields }]) =>
        [...fields.keys()].map((field) => `${table}.${field}`),
      );
      expect(named.sort()).toEqual(
        columns.map(({ table, name }) => `${String(table)}.${String(name)}`).sort(),
      );
    } finally {
      await postgres.stop();
    }
  });
});
