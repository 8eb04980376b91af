import { Client, type ClientConfig } from "pg";
import { type Refusal, refusal } from "../base/index.ts";
import type { CatalogAsk } from "../capture/index.ts";

/** A connection of whosaw's own to the protected server: it reads, and changes nothing. */
export interface Control {
  /** One statement's rows, every cell as the server's text. Rejects when the server refuses. */
  readonly ask: CatalogAsk;
  readonly user: string;
  /** An address, or a socket's folder. */
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** How long the server may take to answer a question about itself, milliseconds. */
const connectTimeMax = 10_000;
const statementTimeMax = 30_000;

/** Whatever isn't an address would be taken for something else by the driver: a file's name for a host called base. */
export function notAnAddress(url: string | null): Refusal | null {
  if (url === null || /^postgres(ql)?:\/\//.test(url)) return null;
  return refusal(
    "usage",
    "that is no address of a PostgreSQL database",
    "Write it as postgres://user:password@host:5432/database, or leave it out.",
  );
}

/** Connects by libpq's rules: an address, and what it leaves out from PGHOST, PGUSER, PGPASSWORD and so on. */
export async function openControl(config: ClientConfig): Promise<Control | Refusal> {
  const client = new Client({
    connectionTimeoutMillis: connectTimeMax,
    statement_timeout: statementTimeMax,
    application_name: "whosaw",
    ...config,
  });
  // A connection that breaks later fails the question that is being asked; this keeps it from ending the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    // An empty path: nobody's own operators or tables stand before the server's.
    await client.query("set default_transaction_read_only = on; set search_path = ''");
  } catch (error) {
    await client.end().catch(() => undefined);
    return refusal(
      "connection",
      `can't connect to PostgreSQL at ${client.host}:${client.port}: ${reasonOf(error)}`,
      "Check address, login and password: psql with the same address must work.",
    );
  }
  return {
    ask: async (text) => {
      const answer = await client.query<(string | null)[]>({
        text,
        rowMode: "array",
        types: { getTypeParser: () => String },
      });
      return answer.rows;
    },
    user: client.user ?? "",
    host: client.host,
    port: client.port,
    close: async () => client.end(),
  };
}

/** The server's or system's own words; several addresses that all refuse are told by the first. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
