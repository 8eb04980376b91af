import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "../client.ts";
import { asOwner, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";

/** Somebody who has dropped a view and doesn't commit: its text can't be had until they do, and the gateway must not wait for them. */
let postgres: Postgres;
let gateway: RunningGateway;
const troubles: string[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ customers: 20, agents: 5 });
  await asOwner(postgres, [
    "create view scratch.held as select id from customers",
    "grant select on scratch.held to public",
  ]);
  gateway = await startThrough({
    postgres,
    roles: { desk_lead: wideRole },
    record: async () => null,
    onTrouble: (what) => troubles.push(what),
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await postgres.stop();
});

it("while a view that somebody drops is locked, sessions begin and read, and what is new is refused until it can be looked at", async () => {
  const before = await join(gateway.address, postgres.lead);
  const changing = await join(gateway.address, postgres.lead);
  await changing.query("create temp table mine (id int)");
  const dropping = await join(postgres, postgres.owner);
  await dropping.query("begin");
  await dropping.query("drop view scratch.held");
  await asOwner(postgres, [
    "create table scratch.newcomer (id int)",
    "grant select on scratch.newcomer to public",
  ]);
  const read = "select name from customers where id = 1";
  const begun = await join(gateway.address, postgres.lead);
  for (const client of [before, begun]) expect((await client.query(read)).rows).toHaveLength(1);
  for (const client of [before, begun]) {
    expect((await client.query("select id from scratch.newcomer")).errors).toEqual(["55P03"]);
    expect((await client.query(read)).rows).toHaveLength(1);
  }
  // Its own table makes it look for itself.
  expect((await changing.query(read)).errors).toEqual(["55P03"]);
  await dropping.query("rollback");
  for (const client of [before, begun, changing]) {
    expect((await client.query("select id from scratch.newcomer")).errors).toEqual([]);
    expect((await client.query(read)).rows).toHaveLength(1);
    await client.end();
  }
  expect(troubles.every((what) => what.includes("55P03"))).toBe(true);
  await dropping.end();
}, 60_000);

it("a session that begins where nobody has looked yet is told to come again", async () => {
  const dropping = await join(postgres, postgres.owner);
  await dropping.query("begin");
  await dropping.query("drop view scratch.held");
  const fresh = await startThrough({ postgres, roles: { desk_lead: wideRole }, record: async () => null });
  await expect(join(fresh.address, postgres.lead)).rejects.toThrow(/08006/);
  await dropping.query("rollback");
  const client = await join(fresh.address, postgres.lead);
  expect((await client.query("select id from scratch.held where id = 1")).rows).toHaveLength(1);
  await client.end();
  await dropping.end();
  await fresh.stop();
}, 60_000);
