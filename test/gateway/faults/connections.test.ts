import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { frame, int32, say, text } from "../bytes.ts";
import { dial, join, type RawClient } from "../client.ts";
import { type Both, startBoth } from "../drivers/both.ts";
import { finder } from "../find.ts";
import { unrecorded } from "../oracle.ts";

let both: Both;
const finds = finder({ customers: 40, agents: 5, seed: 1, markers: true });
const open: RawClient[] = [];
beforeAll(async () => {
  both = await startBoth();
});
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
  // Whatever was done to it, the gateway goes on serving others.
  const other = await join(both.mine, both.postgres.lead);
  const { rows } = await other.query("select name from teams where id = 1");
  expect(rows).toEqual([["First line"]]);
  await other.end();
});
afterAll(async () => both.stop());

const durable = (): number => both.ledger.durable.length;

async function login(more: readonly (readonly [string, string])[] = []): Promise<RawClient> {
  const client = await join(both.mine, both.postgres.lead, durable, more);
  open.push(client);
  return client;
}

async function stranger(): Promise<RawClient> {
  const client = await dial(both.mine, durable);
  open.push(client);
  return client;
}

const heard = (client: RawClient, from: number): Parameters<typeof unrecorded>[0] => ({
  actor: both.postgres.lead.user,
  from,
  pieces: client.pieces,
});

describe("a startup packet is refused (48, 50)", () => {
  const { user, database } = { user: "desk_lead", database: "helpdesk" };
  it.each([
    [
      "that names its user twice",
      [
        ["user", user],
        ["user", "owner"],
        ["database", database],
      ],
    ],
    [
      "that asks for replication",
      [
        ["user", user],
        ["database", database],
        ["replication", "database"],
      ],
    ],
    [
      "that sets what a statement couldn't",
      [
        ["user", user],
        ["database", database],
        ["options", "-c standard_conforming_strings=off"],
      ],
    ],
    [
      "that sets the setting itself",
      [
        ["user", user],
        ["database", database],
        ["standard_conforming_strings", "off"],
      ],
    ],
    [
      "that names a role",
      [
        ["user", user],
        ["database", database],
        ["role", "owner"],
      ],
    ],
    [
      "of a user whom nobody knows",
      [
        ["user", "owner"],
        ["database", database],
      ],
    ],
    ["without a user", [["database", database]]],
  ] as const)("%s", async (_, parameters) => {
    const client = await stranger();
    client.send(say.startup(parameters));
    const answer = await client.until("E", 1, 5000).catch(() => null);
    const kinds = client.messages.map(({ type, body }) => type + (type === "R" ? body.readInt32BE(0) : ""));
    // An unknown user is asked for a password like any other; what it is asked for can't be given.
    if (answer === null) expect(kinds).toEqual(["R10"]);
    expect(kinds).not.toContain("R0");
  });
});

describe("bytes that aren't the protocol end the session, cleanly (53)", () => {
  it.each([
    ["a length of 3", Buffer.from([0, 0, 0, 3])],
    ["a length of 0x7fffffff", Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
    ["a negative length", Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
    ["a web browser's", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    [
      "an SSLRequest with something behind it",
      Buffer.concat([say.ssl(), say.startup([["user", "desk_lead"]])]),
    ],
    ["a protocol of the future", frame("", int32(0x40000), text("user"), text("x"), Buffer.from([0]))],
  ])("before the login: %s", async (_, bytes) => {
    const client = await stranger();
    client.send(bytes);
    await client.listen(1500);
    expect(client.messages.map(({ type }) => type)).not.toContain("Z");
    expect(client.closed || client.messages.every(({ type }) => "ENvS".includes(type))).toBe(true);
  });

  it.each([
    ["an unknown type", frame("~", text("x"))],
    ["a length of 3", Buffer.from([0x51, 0, 0, 0, 3])],
    ["a length of 0x7fffffff", Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff])],
    ["a NUL inside a query", frame("Q", Buffer.from("select 1\0 from customers\0"))],
    ["a query without an end", frame("Q", Buffer.from("select 1"))],
    ["a Bind that promises more than it holds", frame("B", text(""), text(""), Buffer.from([0, 0, 0, 9]))],
    ["a Describe of neither", frame("D", Buffer.from("X"), text(""))],
    ["a server's message", frame("D", Buffer.from([0, 1, 0, 0, 0, 1, 65]))],
    ["bytes that aren't UTF-8", frame("Q", Buffer.from([0x73, 0xff, 0xfe, 0]))],
    ["COPY data out of nowhere", say.copyData(Buffer.from("x\n"))],
  ])("after the login: %s", async (_, bytes) => {
    const client = await login();
    client.send(bytes, say.sync());
    await client.listen(1000);
    // COPY's messages are ignored outside of COPY, as the server does; the rest is an error.
    const types = client.messages.map(({ type }) => type).slice(1);
    expect(types.includes("E") || types.at(-1) === "Z").toBe(true);
    expect(finds.inAll(Buffer.concat(client.pieces.map((piece) => piece.bytes)))).toEqual([]);
  });

  it("whatever they are: 300 sessions with a damaged byte each", async () => {
    const whole = Buffer.concat([
      say.parse("select email from customers where id = 3"),
      say.bind(),
      say.describe("P"),
      say.execute(),
      say.sync(),
    ]);
    for (let at = 0; at < 300; at += 10) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, near) => {
          const from = durable();
          const client = await login();
          const bytes = Buffer.from(whole);
          const place = ((at + near) * 7) % bytes.length;
          bytes[place] = (bytes[place]! + 1 + ((at + near) % 250)) % 256;
          client.send(bytes);
          await client.until("Z", 1, 400).catch(() => null);
          client.destroy();
          await both.ledger.settled();
          expect(unrecorded(heard(client, from), both.ledger, finds), `byte ${place}`).toEqual([]);
        }),
      );
    }
  });
});

describe("a client that doesn't keep to the usual", () => {
  const many = "select c.id, c.email, n, repeat('x', 200) from customers c, generate_series(1, 2000) n";

  it("cancels in mid-result: what was delivered is recorded (52)", async () => {
    const from = durable();
    const client = await login();
    client.send(say.query(many));
    await client.until("D", 100);
    const canceller = await stranger();
    canceller.send(say.cancel(client.key!.pid, client.key!.secret));
    const { errors } = await client.until("Z");
    expect(["57014", undefined]).toContain(errors[0]);
    await both.ledger.settled();
    expect(unrecorded(heard(client, from), both.ledger, finds)).toEqual([]);
  });

  it("cancels with another's secret: nothing happens", async () => {
    const client = await login();
    client.send(say.query("select pg_backend_pid(), repeat('x', 10) from generate_series(1, 200000)"));
    const canceller = await stranger();
    canceller.send(say.cancel(client.key!.pid, Buffer.alloc(client.key!.secret.length, 1)));
    const { errors, tags } = await client.until("Z");
    expect(errors).toEqual([]);
    expect(tags).toEqual(["SELECT 200000"]);
  });

  it("races a hundred cancels against short statements: no one else's statement is hit", async () => {
    const [hit, spared] = [await login(), await login()];
    let spareErrors = 0;
    for (let round = 0; round < 100; round++) {
      hit.send(say.query("select 1"));
      const canceller = await stranger();
      canceller.send(say.cancel(hit.key!.pid, hit.key!.secret));
      const [, other] = await Promise.all([hit.until("Z"), spared.query("select name from teams")]);
      spareErrors += other.errors.length;
      canceller.destroy();
    }
    expect(spareErrors).toBe(0);
  });

  it("reads slowly: the gateway waits, without keeping it all", async () => {
    const from = durable();
    const client = await login();
    client.pause();
    const before = process.memoryUsage().rss;
    client.send(say.query(`${many}, generate_series(1, 4) m`));
    await sleep(1500);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    client.destroy();
    await both.ledger.settled();
    expect(unrecorded(heard(client, from), both.ledger, finds)).toEqual([]);
  });

  it("says goodbye with its half of the line: what it asked before is answered or cut, and recorded", async () => {
    const from = durable();
    const client = await login();
    client.send(say.query("select email from customers where id < 9"));
    client.finish();
    await client.listen(1500);
    await both.ledger.settled();
    expect(unrecorded(heard(client, from), both.ledger, finds)).toEqual([]);
    expect(client.closed).toBe(true);
  });

  it("disappears in the middle of a message", async () => {
    const client = await login();
    client.send(say.query("select 1").subarray(0, 7));
    await sleep(50);
    client.destroy();
    const socket = connect(both.mine.port, both.mine.host);
    socket.on("error", () => undefined);
    await sleep(50);
    socket.destroy();
  });
});

describe("when nothing can be recorded", () => {
  afterEach(() => {
    both.ledger.broken = false;
    both.ledger.stalled = null;
  });

  it("nothing of a customer is let out, and what is nobody's still may be", async () => {
    const client = await login();
    both.ledger.broken = true;
    client.send(say.query("select email from customers where id = 3"));
    await client.until("ZE", 1, 5000).catch(() => null);
    await client.listen(300);
    expect(finds.inAll(Buffer.concat(client.pieces.map((piece) => piece.bytes)))).toEqual([]);
    both.ledger.broken = false;
  });

  it("a stalled recorder stalls the rows, and they come when it goes on", async () => {
    const from = durable();
    const client = await login();
    const stall = new EventEmitter();
    both.ledger.stalled = once(stall, "over").then(() => undefined);
    client.send(say.query("select email from customers where id < 6"));
    await client.listen(800);
    expect(finds.inAll(Buffer.concat(client.pieces.map((piece) => piece.bytes)))).toEqual([]);
    both.ledger.stalled = null;
    stall.emit("over");
    await client.until("Z");
    await both.ledger.settled();
    expect(finds.inAll(Buffer.concat(client.pieces.map((piece) => piece.bytes)))).toHaveLength(5);
    expect(unrecorded(heard(client, from), both.ledger, finds)).toEqual([]);
  });
});
