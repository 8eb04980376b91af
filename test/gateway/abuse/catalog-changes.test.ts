import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join, type RawClient } from "../client.ts";
import { Ledger } from "../oracle.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";

/** Views that others make and drop without a pause, while sessions of the gateway look up what names mean. */
const ledger = new Ledger(1, 0);
const troubles: string[] = [];
const others: RawClient[] = [];
let postgres: Postgres;
let gateway: RunningGateway;
let changing: Promise<unknown>;
const until = new AbortController();

async function change(client: RawClient, name: string): Promise<void> {
  while (!until.signal.aborted) {
    await client.query(`create view scratch.${name} as select 1 as x`);
    await client.query(`drop view scratch.${name}`);
  }
}

beforeAll(async () => {
  postgres = await startPostgres();
  gateway = await startThrough({
    postgres,
    roles: { desk_lead: wideRole },
    record: ledger.record,
    onTrouble: (what) => troubles.push(what),
  });
  others.push(await join(postgres, postgres.lead), await join(postgres, postgres.lead));
  changing = Promise.all(others.map((client, at) => change(client, `of_others_${at}`)));
}, 60_000);

afterAll(async () => {
  until.abort();
  await changing;
  for (const client of others) client.destroy();
  await gateway.stop();
  await postgres.stop();
});

describe("while views come and go", () => {
  it.each([
    ["with tables of its own", ["create temp table mine (id int)"]],
    ["in a transaction", ["create temp table mine (id int)", "begin"]],
    ["with the catalog that all share", []],
  ])(
    "a session %s is served as ever",
    async (_, first) => {
      const client = await join(gateway.address, postgres.lead);
      for (const sql of first) await client.query(sql);
      const status = first.includes("begin") ? "T" : "I";
      for (let times = 0; times < 25; times++) {
        const answer = await client.extended("select email from customers where id = 3");
        expect([answer.errors, answer.rows.length, client.closed]).toEqual([[], 1, false]);
        expect(answer.messages.at(-1)?.body.toString()).toBe(status);
        // A name that nobody knows is looked for again.
        if (status === "I") expect((await client.query("select 1 from nowhere")).errors).toEqual(["42P01"]);
      }
      await client.end();
      expect(troubles).toEqual([]);
    },
    60_000,
  );
});
