import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { embeddedPostgres, startOwnPostgres } from "../../src/serve/gateway/own-postgres.ts";
import { helpdeskGrants, helpdeskSql } from "../../src/simulate/index.ts";

export { freePort } from "../../src/serve/gateway/own-postgres.ts";

/** A real server in a folder of its own, on a port that the system handed out. */
export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly major: number;
  /** The owner of everything: never given to what plays a client. */
  readonly owner: Login;
  readonly agent: Login;
  readonly lead: Login;
  readonly database: string;
  /** The postmaster's, for tests that kill it. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface PostgresOptions {
  /** 18: the embedded one, from npm. 15: Debian's. */
  readonly major?: 15 | 18;
  readonly customers?: number;
  readonly agents?: number;
  readonly seed?: number;
  readonly markers?: boolean;
  /** More `name=value` for the server's command line. */
  readonly settings?: readonly string[];
}

const folders: Readonly<Record<15 | 18, () => string>> = {
  15: () => "/usr/lib/postgresql/15/bin",
  18: embeddedPostgres,
};

/** Whether this machine has that server; tests of a server that it hasn't say so and are skipped. */
export function hasPostgres(major: 15 | 18): boolean {
  return existsSync(join(folders[major](), "postgres"));
}

/** Starts a server with the help desk in it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const major = options.major ?? 18;
  const server = await startOwnPostgres({
    bin: folders[major](),
    owner: "owner",
    password: null,
    locale: "C.UTF-8",
    hba: ["host all owner 127.0.0.1/32 trust", "host all all all scram-sha-256"],
    settings: ["max_connections = 200", ...(options.settings ?? [])],
  });
  const password = "of-the-desk";
  const postgres: Postgres = {
    host: "127.0.0.1",
    port: server.port,
    major,
    database: "helpdesk",
    pid: server.pid,
    owner: { user: "owner", password: "" },
    agent: { user: "desk_agent", password },
    lead: { user: "desk_lead", password },
    stop: server.stop,
  };
  await load(postgres, options);
  return postgres;
}

export async function asOwner(
  postgres: Postgres,
  statements: Iterable<string>,
  database?: string,
): Promise<void> {
  const { host, port, owner } = postgres;
  const client = new Client({ host, port, user: owner.user, database: database ?? postgres.database });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function load(postgres: Postgres, options: PostgresOptions): Promise<void> {
  await asOwner(postgres, ["create database helpdesk"], "postgres");
  const { customers = 40, agents = 5, seed = 1, markers = true } = options;
  await asOwner(postgres, helpdeskSql({ customers, agents, seed, markers }));
  const logins = { agent: "desk_agent", lead: "desk_lead", password: postgres.agent.password };
  await asOwner(postgres, [helpdeskGrants(logins)]);
}
