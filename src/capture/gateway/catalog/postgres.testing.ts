import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { embeddedPostgres, startOwnPostgres } from "../../../serve/gateway/own-postgres.ts";

/** A real server for tests: started from its own binaries in a temporary folder, on a port of the system's choice. */
export interface TestServer {
  readonly port: number;
  readonly major: number;
  /** As the superuser `postgres`, without a password. */
  readonly connect: (database?: string, user?: string) => Promise<Client>;
  readonly url: (database?: string, user?: string) => string;
  readonly stop: () => Promise<void>;
}

/** Binaries of servers that are here: the package's PostgreSQL 18, and Debian's. */
export function serversHere(): readonly { readonly name: string; readonly bin: string }[] {
  const debian = "/usr/lib/postgresql";
  const installed = existsSync(debian) ? readdirSync(debian) : [];
  return [
    { name: "PostgreSQL 18 (embedded)", bin: embeddedPostgres() },
    ...installed.map((version) => ({
      name: `PostgreSQL ${version} (Debian)`,
      bin: join(debian, version, "bin"),
    })),
  ].filter(({ bin }) => existsSync(join(bin, "postgres")) && existsSync(join(bin, "initdb")));
}

export async function startServer(bin: string, settings: readonly string[] = []): Promise<TestServer> {
  const server = await startOwnPostgres({ bin, owner: "postgres", password: null, locale: "C", settings });
  const { port } = server;
  const url = (database = "postgres", user = "postgres"): string =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;
  const connect = async (database?: string, user?: string): Promise<Client> => {
    const client = new Client({ connectionString: url(database, user) });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const first = await connect();
  const version = await first.query<{ v: string }>("select current_setting('server_version_num') as v");
  await first.end();
  return {
    port,
    major: Math.floor(Number(version.rows[0]?.v) / 10_000),
    connect,
    url,
    stop: server.stop,
  };
}
