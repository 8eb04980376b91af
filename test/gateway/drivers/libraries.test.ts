import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, pgTable, text } from "drizzle-orm/pg-core";
import { Client, Pool } from "pg";
import postgresJs from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Address } from "../client.ts";
import { type Both, startBoth } from "./both.ts";

let both: Both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(async () => both.stop());

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one)),
  );

/** Does it to both sides; errors are compared by what a driver shows of them. */
async function same(work: (address: Address) => Promise<unknown>): Promise<unknown> {
  const bare = plain(await work(both.bare));
  const mine = plain(await work(both.mine));
  expect(mine).toEqual(bare);
  return mine;
}

const login = ({
  host,
  port,
  database,
}: Address): { host: string; port: number; database: string; user: string; password: string } => ({
  host,
  port,
  database,
  ...both.postgres.lead,
});

async function withPg(address: Address, work: (client: Client) => Promise<unknown>): Promise<unknown> {
  const client = new Client(login(address));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : String(error)),
  );

describe("node-postgres", () => {
  it("reads with and without parameters, named statements, and types", async () => {
    const rows = await same(async (address) =>
      withPg(address, async (client) => [
        (
          await client.query(
            "select id, name, email, profile, aliases, born::text, created from customers order by id limit 3",
          )
        ).rows,
        (
          await client.query(
            "select c.name, t.subject from customers c join tickets t on t.customer_id = c.id where c.id = any ($1) order by t.id",
            [[1, 2, 3, 4]],
          )
        ).rows,
        (await client.query({ name: "one", text: "select email from customers where id = $1", values: [5] }))
          .rows,
        (await client.query({ name: "one", text: "select email from customers where id = $1", values: [6] }))
          .rows,
        (await client.query({ text: "select count(*)::int, max(email) from customers", rowMode: "array" }))
          .rows,
        (await client.query("select content from attachments order by id limit 2")).rows,
        (await client.query("select email as a, name as b from customers where id = 1")).fields.map(
          ({ name, dataTypeID }) => [name, dataTypeID],
        ),
      ]),
    );
    expect(JSON.stringify(rows)).toContain("mk0005xem0005z");
  });

  it("works in transactions, and goes on after errors", async () => {
    await same(async (address) =>
      withPg(address, async (client) => {
        const seen: unknown[] = [];
        await client.query("begin");
        seen.push(
          (await client.query("update tickets set priority = 5 where id = 1 returning id, priority")).rows,
        );
        seen.push(
          (
            await client.query(
              "insert into messages (ticket_id, author, body) values (1, 'agent-0001', 'hello') returning ticket_id, body",
            )
          ).rows,
        );
        seen.push(await failure(client.query("select 1 / 0")));
        seen.push(await failure(client.query("select 1")));
        await client.query("rollback");
        seen.push(await failure(client.query("select nothing from teams")));
        seen.push(await failure(client.query("selec 1")));
        seen.push((await client.query("select priority from tickets where id = 1")).rows.length);
        return seen;
      }),
    );
  });

  it("hears what is said on a channel that it may listen to", async () => {
    await same(async (address) =>
      withPg(address, async (client) => {
        const heard = new Promise((resolve) =>
          client.once("notification", ({ channel, payload }) => resolve([channel, payload])),
        );
        await client.query("listen desk_news");
        await client.query("notify desk_news, 'lunch'");
        return heard;
      }),
    );
  });

  it("takes a large row, and many", async () => {
    await same(async (address) =>
      withPg(address, async (client) => [
        (await client.query("select repeat('x', 3000000) as x")).rows.map(({ x }: { x: string }) => x.length),
        (await client.query("select n, repeat(n::text, 20) as r from generate_series(1, 20000) n")).rows
          .length,
        (
          await client.query(
            "select c.id, c.email, n from customers c, generate_series(1, 300) n order by c.id, n",
          )
        ).rows.length,
      ]),
    );
  });

  it("fills a pool and empties it", async () => {
    await same(async (address) => {
      const pool = new Pool({ ...login(address), max: 8 });
      // The gateway may be stopped before the last of them has said goodbye.
      pool.on("error", () => undefined);
      const answers = await Promise.all(
        Array.from({ length: 40 }, async (_, at) =>
          pool.query<{ email: string }>("select email from customers where id = $1", [at + 1]),
        ),
      );
      await pool.end();
      return answers.map(({ rows }) => rows);
    });
  });
});

describe("postgres.js", () => {
  it("reads, pipelines, walks a cursor, copies out, and keeps a transaction", async () => {
    await same(async (address) => {
      const sql = postgresJs({ ...login(address), max: 2, onnotice: () => undefined });
      try {
        const ids = [1, 2, 3];
        const seen: unknown[] = [
          await sql`select id, email from customers where id in ${sql(ids)} order by id`,
        ];
        seen.push(await Promise.all(ids.map(async (id) => sql`select name from customers where id = ${id}`)));
        for await (const rows of sql`select email from customers order by id limit 7`.cursor(3))
          seen.push(rows);
        seen.push(
          await sql.begin(async (inner) => {
            await inner`update tickets set priority = priority where id = ${1}`;
            return inner`select t.id, count(m.id)::int as n from tickets t join messages m on m.ticket_id = t.id group by t.id order by t.id limit 3`;
          }),
        );
        const chunks: string[] = [];
        for await (const chunk of await sql`copy kb.products to stdout`.readable())
          chunks.push(String(chunk));
        seen.push(chunks.join(""));
        return seen;
      } finally {
        await sql.end();
      }
    });
  });
});

describe("drizzle", () => {
  const customers = pgTable("customers", {
    id: bigint("id", { mode: "number" }).primaryKey(),
    name: text("name").notNull(),
    email: text("email").notNull(),
  });
  const tickets = pgTable("tickets", {
    id: bigint("id", { mode: "number" }).primaryKey(),
    customerId: bigint("customer_id", { mode: "number" }).notNull(),
    subject: text("subject").notNull(),
  });

  it("selects, joins, counts and changes", async () => {
    await same(async (address) => {
      const pool = new Pool({ ...login(address), max: 1 });
      // The gateway may be stopped before the last of them has said goodbye.
      pool.on("error", () => undefined);
      const db = drizzle(pool);
      try {
        return [
          await db
            .update(tickets)
            .set({ subject: "changed" })
            .where(eq(tickets.id, 2))
            .returning({ id: tickets.id }),
          await db.select().from(customers).where(eq(customers.id, 3)),
          await db
            .select({ name: customers.name, subject: tickets.subject })
            .from(customers)
            .leftJoin(tickets, eq(tickets.customerId, customers.id))
            .orderBy(customers.id, tickets.id)
            .limit(9),
          await db.$count(customers),
        ];
      } finally {
        await pool.end();
      }
    });
  });
});
