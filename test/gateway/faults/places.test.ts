import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { say } from "../bytes.ts";
import { join, RawClient } from "../client.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres({ customers: 5, agents: 2 });
}, 60_000);
afterAll(async () => postgres.stop());

const record = async (): Promise<null> => null;

describe("a gateway with room for three sessions", () => {
  it("takes three and not a fourth, and the next when one has left", async () => {
    const { lead } = postgres;
    const limits = { sessionsMax: 3 };
    const gateway = await startThrough({ postgres, roles: { desk_lead: wideRole }, record, limits });
    const enter = (): Promise<RawClient> => join(gateway.address, lead);
    const inside = [await enter(), await enter(), await enter()];
    await expect(enter()).rejects.toThrow("53300");
    await inside.pop()?.end();
    await expect.poll(async () => enter().then((client) => inside.push(client), String)).toBe(3);
    await expect(enter()).rejects.toThrow("53300");
    for (const client of inside) expect((await client.query("select 1")).rows).toEqual([["1"]]);
    await Promise.all(inside.map((client) => client.end()));
    await gateway.stop();
  });

  it("keeps the place of who hung up at once until the connection to the server is over too", async () => {
    const { lead, port } = postgres;
    const limits = { sessionsMax: 3 };
    const gateway = await startThrough({ postgres, roles: { desk_lead: wideRole }, record, limits });
    // Many come and go faster than the server lets anybody in: it never has more than three of them, and all places come back.
    let most = 0;
    const watcher = await join({ host: "127.0.0.1", port, database: "helpdesk" }, postgres.agent);
    const rude = Array.from({ length: 40 }, async () => {
      const client = new RawClient(connect(gateway.address.port, "127.0.0.1"), () => 0);
      await client.login(lead, "helpdesk", []).catch(() => null);
      client.send(say.terminate());
      client.destroy();
    });
    for (let times = 0; times < 20; times++) {
      const { rows } = await watcher.query(
        "select count(*) from pg_stat_activity where usename = 'desk_lead' and backend_type = 'client backend'",
      );
      most = Math.max(most, Number(rows[0]?.[0]));
    }
    await Promise.all(rude);
    expect(most).toBeLessThanOrEqual(3 + 1);
    const inside: RawClient[] = [];
    await expect
      .poll(async () => join(gateway.address, lead).then((client) => inside.push(client), String))
      .toBe(3);
    await Promise.all([watcher.end(), ...inside.map((client) => client.end())]);
    await gateway.stop();
  });
});
