import type { ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scramVerifier } from "../../src/capture/index.ts";
import { asOwner, type Postgres, startPostgres } from "./postgres.ts";
import { deskPassword, type ServedDesk, serveDesk } from "./serving.ts";

const key = generateKeyPairSync("ed25519");
let postgres: Postgres;
let desk: ServedDesk;
let serving: ChildProcess;
let said = "";

beforeAll(async () => {
  postgres = await startPostgres({ customers: 200, agents: 5, markers: false });
  await asOwner(postgres, [`create role desk_control login password '${postgres.agent.password}'`]);
  desk = await serveDesk(postgres, 2);
  const published = { ...(await exportJWK(key.publicKey)), kid: "k1", alg: "EdDSA" };
  writeFileSync(join(desk.data, "app-jwks.json"), JSON.stringify({ keys: [published] }));
  writeFileSync(join(desk.data, "whosaw.yaml"), `${limited(desk.yaml)}${await pool()}`);
  await begin();
}, 60_000);

afterAll(async () => {
  await desk.remove();
  await postgres.stop();
});

/** The lead may see 20 customers a day; and there are never more than twelve sessions. */
function limited(yaml: string): string {
  return yaml
    .replace("  workers: 2\n", "  workers: 2\n  limits: { sessions: 12 }\n")
    .replace(/(\n {2}lead:\n)/, "$1    quotas: { identifier: { day: 20 } }\n");
}

/** An application that acts for people by tokens, each good for one statement. */
async function pool(): Promise<string> {
  const scram = await scramVerifier(deskPassword, randomBytes(16));
  return `pools:
  deskapp:
    role: support
    actor: service-desk
    scram: "${scram}"
    tokens: { keys: { file: app-jwks.json }, issuer: deskapp, audience: whosaw, use: once }
`;
}

async function begin(): Promise<void> {
  serving = await desk.start();
  said = "";
  serving.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
}

/** The gateway processes of the serve that runs. */
function workers(): readonly number[] {
  return childrenOf(serving.pid ?? 0).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workers/worker.js"),
  );
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
}

/** A process that has ended, but that nobody has buried yet, is not there any more. */
function isThere(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** The process that holds the other end of a client's connection. */
function workerOf(client: Client): number {
  const { localPort } = (client as unknown as { connection: { stream: { localPort: number } } }).connection
    .stream;
  const hex = localPort.toString(16).toUpperCase().padStart(4, "0");
  const inodes = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[2]?.endsWith(`:${hex}`))
    .map((cells) => `socket:[${cells[9] ?? ""}]`);
  const found = workers().find((pid) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(linkOf(`/proc/${pid}/fd/${fd}`))),
  );
  if (found === undefined) throw new Error("nobody holds the connection");
  return found;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

async function several(actor: string, count: number): Promise<readonly Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) clients.push(await desk.as(actor));
  return clients;
}

async function ended(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
}

const lost = (query: Promise<unknown>): Promise<string> =>
  query.then(
    () => "answered",
    () => "lost",
  );

describe("a gateway in several processes", () => {
  it("spreads its sessions over all of them, and every read of each is in the one log", async () => {
    const clients = await several("agent-0001", 4);
    expect(new Set(clients.map(workerOf)).size).toBe(2);
    for (const [i, client] of clients.entries())
      await client.query("select count(*) from customers where id = $1", [i + 1]).catch(() => undefined);
    const lead = await desk.as("lead-1");
    await lead.query("select name from customers where id = 3");
    expect(desk.ask("customer", "3").json["sightings"]).toMatchObject([{ actor: "lead-1" }]);
    await ended([...clients, lead]);
  });

  it("lets a cancel stop a statement that runs in another process than the one it came to", async () => {
    const clients = await several("agent-0001", 3);
    const { host, port, database, owner } = postgres;
    const watcher = new Client({ host, port, database, ...owner });
    await watcher.connect();
    const isSleeping = async (): Promise<boolean> => {
      const asleep =
        "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'";
      return (await watcher.query(asleep)).rows.length > 0;
    };
    for (const client of clients) {
      const running = client.query("select pg_sleep(20)").then(
        () => "finished",
        (error: { code?: string }) => error.code,
      );
      // A cancel is a connection of its own: it goes to whoever has least to do, here not always the session's process.
      await expect.poll(isSleeping, { timeout: 10_000 }).toBe(true);
      await cancel(client);
      expect(await running).toBe("57014");
      await expect.poll(isSleeping, { timeout: 10_000 }).toBe(false);
    }
    await ended([...clients, watcher]);
  }, 60_000);

  it("holds an account to its quota over all of them, tells the client so, and remembers it over a restart", async () => {
    const leads = await several("lead-1", 2);
    expect(new Set(leads.map(workerOf)).size).toBe(2);
    const [one, two] = leads as [Client, Client];
    // Customer 3 was seen in the test before.
    expect((await one.query("select name from customers where id <= 10")).rows).toHaveLength(10);
    expect((await two.query("select name from customers where id between 11 and 20")).rows).toHaveLength(10);
    await expect(one.query("select name from customers where id = 21")).rejects.toMatchObject({
      code: "53400",
      severity: "FATAL",
    });
    expect((await two.query("select name from customers where id = 20")).rows).toHaveLength(1);
    await ended(leads);
    expect(desk.ask("customer", "21").json["sightings"]).toEqual([]);
    const gone = once(serving, "exit");
    serving.kill("SIGTERM");
    await gone;
    await begin();
    const again = await desk.as("lead-1");
    await expect(again.query("select name from customers where id = 22")).rejects.toMatchObject({
      code: "53400",
    });
    await ended([again]);
  }, 60_000);

  it("lets a token that is good once be shown once, in whichever of them", async () => {
    const clients = await several("deskapp", 2);
    expect(new Set(clients.map(workerOf)).size).toBe(2);
    const token = await new SignJWT({ jti: "once" })
      .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
      .setIssuer("deskapp")
      .setAudience("whosaw")
      .setSubject("agent-0001")
      .setIssuedAt()
      .setExpirationTime("4m")
      .sign(key.privateKey);
    const show = (client: Client | undefined): Promise<string> =>
      lost(client?.query(`set whosaw.actor_token = '${token}'`) ?? Promise.reject(new Error("nobody")));
    const shown = await Promise.all([...clients, ...clients].map(show));
    expect(shown.toSorted()).toEqual(["answered", "lost", "lost", "lost"]);
    await ended(clients);
  }, 60_000);

  it("counts sessions over all of them", async () => {
    const clients = await several("agent-0001", 12);
    await expect(desk.as("agent-0001")).rejects.toMatchObject({ code: "53300" });
    await ended(clients);
    await expect.poll(() => lost(desk.as("agent-0001").then((client) => client.end()))).toBe("answered");
  });

  it("cuts a suspended account's sessions in every process within a second", async () => {
    const clients = await several("agent-0001", 4);
    expect(new Set(clients.map(workerOf)).size).toBe(2);
    const running = clients.map((client) => lost(client.query("select pg_sleep(30)")));
    const { json, status, stderr } = desk.ask("suspend", "agent-0001", "--reason", "case 12");
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({ ended: 4, probe: { outcome: "refused", code: "28000" } });
    expect(json["millis"]).toBeLessThan(1_000);
    expect(await Promise.all(running)).toEqual(["lost", "lost", "lost", "lost"]);
    await expect(desk.as("agent-0001")).rejects.toThrow(/suspended/);
    expect(desk.ask("restore", "agent-0001", "--reason", "cleared").status).toBe(0);
    // Whichever process it comes to.
    await ended(await several("agent-0001", 4));
  });
});

describe("a gateway process that is killed", () => {
  it("takes its own sessions with it and nobody else's, is told of, and another knows everything that was in force", async () => {
    expect(desk.ask("suspend", "agent-0002", "--reason", "case 13").status).toBe(0);
    const clients = await several("agent-0001", 4);
    const [victim] = workers();
    const theirs = clients.filter((client) => workerOf(client) === victim);
    const others = clients.filter((client) => !theirs.includes(client));
    expect(theirs).toHaveLength(2);
    const broken = theirs.map((client) => lost(client.query("select pg_sleep(30)")));
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(victim ?? 0, "SIGKILL");
    expect(await Promise.all(broken)).toEqual(["lost", "lost"]);
    for (const client of others) expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await expect.poll(() => said).toMatch(/a gateway process ended \(SIGKILL\), and 2 sessions with it/);
    await expect.poll(() => workers().length, { timeout: 10_000 }).toBe(2);
    // Until it is ready, the other one is handed everybody.
    const more: Client[] = [];
    while (new Set(more.map(workerOf)).size < 2 && more.length < 8) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      more.push(await desk.as("agent-0001"));
    }
    expect(new Set(more.map(workerOf)).size).toBe(2);
    for (let i = 0; i < 4; i++) await expect(desk.as("agent-0002")).rejects.toThrow(/suspended/);
    await ended([...others, ...more]);
  }, 60_000);
});

describe("a gateway process that hangs", () => {
  it("is killed when it doesn't cut a suspended account's sessions in time: no row of theirs goes on, and another takes its place", async () => {
    const clients = await several("agent-0001", 4);
    const [victim = 0] = workers();
    const theirs = clients.filter((client) => workerOf(client) === victim);
    expect(theirs.length).toBeGreaterThan(0);
    process.kill(victim, "SIGSTOP");
    const broken = theirs.map((client) => lost(client.query("select name from customers where id = 7")));
    const { status, json, stderr } = desk.ask("suspend", "agent-0001", "--reason", "case 14");
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({ probe: { outcome: "refused", code: "28000" } });
    expect(isThere(victim)).toBe(false);
    expect(await Promise.all(broken)).toEqual(theirs.map(() => "lost"));
    await expect.poll(() => said).toMatch(/a gateway process ended \(SIGKILL\)/);
    await expect.poll(() => workers().length, { timeout: 20_000 }).toBe(2);
    for (let i = 0; i < 4; i++) await expect(desk.as("agent-0001")).rejects.toThrow(/suspended/);
    expect(desk.ask("restore", "agent-0001", "--reason", "cleared").status).toBe(0);
    await ended(clients);
  }, 60_000);

  it("doesn't keep serve from ending", async () => {
    const client = await desk.as("agent-0001");
    const victim = workerOf(client);
    process.kill(victim, "SIGSTOP");
    const gone = once(serving, "exit");
    serving.kill("SIGTERM");
    await expect.poll(() => said, { timeout: 20_000 }).toContain("stopping");
    serving.kill("SIGTERM");
    await gone;
    await expect.poll(() => isThere(victim), { timeout: 5_000 }).toBe(false);
    await ended([client]);
    await begin();
  }, 90_000);
});

describe("the recorder's process that is killed", () => {
  it("takes every gateway process with it, and what they showed is in the log", async () => {
    const clients = await several("agent-0001", 2);
    const lead = await desk.as("lead-1");
    await lead.query("select name from customers where id = 5");
    const all = workers();
    const broken = clients.map((client) => lost(client.query("select pg_sleep(30)")));
    serving.kill("SIGKILL");
    expect(await Promise.all(broken)).toEqual(["lost", "lost"]);
    await expect.poll(() => all.filter(isThere), { timeout: 5_000 }).toEqual([]);
    const { sightings } = desk.ask("customer", "5").json as { sightings: readonly { actor: string }[] };
    expect(sightings.map(({ actor }) => actor)).toContain("lead-1");
    await begin();
    await ended(await several("agent-0001", 2));
    const now = workers();
    const gone = once(serving, "exit");
    serving.kill("SIGTERM");
    await gone;
    await expect.poll(() => now.filter(isThere), { timeout: 5_000 }).toEqual([]);
    expect(desk.ask("verify", desk.data)).toMatchObject({ status: 0, json: { ok: true } });
  }, 180_000);
});

/** As libpq does it: another connection that shows the key, and waits until the server hangs up. */
async function cancel(client: Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80877102, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const socket = connect(desk.port, "127.0.0.1");
  socket.end(message);
  socket.resume();
  await once(socket, "close");
}
