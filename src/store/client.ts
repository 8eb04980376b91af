import { Agent } from "node:http";
import type { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { type Refusal, isRefusal, refusal } from "../base/index.ts";
import { StoreError } from "./storeError.ts";

/** Values of `{name:Type}` parameters. They are bound by the engine and never become SQL text. */
export type Params = { readonly [name: string]: unknown };

export type Settings = { readonly [name: string]: string | number };

/** One way of asking, whether the engine is a child process or a server. */
export interface Client {
  readonly query: <Row>(sql: string, params?: Params, settings?: Settings) => Promise<Row[]>;
  /** Rows as they come; ending the loop early stops the engine's work. */
  readonly stream: <Row>(sql: string, params?: Params, settings?: Settings) => AsyncIterable<Row>;
  /** A statement without an answer. */
  readonly command: (sql: string, params?: Params, settings?: Settings) => Promise<void>;
  readonly insert: (table: string, rows: readonly object[]) => Promise<void>;
  /** The answer's bytes in any of ClickHouse's formats: `format` names it. */
  readonly read: (
    sql: string,
    format: "Native" | "Parquet",
    params?: Params,
    settings?: Settings,
  ) => Promise<Readable>;
  readonly write: (statement: string, bytes: Readable, settings?: Settings) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Address {
  readonly url: string;
  readonly socket?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/** Queries that may wait for the engine at the same time. */
const connectionsMax = 16;
/** The longest a single query may take, ms: four hours, for a merge of a full store. */
const requestMillisMax = 4 * 3_600_000;

/** What the client asks of the engine's keeper. */
export interface Guard {
  /** Before every request: a dead engine is started again by the next question. */
  readonly ready: () => Promise<Refusal | null>;
  /** When an answer broke off: returns once it is known whether the engine lives. */
  readonly lost: () => Promise<void>;
}

export function openClient(address: Address, { ready, lost }: Guard): Client {
  const client = connect(address);
  const guarded = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    for (let attempt = 0; ; attempt++) {
      const refused = await ready();
      if (isRefusal(refused)) throw new StoreError("connection", refused.what, null);
      try {
        return await ask();
      } catch (error) {
        // Nobody listened, so nothing was done: asking again is safe once the engine stands.
        if (attempt === 0 && neverArrived(error)) await lost();
        else {
          const failure = storeError(error);
          if (failure.kind === "connection") await lost();
          throw failure;
        }
      }
    }
  };
  return {
    query: async (sql, params, settings) =>
      guarded(async () => {
        const answer = await client.query({ query: sql, format: "JSONEachRow", ...bound(params, settings) });
        return answer.json();
      }),
    stream: (sql, params, settings) =>
      streamRows(async (signal) =>
        guarded(async () => {
          const abort = { abort_signal: signal };
          const answer = await client.query({
            query: sql,
            format: "JSONEachRow",
            ...bound(params, settings),
            ...abort,
          });
          return answer.stream();
        }),
      ),
    command: async (sql, params, settings) => {
      await guarded(async () => client.command({ query: sql, ...bound(params, settings) }));
    },
    insert: async (table, rows) => {
      if (rows.length > 0)
        await guarded(async () => client.insert({ table, values: [...rows], format: "JSONEachRow" }));
    },
    read: async (sql, format, params, settings) =>
      guarded(async () => {
        const answer = await client.exec({ query: `${sql} FORMAT ${format}`, ...bound(params, settings) });
        return answer.stream;
      }),
    write: async (statement, bytes, settings) => {
      await guarded(async () => {
        const answer = await client.exec({ query: statement, values: bytes, ...bound(undefined, settings) });
        for await (const _ of answer.stream) continue;
      });
    },
    close: async () => client.close(),
  };
}

function connect(address: Address): ClickHouseClient {
  return createClient({
    url: address.url,
    username: address.user ?? "default",
    password: address.password ?? "",
    ...(address.database === undefined ? {} : { database: address.database }),
    ...(address.socket === undefined
      ? {}
      : {
          http_agent: new Agent({
            socketPath: address.socket,
            keepAlive: true,
            maxSockets: connectionsMax,
          } as object),
        }),
    max_open_connections: connectionsMax,
    request_timeout: requestMillisMax,
    keep_alive: { enabled: true },
    // Lists of thousands of customers don't fit into an address; they go in the body.
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    compression: { response: false, request: false },
    application: "whosaw",
  });
}

function bound(params: Params | undefined, settings: Settings | undefined): object {
  return {
    ...(params === undefined ? {} : { query_params: params }),
    ...(settings === undefined ? {} : { clickhouse_settings: settings }),
  };
}

type RowStream = AsyncIterable<readonly { json: () => unknown }[]>;

async function* streamRows<Row>(open: (signal: AbortSignal) => Promise<unknown>): AsyncGenerator<Row> {
  const stop = new AbortController();
  try {
    const pieces = (await open(stop.signal)) as RowStream;
    for await (const rows of pieces) for (const row of rows) yield row.json() as Row;
  } catch (error) {
    throw storeError(error);
  } finally {
    stop.abort();
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function neverArrived(error: unknown): boolean {
  return ["ECONNREFUSED", "ENOENT"].includes(systemCode(error));
}

function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof ClickHouseError)
    return new StoreError("query", error.message.trim(), Number(error.code), { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  const lost =
    /^(ECONN|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_|ERR_STREAM_PREMATURE)/.test(
      systemCode(error),
    ) || /socket hang up|aborted|timeout|connect/i.test(text);
  return lost
    ? new StoreError("connection", `the store's engine broke off the answer (${text})`, null, {
        cause: error,
      })
    : new StoreError("query", text, null, { cause: error });
}

/** What the caller says to its user when the store failed it; null for a defect, which is thrown on. */
export function storeRefusal(error: unknown): Refusal | null {
  if (!(error instanceof StoreError)) return null;
  if (error.kind === "connection")
    return refusal(
      "connection",
      error.message,
      "ask again: the engine is started anew; see its log if it fails again",
    );
  if (error.code === 241)
    return refusal(
      "refused",
      "the question needs more memory than the store may use",
      "narrow it, or raise store.memory",
    );
  if (error.code === 159)
    return refusal(
      "refused",
      "the question took longer than the store may take",
      "narrow it by time or by actor",
    );
  if (error.code === 516 || error.code === 497 || error.code === 192 || error.code === 194)
    return refusal(
      "connection",
      "the ClickHouse server refuses this user",
      "check store.user and store.password",
    );
  return null;
}
