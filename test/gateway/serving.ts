import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { scramVerifier } from "../../src/capture/index.ts";
import { helpdeskYaml } from "../../src/simulate/index.ts";
import { type Postgres, freePort } from "./postgres.ts";

// npm runs tests and benchmarks in the package's own folder, wherever they were compiled to.
const root = process.cwd();

/** A data directory with a `whosaw.yaml` for the help desk, and what runs on it. */
export interface ServedDesk {
  readonly data: string;
  readonly port: number;
  readonly yaml: string;
  readonly start: () => Promise<ChildProcess>;
  /** Runs a command on the data directory and gives its document. */
  readonly ask: (...words: readonly string[]) => Asked;
  /** A client of the gateway, logged in as the actor. */
  readonly as: (actor: string) => Promise<Client>;
  readonly remove: () => Promise<void>;
}

export interface Asked {
  readonly status: number | null;
  readonly json: Record<string, unknown>;
  readonly stderr: string;
}

export const deskPassword = "correct horse battery staple";

export async function serveDesk(postgres: Postgres, workers = 1): Promise<ServedDesk> {
  const data = join(mkdtempSync(join(tmpdir(), "whosaw-serve-test-")), "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const scram = await scramVerifier(deskPassword, randomBytes(16));
  const yaml = helpdeskYaml({
    listen: `127.0.0.1:${port}`,
    server: `${postgres.host}:${postgres.port}`,
    database: postgres.database,
    control: { user: "desk_control", password: postgres.agent.password },
    support: postgres.agent,
    lead: postgres.lead,
    users: [
      { actor: "agent-0001", role: "support", scram },
      { actor: "agent-0002", role: "support", scram },
      { actor: "lead-1", role: "lead", scram },
    ],
    workers,
  });
  writeFileSync(join(data, "whosaw.yaml"), yaml, { mode: 0o600 });
  const running = new Set<ChildProcess>();
  const ask = (...words: readonly string[]): Asked => {
    const ran = spawnSync(process.execPath, [join(root, "bin/whosaw"), "--data", data, "--json", ...words], {
      encoding: "utf8",
    });
    const json = ran.stdout === "" ? {} : (JSON.parse(ran.stdout) as Record<string, unknown>);
    return { status: ran.status, json, stderr: ran.stderr };
  };
  return {
    data,
    port,
    yaml,
    ask,
    start: async () => {
      const child = await started(data);
      running.add(child);
      child.once("exit", () => running.delete(child));
      return child;
    },
    as: async (actor) => {
      const client = new Client({
        host: "127.0.0.1",
        port,
        user: actor,
        password: deskPassword,
        database: postgres.database,
      });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    },
    remove: async () => {
      for (const child of running) child.kill("SIGKILL");
      await Promise.all([...running].map((child) => new Promise((gone) => child.once("exit", gone))));
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function started(data: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, "bin/whosaw"), "--data", data, "serve"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const failed = await new Promise<string | null>((settle) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (process.env["WHOSAW_TEST_SHOW"] !== undefined) process.stderr.write(chunk);
      if (said.includes("the gateway listens")) settle(null);
    });
    child.once("exit", () => settle(said));
  });
  if (failed !== null) throw new Error(failed);
  return child;
}
