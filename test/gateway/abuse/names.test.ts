import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { say } from "../bytes.ts";
import { join, type RawClient } from "../client.ts";
import { finder } from "../find.ts";
import { Ledger, unrecorded } from "../oracle.ts";
import { asOwner, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";

/** What a name means at the server must be what the session's memory says: every way to make the two differ. */
const desk = { customers: 40, agents: 5, seed: 1, markers: true };
const finds = finder(desk);
let postgres: Postgres;
let gateway: RunningGateway;
const ledger = new Ledger(7, 2);

beforeAll(async () => {
  postgres = await startPostgres(desk);
  await asOwner(postgres, [
    "create schema elsewhere",
    "create table elsewhere.customers (id bigint, email text)",
    "grant usage on schema elsewhere to public",
    "grant select on elsewhere.customers to public",
    "grant create on schema public to desk_lead",
  ]);
  gateway = await startThrough({ postgres, roles: { desk_lead: wideRole }, record: ledger.record });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await postgres.stop();
});

/** What stood on record before a client came excuses nothing that it sees. */
const came = new WeakMap<RawClient, number>();

async function enter(): Promise<RawClient> {
  const client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
  came.set(client, ledger.durable.length);
  return client;
}

/** Every marker that came has its record, which stood before it came. */
function judge(client: RawClient): void {
  const heard = { actor: postgres.lead.user, pieces: client.pieces, from: came.get(client) ?? 0 };
  expect(unrecorded(heard, ledger, finds)).toEqual([]);
}

const run = (sql: string): readonly Buffer[] => [say.parse(sql), say.bind(), say.execute()];

const email = "select email from customers where id = 3";
const shadow = "create temp table customers (id bigint, email text)";

describe("a name that means something else after a transaction's end", () => {
  it.each([
    ["ROLLBACK in the same text", ["begin", shadow, "select 1", `rollback; ${email}`]],
    ["ROLLBACK TO in the same text", ["begin", "savepoint a", shadow, "select 1", `rollback to a; ${email}`]],
    [
      "COMMIT of a table that COMMIT drops",
      ["begin", `${shadow} on commit drop`, "select 1", `commit; ${email}`],
    ],
    ["the end of SET LOCAL", ["begin", "set local search_path = elsewhere", "select 1", `commit; ${email}`]],
    ["RESET ALL", ["set search_path = elsewhere", "select * from customers", "reset all", email]],
    ["RESET ALL in the same text", ["set search_path = elsewhere", "select 1", `reset all; ${email}`]],
    ["DISCARD ALL", ["set search_path = elsewhere", "select 1", "discard all", email]],
    ["DISCARD TEMP", [shadow, "select 1", "discard temp", email]],
    ["a failed text", ["begin", "set search_path = elsewhere", "select 1", "select 1/0", "rollback", email]],
  ])("is not shown unrecorded: %s", async (_, texts) => {
    const client = await enter();
    for (const text of texts) await client.query(text);
    judge(client);
    await client.query("rollback");
    expect((await client.query("select 1")).rows).toEqual([["1"]]);
    await client.end();
    const extended = await enter();
    for (const text of texts.flatMap((one) => one.split("; "))) await extended.extended(text);
    judge(extended);
    expect(extended.closed).toBe(false);
    await extended.end();
  });

  it("is not shown unrecorded when the Sync itself fails", async () => {
    const client = await enter();
    await client.query("create temp table late (id int unique deferrable initially deferred)");
    for (const [change, undone] of [
      [shadow, email],
      ["set search_path = elsewhere", email],
    ] as const) {
      client.send(
        ...run("insert into late values (1), (1)"),
        ...run(change),
        ...run("select 2"),
        say.flush(),
      );
      await client.until("C", 3);
      const answer = await client.pipeline([say.sync(), ...run(undone), say.sync()], 2);
      expect(answer.errors[0]).toBe("23505");
      judge(client);
    }
    await client.end();
  });
});
