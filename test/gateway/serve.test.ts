import type { ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReader } from "../../src/record/index.ts";
import { good } from "../../src/serve/live/fixture.testing.ts";
import { asOwner, type Postgres, startPostgres } from "./postgres.ts";
import { type ServedDesk, serveDesk } from "./serving.ts";

let postgres: Postgres;
let desk: ServedDesk;
let serving: ChildProcess;
let yaml = "";

beforeAll(async () => {
  postgres = await startPostgres({ customers: 200, agents: 5, markers: false });
  await asOwner(postgres, [
    `create role desk_control login password '${postgres.agent.password}'`,
    `create role desk_revoker login createrole password '${postgres.agent.password}'`,
    `create role ann_at_the_server login password '${postgres.agent.password}'`,
    "grant ann_at_the_server to desk_revoker with admin option",
    "grant pg_signal_backend to desk_revoker",
    "update tickets set closed_at = now() where assignee_id = 'agent-0002'",
    "insert into tickets (customer_id, assignee_id, queue, status, subject) values (7, 'agent-0001', 'email', 'open', 'slow')",
  ]);
  desk = await serveDesk(postgres);
  const script = `require("fs").appendFileSync(process.argv[1], require("fs").readFileSync(0))`;
  const command = [process.execPath, "-e", script, join(desk.data, "alarms")];
  yaml = desk.yaml
    .replace("  upstream:\n", `  alarm: { command: ${JSON.stringify(command)} }\n  upstream:\n`)
    .replace(/(\n {4}control: \{[^}]*) \}/, "$1, revoker: desk_revoker }")
    .replace(
      /(\n {4}logins:\n)/,
      `$1      desk_revoker: { password: ${JSON.stringify(postgres.agent.password)} }\n`,
    )
    .replace(/(\n {2}"agent-0001": \{)/, "$1 upstreamLogin: ann_at_the_server,");
  writeFileSync(join(desk.data, "whosaw.yaml"), yaml);
  serving = await desk.start();
}, 60_000);

afterAll(async () => {
  await desk.remove();
  await postgres.stop();
});

interface Seen {
  readonly actor: string;
  readonly fields: readonly string[];
  readonly masked: readonly string[];
  readonly explanation: { readonly kind: string } | null;
  readonly receipt: { readonly index: number };
}

function sightingsOf(customer: string): readonly Seen[] {
  const { status, json, stderr } = desk.ask("customer", customer);
  expect(status, stderr).toBe(0);
  return json["sightings"] as readonly Seen[];
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

describe("a read through the gateway", () => {
  it("is in the next answer of another process while serve runs, with its reason and its entry", async () => {
    const ann = await desk.as("agent-0001");
    // An actor's first read waits a second for the open tickets, no more; on a busy machine they may come after it.
    await expect
      .poll(
        async () => {
          await ann.query("select name from customers where id = 7");
          return sightingsOf("7").some(({ explanation }) => explanation !== null);
        },
        { timeout: 60_000 },
      )
      .toBe(true);
    const { rows } = await ann.query<{ name: string; phone: string }>(
      "select name, phone from customers where id = 7",
    );
    expect(rows[0]?.phone).toMatch(/^\*{3}\d{4}$|^\*{3}/);
    await ann.end();
    const seen = sightingsOf("7").find(({ masked }) => masked.includes("phone"));
    expect(seen).toMatchObject({ actor: "agent-0001", explanation: { kind: "assigned" } });
    expect(seen?.fields).toContain("name");
    expect(seen?.masked).toContain("phone");
    expect(seen?.receipt.index).toBeGreaterThan(0);
  });

  it("keeps what was acknowledged when serve is killed, in the very next answer", async () => {
    const lead = await desk.as("lead-1");
    await lead.query("select name from customers where id = 9");
    await stopped(serving, "SIGKILL");
    expect(sightingsOf("9").map(({ actor }) => actor)).toEqual(["lead-1"]);
    const before = desk.ask("customer", "9").json;
    rmSync(join(desk.data, "store"), { recursive: true });
    expect(desk.ask("rebuild").status).toBe(0);
    expect(desk.ask("customer", "9").json).toEqual(before);
    serving = await desk.start();
  }, 180_000);
});

describe("while serve runs", () => {
  it("another process imports by way of it, and nothing is recorded twice", async () => {
    const file = join(desk.data, "more.csv");
    writeFileSync(file, "time,actor,customer\n2026-01-01T10:00:00Z,agent-0003,7\n");
    const before = sightingsOf("7").map(({ actor }) => actor);
    const { status, stderr } = desk.ask("import", file, "--as", "accesses");
    expect(status, stderr).toBe(0);
    expect(new Set(before)).toEqual(new Set(["agent-0001"]));
    expect(sightingsOf("7").map(({ actor }) => actor)).toEqual(["agent-0003", ...before]);
  });

  it("a second one is refused, and so is a rebuild", () => {
    expect(desk.ask("serve")).toMatchObject({ status: 6 });
    expect(desk.ask("rebuild")).toMatchObject({ status: 6 });
  });

  it("SIGHUP has a new configuration obeyed after the log knows of it, and a wrong one refused", async () => {
    const lead = await desk.as("lead-1");
    writeFileSync(
      join(desk.data, "whosaw.yaml"),
      yaml.replace("identifier: plain, contact: plain", "identifier: hidden, contact: plain"),
    );
    serving.kill("SIGHUP");
    await expect
      .poll(
        async () =>
          (await lead.query<{ name: string | null }>("select name from customers where id = 10")).rows[0]
            ?.name,
        { timeout: 5_000 },
      )
      .toBeNull();
    writeFileSync(join(desk.data, "whosaw.yaml"), "gateway: 7\n");
    serving.kill("SIGHUP");
    await lead.query("select name from customers where id = 10");
    writeFileSync(join(desk.data, "whosaw.yaml"), yaml);
    serving.kill("SIGHUP");
    await lead.end();
  });
});

const template = `
  with planted as (
    insert into customers (name, email, phone, country, language, kind)
    values ({{name}}, {{email}}, {{phone}}, 'US', 'en', 'consumer') returning id)
  insert into tickets (customer_id, assignee_id, queue, status, subject)
  select id, {{actor}}, 'email', 'open', 'invoice' from planted returning customer_id, id`;

describe("a canary", () => {
  it("is planted by the template, and whoever is shown it has the alarm stand in the log right before the sighting", async () => {
    writeFileSync(join(desk.data, "canary.sql"), template);
    const { status, json, stderr } = desk.ask("canary", "add", "--actor", "agent-0001");
    expect(status, stderr).toBe(0);
    const customer = z.string().parse(json["customer"]);
    expect(desk.ask("canary", "list").json["canaries"]).toMatchObject([{ customer, actor: "agent-0001" }]);
    const ann = await desk.as("agent-0001");
    const { rows } = await ann.query("select name, email from customers where id = $1", [customer]);
    expect(rows).toHaveLength(1);
    await ann.end();
    const [seen] = sightingsOf(customer);
    const reader = good(await openReader(desk.data));
    const alarm = await reader.entry((seen?.receipt.index ?? 0) - 1);
    expect(alarm?.entry).toMatchObject({ kind: "alarm", rule: "canary", actor: "agent-0001", customer });
    const index = (seen?.receipt.index ?? 0) - 1;
    await expect
      .poll(() => existsSync(join(desk.data, "alarms")) && readFileSync(join(desk.data, "alarms"), "utf8"), {
        timeout: 10_000,
      })
      .toContain(`"index":${index}`);
    // Whoever calls with it has it from the one account that was shown it.
    const reports = join(desk.data, "reports.csv");
    const called = new Date(Date.now() + 86_400_000).toISOString();
    writeFileSync(reports, `customer,time,knew\n${customer},${called},name\n`);
    const traced = desk.ask("trace", "--reports", reports);
    expect(traced.json["used"]).toMatchObject([{ customer, canary: true }]);
    expect(traced.json["accounts"], traced.stderr).toMatchObject([{ actor: "agent-0001" }]);
    expect(desk.ask("canary", "remove", customer).status).toBe(0);
    expect(desk.ask("canary", "list").json["canaries"]).toEqual([]);
    expect(desk.ask("canary", "remove", customer).status).toBe(3);
  });

  it("is not planted by a template with a placeholder that nobody knows", () => {
    const file = join(desk.data, "wrong.sql");
    writeFileSync(file, "select {{password}}");
    expect(desk.ask("canary", "add", "--template", file)).toMatchObject({ status: 3 });
  });
});

/** A session at the server itself, by the login that is ann's own. */
async function pastTheGateway(): Promise<Client> {
  const { host, port, database, agent } = postgres;
  const client = new Client({ host, port, database, user: "ann_at_the_server", password: agent.password });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function entryAt(receipt: unknown): Promise<unknown> {
  const { index } = z.object({ index: z.number() }).parse(receipt);
  // An answer waits until what it asks of is in the store, and so covered by a checkpoint.
  expect(desk.ask("customer", "7").status).toBe(0);
  return (await good(await openReader(desk.data)).entry(index))?.entry;
}

describe("a suspension", () => {
  it("cuts every session of the actor and shows by a probe that none can begin, in under a second; a restoration undoes it", async () => {
    const ann = await desk.as("agent-0001");
    const other = await desk.as("agent-0001");
    const lead = await desk.as("lead-1");
    await ann.query("select name from customers where id = 7");
    const past = await pastTheGateway();
    const pastEnded = new Promise((ended) => past.once("end", ended));
    const running = other.query("select pg_sleep(30)").then(
      () => "ended",
      () => "cut",
    );
    const { status, json, stderr } = desk.ask("suspend", "agent-0001", "--reason", "case 12");
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({
      actor: "agent-0001",
      ended: 2,
      probe: { outcome: "refused", code: "28000" },
      upstream: [{ login: "ann_at_the_server", outcome: "done", why: null }],
    });
    await pastEnded;
    await expect(pastTheGateway()).rejects.toThrow(/not permitted to log in/);
    expect(await entryAt(json["receipt"])).toMatchObject({ upstream: ["ann_at_the_server"] });
    expect(json["millis"]).toBeLessThan(1000);
    expect(await running).toBe("cut");
    await expect(ann.query("select name from customers where id = 7")).rejects.toThrow();
    await expect(desk.as("agent-0001")).rejects.toThrow(/suspended/);
    expect((await lead.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await lead.end();
    // It holds at the next start, too.
    await stopped(serving, "SIGKILL");
    serving = await desk.start();
    await expect(desk.as("agent-0001")).rejects.toThrow(/suspended/);
    expect(desk.ask("restore", "agent-0001", "--reason", "case 12: cleared").status).toBe(0);
    const again = await desk.as("agent-0001");
    await again.end();
    await (await pastTheGateway()).end();
  }, 60_000);

  it("without a gateway is obeyed by the next one", async () => {
    await stopped(serving, "SIGTERM");
    const { status, json } = desk.ask("suspend", "agent-0002", "--reason", "case 13");
    expect({ status, probe: json["probe"] }).toEqual({ status: 0, probe: null });
    serving = await desk.start();
    await expect(desk.as("agent-0002")).rejects.toThrow(/suspended/);
  }, 60_000);

  it("without a gateway takes the actor's own login at the server away, and a restoration gives it back", async () => {
    await stopped(serving, "SIGTERM");
    const past = await pastTheGateway();
    const ended = new Promise((resolve) => past.once("end", resolve));
    const { status, json, stderr } = desk.ask("suspend", "agent-0001", "--reason", "case 14");
    expect(status, stderr).toBe(0);
    expect(json).toMatchObject({
      probe: null,
      unread: null,
      upstream: [{ login: "ann_at_the_server", outcome: "done", why: null }],
    });
    await ended;
    await expect(pastTheGateway()).rejects.toThrow(/not permitted to log in/);
    const back = desk.ask("restore", "agent-0001", "--reason", "case 14: cleared");
    expect(back, back.stderr).toMatchObject({
      status: 0,
      json: { running: false, upstream: [{ login: "ann_at_the_server", outcome: "done" }] },
    });
    await (await pastTheGateway()).end();
    // What can't be done there is said, and is a finding.
    await asOwner(postgres, ["alter role desk_revoker nocreaterole"]);
    const without = desk.ask("suspend", "agent-0001", "--reason", "case 15");
    expect(without.status).toBe(1);
    expect(without.stderr).toMatch(/ann_at_the_server was not changed: .*42501.*whosaw doctor/);
    await asOwner(postgres, ["alter role desk_revoker createrole"]);
    writeFileSync(join(desk.data, "whosaw.yaml"), "gateway: 7\n");
    const blind = desk.ask("suspend", "agent-0001", "--reason", "case 15");
    expect(blind.status).toBe(1);
    expect(blind.stderr).toContain("nothing was done at the database server");
    writeFileSync(join(desk.data, "whosaw.yaml"), yaml);
    expect(desk.ask("restore", "agent-0001", "--reason", "case 15: cleared").status).toBe(0);
    serving = await desk.start();
  }, 240_000);
});

function proposalIn(json: Record<string, unknown>): string {
  return String((json["proposal"] as { readonly index: number }).index);
}

function line(customer: string): string {
  return `2026-01-0${customer.slice(-1)}T10:00:00Z,agent-0004,${customer}\n`;
}

/** Two files that share a line: the first is erased, and its own lines go from the answers while serve runs; the shared one is the second's now. */
function imports(anna: string, bruno: string): void {
  const file = (name: string, ...customers: readonly string[]): string => {
    writeFileSync(join(desk.data, name), `time,actor,customer\n${customers.map(line).join("")}`);
    return join(desk.data, name);
  };
  const first = desk.ask("import", file("first.csv", "e-1", "e-2"), "--as", "accesses");
  expect(first.status, first.stderr).toBe(0);
  const [sighting] = sightingsOf("e-1");
  expect(desk.ask("import", file("second.csv", "e-2", "e-3"), "--as", "accesses").status).toBe(0);
  const entry = String(sighting?.receipt.index);
  const proposed = desk.ask("erase", "--entries", entry, "--reason", "retention", "--key", anna);
  const done = desk.ask("approve", proposalIn(proposed.json), "--key", bruno);
  expect(done, done.stderr).toMatchObject({ status: 0, json: { filesRemoved: 1, storeStays: null } });
  expect(sightingsOf("e-1")).toEqual([]);
  const shared = sightingsOf("e-2");
  expect(shared).toHaveLength(1);
  expect(shared[0]?.receipt.index).not.toBe(sighting?.receipt.index);
  expect(sightingsOf("e-3")).toHaveLength(1);
  expect(desk.ask("actor", "agent-0004").json).toMatchObject({ sightings: 2 });
}

describe("what needs two people, while serve runs", () => {
  it("is proposed, approved and done by way of serve, which goes on recording", async () => {
    const erase = ["erase", "--kind", "sighting", "--before", "2100-01-01", "--reason", "retention"];
    expect(desk.ask(...erase)).toMatchObject({ status: 6 });
    for (const name of ["anna", "bruno"]) {
      const { privateKey } = generateKeyPairSync("ed25519");
      const pem = privateKey.export({ type: "pkcs8", format: "pem" });
      writeFileSync(join(desk.data, `${name}.pem`), pem, { mode: 0o600 });
      expect(desk.ask("approver", name, "--public", join(desk.data, `${name}.pem`)).status).toBe(0);
    }
    const [anna, bruno] = ["anna.pem", "bruno.pem"].map((name) => join(desk.data, name));
    expect(sightingsOf("7").length).toBeGreaterThan(1);
    const proposed = desk.ask(...erase, "--key", anna ?? "");
    expect(proposed, proposed.stderr).toMatchObject({ status: 6 });
    const id = proposalIn(proposed.json);
    expect(desk.ask("approve", id, "--key", anna ?? "")).toMatchObject({ status: 6 });
    expect(sightingsOf("7").length).toBeGreaterThan(1);
    expect(desk.ask("approve").json["proposals"]).toMatchObject([{ index: Number(id) }]);
    const done = desk.ask("approve", id, "--key", bruno ?? "");
    expect(done, done.stderr).toMatchObject({ status: 0, json: { storeStays: null } });
    // The one that was imported stays: it is no sighting of the log.
    expect(sightingsOf("7").map(({ actor }) => actor)).toEqual(["agent-0003"]);
    const shred = proposalIn(
      desk.ask("erase", "--actor", "agent-0001", "--reason", "left", "--key", anna ?? "").json,
    );
    const shredded = desk.ask("approve", shred, "--key", bruno ?? "");
    expect(shredded, shredded.stderr).toMatchObject({ status: 0 });
    imports(anna ?? "", bruno ?? "");
    expect(desk.ask("rotate-key")).toMatchObject({ status: 0 });
    const ann = await desk.as("agent-0001");
    await ann.query("select name from customers where id = 7");
    await ann.end();
    expect(sightingsOf("7").map(({ actor }) => actor)).toEqual(["agent-0003", "agent-0001"]);
    expect(desk.ask("verify", desk.data)).toMatchObject({ status: 0, json: { ok: true } });
  }, 300_000);
});

describe("the log", () => {
  it("verifies after all of this, and tells of every configuration and suspension", async () => {
    await stopped(serving, "SIGTERM");
    expect(desk.ask("verify", desk.data)).toMatchObject({ status: 0, json: { ok: true } });
    expect(readFileSync(join(desk.data, "log/checkpoint"), "utf8")).not.toBe("");
  }, 60_000);
});
