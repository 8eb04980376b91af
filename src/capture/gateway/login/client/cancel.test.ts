import { randomBytes, randomInt } from "node:crypto";
import { connect } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvariantError } from "../../../../base/index.ts";
import { encodeFrontend, Writer } from "../../../../wire/index.ts";
import { serversHere, startServer, type TestServer } from "../../catalog/postgres.testing.ts";
import { type Lodge, lodgeUser, openLodge } from "../lodge.testing.ts";
import { loginLimits } from "../options.ts";
import { scramVerifier } from "../scram/verifier.ts";
import { CancelKeys } from "./cancelKeys.ts";

/** A cancel's way to the server that takes until it is told to end. */
class SlowWay {
  sent = 0;
  readonly #ends: (() => void)[] = [];
  readonly send = async (stillWanted: () => boolean): Promise<void> => {
    await new Promise<void>((end) => this.#ends.push(end));
    if (stillWanted()) this.sent++;
  };
  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

describe("a session's cancel key", () => {
  it("is 4 bytes for protocol 3.0 and 32 for 3.2, and belongs to nobody else", () => {
    const keys = new CancelKeys();
    const way = new SlowWay();
    expect(keys.issue(0, way.send).key).toHaveLength(4);
    expect(keys.issue(2, way.send).key).toHaveLength(32);
    const many = Array.from({ length: 500 }, () => keys.issue(2, way.send));
    expect(new Set(many.map(({ processId }) => processId)).size).toBe(500);
    expect(new Set(many.map(({ key }) => key.toString("hex"))).size).toBe(500);
    for (const key of many) keys.release(key);
    expect(keys.size).toBe(2);
  });

  it("does nothing when it is wrong, shorter, longer, released, or nothing runs", async () => {
    const keys = new CancelKeys();
    let sent = 0;
    const key = keys.issue(2, async () => {
      sent++;
    });
    expect(await keys.request(key.processId, key.key)).toBe(true);
    key.started();
    const flipped = Buffer.from(key.key);
    flipped[31] = (flipped[31] ?? 0) ^ 1;
    for (const wrong of [
      flipped,
      key.key.subarray(0, 4),
      Buffer.concat([key.key, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ])
      expect(await keys.request(key.processId, wrong)).toBe(false);
    expect(await keys.request(key.processId + 1, key.key)).toBe(false);
    expect(sent).toBe(0);
    expect(await keys.request(key.processId, key.key)).toBe(true);
    expect(sent).toBe(1);
    keys.release(key);
    expect(await keys.request(key.processId, key.key)).toBe(false);
    await key.cancel();
    expect(sent).toBe(1);
  });

  it("that is on its way when the statement ends is given up, and the next statement waits for that", async () => {
    const keys = new CancelKeys();
    const way = new SlowWay();
    const key = keys.issue(2, way.send);
    key.started();
    const requests = [1, 2, 3].map(() => keys.request(key.processId, key.key));
    key.finished();
    expect(key.settled).not.toBe(null);
    expect(() => key.started()).toThrow(InvariantError);
    way.end();
    await Promise.all(requests);
    expect([way.sent, key.settled]).toEqual([0, null]);
    key.started();
    const again = keys.request(key.processId, key.key);
    way.end();
    await again;
    expect(way.sent).toBe(1);
  });
});

/** Asks to cancel as any client does, and waits until the gateway hangs up, as libpq does. */
function cancel(at: Lodge, processId: number, key: Buffer): Promise<void> {
  const to = new Writer();
  encodeFrontend({ from: "frontend", kind: "CancelRequest", processId, key }, to);
  const socket = connect(at.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  socket.write(to.take());
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe.each(serversHere())("cancels at $name", ({ bin }) => {
  let real: TestServer;
  let lodge: Lodge;

  beforeAll(async () => {
    real = await startServer(bin, ["max_connections = 150"]);
    const owner = await real.connect();
    await owner.query("create role desk_agent login");
    await owner.end();
    const verifier = await scramVerifier("pencil", randomBytes(16));
    lodge = await openLodge(
      {
        listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
        tls: null,
        oidc: null,
        users: new Map([["ada", lodgeUser({ name: "ada", method: { kind: "scram", verifier } })]]),
        upstream: {
          address: { kind: "tcp", host: "127.0.0.1", port: real.port },
          tls: "disable",
          ca: null,
          weak: ["trust"],
          databases: null,
          logins: new Map([["desk_agent", { password: null, certificate: null }]]),
          connectTimeMax: 20_000,
        },
        limits: loginLimits,
      },
      "desk_agent",
    );
  });
  afterAll(async () => {
    await lodge?.close();
    await real?.stop();
  });

  interface Session {
    readonly client: Client;
    /** By the network; resolves when the gateway has hung up. */
    readonly cancel: () => Promise<void>;
    /** As if the request had just been read: nothing is waited for. */
    readonly cancelNow: () => void;
  }

  async function session(): Promise<Session> {
    const client = new Client({
      host: "127.0.0.1",
      port: lodge.port,
      user: "ada",
      password: "pencil",
      database: "postgres",
    });
    client.on("error", () => undefined);
    await client.connect();
    const { processID, secretKey } = client as unknown as {
      readonly processID: number;
      readonly secretKey: number;
    };
    const key = Buffer.alloc(4);
    key.writeInt32BE(secretKey);
    const cancelNow = (): void => void lodge.door.services.cancelKeys.request(processID, key);
    return { client, cancel: () => cancel(lodge, processID, key), cancelNow };
  }

  it("end a running statement, and the session goes on", async () => {
    const { client, cancel: stop } = await session();
    const slept = client.query("select pg_sleep(30)").then(
      () => "slept",
      (error: { readonly code: string }) => error.code,
    );
    await new Promise((done) => setTimeout(done, 100));
    await stop();
    expect(await slept).toBe("57014");
    expect((await client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    await client.end();
  });

  it("a hundred at once, racing: none hits a bystander, and none hits what is sent after it has returned", async () => {
    const victims = await Promise.all(Array.from({ length: 10 }, session));
    const bystanders = await Promise.all(Array.from({ length: 10 }, session));
    const over = { yet: false };
    const watching = bystanders.map(async ({ client }) => {
      let statements = 0;
      for (; !over.yet; statements++) await client.query("select pg_sleep(0.005)");
      return statements;
    });
    let cancelled = 0;
    const racing = victims.map(async ({ client, cancel: shoot, cancelNow }, victim) => {
      for (let round = 0; round < 10; round++) {
        const seconds = round % 2 === 0 ? 1 : randomInt(0, 20) / 1000;
        const running = client
          .query("select pg_sleep($1)", [seconds])
          .catch((error: { readonly code: string }) => {
            expect(error.code).toBe("57014");
            cancelled++;
          });
        await new Promise((done) => setTimeout(done, randomInt(5, 20)));
        const wrong = cancel(lodge, randomInt(1, 2 ** 31 - 1), randomBytes(4));
        if (victim % 2 === 0) cancelNow();
        else await Promise.all([shoot(), shoot(), wrong]);
        // A cancel may come too late for its statement; the one after it must never be hit.
        const next = await running.then(() => client.query("select 'unhurt' as t, pg_sleep(0.02)"));
        expect(next.rows).toMatchObject([{ t: "unhurt" }]);
      }
    });
    await Promise.all(racing);
    over.yet = true;
    for (const statements of await Promise.all(watching)) expect(statements).toBeGreaterThan(0);
    expect(cancelled).toBeGreaterThan(20);
    for (const { client } of [...victims, ...bystanders]) await client.end();
    await expect.poll(() => lodge.door.services.cancelKeys.size).toBe(0);
  });
});
