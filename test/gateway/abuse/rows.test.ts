import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GatewayEvent } from "../../../src/capture/index.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { agentRole, wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";

let postgres: Postgres;
let gateway: RunningGateway;
const events: GatewayEvent[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ customers: 20, agents: 5 });
  gateway = await startThrough({
    postgres,
    roles: { desk_lead: wideRole, desk_agent: agentRole },
    record: async (said) => {
      events.push(...said);
      return null;
    },
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await postgres.stop();
});

async function as({ user, password }: Postgres["lead"]): Promise<Client> {
  const { host, port, database } = gateway.address;
  const client = new Client({ host, port, database, user, password });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** A row of one customer's, again and again, each so large that a batch holds about a hundred. */
const again = (rows: number, customer: number): string =>
  `select name, repeat('x', 10000) as much from customers, generate_series(1, ${rows}) where id = ${customer}`;

it("all rows of one customer are counted, however many batches they come in, and the write that tells of the last ones is the second", async () => {
  const client = await as(postgres.lead);
  const { rows } = await client.query(again(1_000, 1));
  await client.query(again(1, 2));
  await client.end();
  expect(rows).toHaveLength(1_000);
  const sightings = events.filter((event) => event.kind === "sighting");
  const told = sightings.map(({ seen }) => seen.map(({ customers }) => customers));
  expect(told).toEqual([[["1"]], [], [["2"]]]);
  expect(sightings.map((event) => event.rows)).toEqual([expect.any(Number), expect.any(Number), 1]);
  expect((sightings[0]?.rows ?? 0) + (sightings[1]?.rows ?? 0)).toBe(1_000);
});

it("the rows that a role may have of one statement are counted where they show nobody new, too", async () => {
  const client = await as(postgres.agent);
  expect((await client.query(again(500, 3))).rows).toHaveLength(500);
  await expect(client.query(again(1_000, 3))).rejects.toMatchObject({ code: "54000" });
  await client.end().catch(() => undefined);
});
