import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { frame, int16, int32, type Message, say, text } from "../bytes.ts";
import { join, type RawClient } from "../client.ts";
import { finder } from "../find.ts";
import { Ledger, unrecorded } from "../oracle.ts";
import { asOwner, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";
import { type Between, same, startBetween } from "./between.ts";

/** A server, or whoever speaks in its name, that says what no PostgreSQL would: the gateway trusts its rows, not its manners. */
const desk = { customers: 40, agents: 5, seed: 1, markers: true };
const finds = finder(desk);
const ledger = new Ledger(3, 2);
let postgres: Postgres;
let between: Between;
let gateway: RunningGateway;

beforeAll(async () => {
  postgres = await startPostgres(desk);
  await asOwner(postgres, [
    "create schema elsewhere",
    "create table elsewhere.customers (id bigint, email text)",
    "create view elsewhere.pg_class as select * from pg_catalog.pg_class where false",
    "create view elsewhere.pg_namespace as select * from pg_catalog.pg_namespace where false",
    "grant usage on schema elsewhere to public",
    "grant select on all tables in schema elsewhere to public",
  ]);
  between = await startBetween(postgres);
  gateway = await startThrough({
    postgres: { ...postgres, port: between.port },
    roles: { desk_lead: wideRole },
    record: ledger.record,
  });
}, 60_000);

afterEach(() => {
  between.meddle = null;
});

afterAll(async () => {
  await gateway.stop();
  await between.stop();
  await postgres.stop();
});

const enter = async (): Promise<RawClient> =>
  join(gateway.address, postgres.lead, () => ledger.durable.length);

const wire = (client: RawClient): string =>
  Buffer.concat(client.pieces.map(({ bytes }) => bytes)).toString("latin1");

const secret = "of-nobody";
const row = frame("D", int16(1), int32(secret.length), Buffer.from(secret));
const column = (name: string, table = 0): Buffer =>
  Buffer.concat([text(name), int32(table), int16(0), int32(25), int16(-1), int32(-1), int16(0)]);
const error = (fields: string): Buffer => frame("E", Buffer.from(fields.replaceAll("|", "\0") + "\0"));
const damaged = (type: string, length: number): Buffer =>
  Buffer.concat([Buffer.from(type), int32(length), Buffer.from(secret)]);

/** Said in the server's name in front of the first message of the given type. */
const intrusions: readonly (readonly [lesson: string, before: string, said: Buffer])[] = [
  ["a row that nobody asked for", "1", row],
  ["a row after the last", "Z", row],
  ["a row with fewer columns than were described", "D", row],
  ["a description without the hidden columns", "D", frame("T", int16(1), column("email"))],
  ["a second ReadyForQuery", "2", frame("Z", Buffer.from("I"))],
  ["a ReadyForQuery in front of the rows", "D", frame("Z", Buffer.from("I"))],
  ["CopyBothResponse, as replication has it", "D", frame("W", Buffer.from([0]), int16(0))],
  ["COPY data without COPY", "D", frame("d", Buffer.from(`${secret}\n`))],
  ["a COPY that nobody began", "D", frame("H", Buffer.from([0]), int16(0))],
  ["a fast path's answer", "D", frame("V", int32(secret.length), Buffer.from(secret))],
  ["NegotiateProtocolVersion in mid-session", "D", frame("v", int32(0), int32(1), text(secret))],
  ["an authentication request in mid-session", "D", frame("R", int32(3))],
  ["a new cancel key in mid-session", "D", frame("K", int32(1), Buffer.from(secret))],
  ["a message of no known type", "D", frame("~", Buffer.from(secret))],
  ["CVE-2024-27304: a length that wraps", "D", damaged("D", -1)],
  ["a length of two gigabytes", "D", damaged("D", 0x7fff_ffff)],
  ["a length that doesn't count itself", "D", damaged("D", 3)],
  ["a row that promises more than it holds", "D", frame("D", int16(2), int32(500), Buffer.from(secret))],
  ["CVE-2026-6666: an error without a SQLSTATE", "D", error(`SERROR|M${secret}|`)],
  ["an error without any field", "D", frame("E", Buffer.from([0]))],
  ["an error for nobody", "1", error(`SERROR|VERROR|C22012|M${secret}|`)],
  ["a completion too many", "Z", frame("C", text(secret))],
];

const protectedRead = [
  say.parse("select email from customers where id = 3"),
  say.bind(),
  say.describe("P"),
  say.execute(),
  say.sync(),
];

function judge(client: RawClient, from: number): void {
  expect(unrecorded({ actor: postgres.lead.user, pieces: client.pieces, from }, ledger, finds)).toEqual([]);
}

describe("of what the server should not have said", () => {
  it.each(intrusions)("nothing is let out, and nobody else suffers: %s", async (_, before, said) => {
    const bystander = await enter();
    const from = ledger.durable.length;
    const client = await enter();
    let done = false;
    between.meddle = (message: Message) => {
      const now = !done && message.type === before;
      done ||= now;
      return now ? [said, same(message)] : [same(message)];
    };
    client.send(...protectedRead);
    await client.until("Z", 1, 5000);
    expect(done).toBe(true);
    between.meddle = null;
    if (!client.closed) await client.query("select 1");
    expect(wire(client)).not.toContain(secret);
    judge(client, from);
    expect((await bystander.query("select 1")).rows).toEqual([["1"]]);
    client.destroy();
    await bystander.end();
  });

  it.each([
    [
      "the first statement's end is left out",
      (message: Message) => (message.type === "C" ? [] : [same(message)]),
    ],
    [
      "the first statement ends twice",
      (message: Message) => (message.type === "C" ? [same(message), same(message)] : [same(message)]),
    ],
  ])("a later statement's rows are not taken for an earlier one's: %s", async (_, meddle) => {
    const from = ledger.durable.length;
    const client = await enter();
    let done = false;
    between.meddle = (message: Message) => {
      if (done) return [same(message)];
      done = message.type === "C";
      return meddle(message);
    };
    client.send(
      say.query(
        "select notes from customers where id = 3; select address from customers where id = 4; select name from customers where id = 5",
      ),
    );
    await client.until("Z", 1, 5000);
    expect(client.closed).toBe(true);
    judge(client, from);
  });

  it("notices and errors of a protected statement keep no text, and a channel that the role may not hear is silent", async () => {
    const client = await enter();
    let done = false;
    between.meddle = (message: Message) => {
      if (done || message.type !== "D") return [same(message)];
      done = true;
      const notice = frame("N", Buffer.from(`SNOTICE\0VNOTICE\0C00000\0M${secret}\0D${secret}\0\0`));
      const heard = frame("A", int32(7), text("others"), text(secret));
      const setting = frame("S", text("whosaw.hidden"), text(secret));
      return [notice, heard, setting, same(message)];
    };
    client.send(...protectedRead);
    const { rows } = await client.until("Z", 1, 5000);
    expect(rows).toHaveLength(1);
    expect(wire(client)).not.toContain(secret);
    await client.end();
  });

  it("a client that leaves while the server doesn't answer a question of the gateway's own is not waited for", async () => {
    const client = await enter();
    between.meddle = () => [];
    const { connections } = between;
    client.send(say.query("select 1"));
    // What it says meanwhile waits, and so would its farewell behind that.
    for (let times = 0; times < 20; times++) {
      client.send(say.flush());
      await sleep(10);
    }
    client.finish();
    const until = Date.now() + 10_000;
    while (between.connections >= connections && Date.now() < until) await sleep(50);
    expect(between.connections).toBeLessThan(connections);
  });

  it("a flood of settings waits at the socket for whoever doesn't read", async () => {
    const client = await enter();
    await client.query("select 1");
    let done = false;
    const flood = Buffer.concat(
      Array.from({ length: 2000 }, () => frame("S", text("application_name"), text("x".repeat(5000)))),
    );
    between.meddle = (message: Message) => {
      if (done) return [same(message)];
      done = true;
      return [...Array.from({ length: 20 }, () => flood), same(message)];
    };
    client.pause();
    client.send(say.query("select 1"));
    await new Promise((later) => setTimeout(later, 1500));
    // Two hundred megabytes were said: what was taken is in the gateway's bounds and the system's buffers.
    expect(20 * flood.length - between.untaken).toBeLessThan(30_000_000);
    client.destroy();
  });
});

describe("the field's lessons", () => {
  it("CVE-2024-27289: a negative parameter behind a minus sign stays a parameter", async () => {
    const client = await enter();
    expect((await client.extended("select 5 -$1::int", ["-1"])).rows).toEqual([["6"]]);
    await client.end();
  });

  it("CVE-2025-12819: a search_path with a catalog of its own doesn't change what the gateway's questions mean", async () => {
    const from = ledger.durable.length;
    const client = await enter();
    await client.query("set search_path = elsewhere, pg_catalog, public");
    await client.query("create temp table mine (id int)");
    const { rows } = await client.query("select email from public.customers where id = 3");
    expect(rows).toHaveLength(1);
    judge(client, from);
    await client.end();
  });

  it("a fast-path call is refused, whatever it calls", async () => {
    const client = await enter();
    client.send(say.call(2923, "select email from customers", "t", "f", ""));
    expect((await client.until("Z")).errors).toEqual(["42501"]);
    expect((await client.query("select 1")).rows).toEqual([["1"]]);
    await client.end();
  });
});
