import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Session } from "chdb";
import { literal, type SessionPool, setStatement } from "./enginePool.ts";

/** One request of ClickHouse's HTTP interface, taken apart. */
interface Order {
  readonly sql: string;
  /** The body, where the statement is in the address: rows of an INSERT. */
  readonly rows: Buffer | null;
  readonly format: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Statement and text rows of one request; binary rows go through a file and have no such bound. */
export const requestBytesMax: number = 256 << 20;

/** Parts of the address that belong to HTTP alone: the embedded engine has no such settings. */
const httpOnly: ReadonlySet<string> = new Set([
  "query",
  "query_id",
  "session_id",
  "database",
  "default_format",
  "wait_end_of_query",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "http_write_exception_in_output_format",
  "enable_http_compression",
]);

/** Formats whose rows aren't text: the statement's parser can't read them inline. */
const binaryRows = /\bFORMAT\s+(Native|RowBinary|Parquet)\s*$/i;

export async function answer(
  pool: SessionPool,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://engine");
  if (url.pathname === "/ping") {
    response.end("Ok.\n");
    return;
  }
  try {
    const base = pool.settings;
    await pool.lend(async (session) =>
      serve({ session, base, address: url.searchParams }, request, response),
    );
  } catch (error) {
    fail(response, error);
  }
}

/** What a request runs on: a lent session, the settings it returns to, and what the address asks. */
interface Desk {
  readonly session: Session;
  readonly base: { readonly [name: string]: string };
  readonly address: URLSearchParams;
}

async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const statement = desk.address.get("query") ?? "";
  if (binaryRows.test(statement)) return insertBinary(desk, request, response);
  const order = readOrder(desk, await readBody(request), request.headers["content-type"] ?? "");
  await run(desk.session, order, response);
}

async function run(session: Session, order: Order, response: ServerResponse): Promise<void> {
  try {
    for (const statement of order.before) await session.queryAsync(statement);
    if (order.rows === null && /^\s*(SELECT|WITH)\b/i.test(order.sql))
      await streamRows(session, order, response);
    else {
      const sql = order.rows === null ? order.sql : `${order.sql}\n${order.rows.toString("utf8")}`;
      const result = await session.queryAsync(sql, { format: order.format });
      response.setHeader("X-ClickHouse-Summary", summary(result.rowsRead, result.bytesRead));
      response.end(Buffer.from(result.bytes()));
    }
  } finally {
    for (const statement of order.after) await session.queryAsync(statement);
  }
}

async function streamRows(session: Session, order: Order, response: ServerResponse): Promise<void> {
  const stream = session.queryStream(order.sql, { format: order.format });
  // The reader is gone: nothing is computed for nobody.
  response.once("close", () => stream.cancel());
  try {
    for await (const chunk of stream) {
      // The first piece comes before the headers, so that a query that fails at once is answered with its error.
      if (!response.write(Buffer.from(chunk.raw()))) await drained(response);
      if (response.destroyed) return;
    }
  } catch (error) {
    // Half an answer must not look whole: without its last chunk the client sees a broken connection.
    if (response.headersSent && !response.destroyed) response.destroy(error as Error);
    if (response.headersSent) return;
    throw error;
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}

/** `INSERT INTO t (a, b) FORMAT Native` with the rows in the body: they go by a file, which the engine reads itself. */
async function insertBinary(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = join(tmpdir(), `whosaw-rows-${randomUUID()}`);
  try {
    await pipeline(request, createWriteStream(path, { mode: 0o600 }));
    const order = readOrder(desk, Buffer.alloc(0), "");
    const sql = order.sql.replace(
      binaryRows,
      (_, format: string) => `SELECT * FROM file(${literal(path)}, ${literal(format)})`,
    );
    await run(desk.session, { ...order, sql }, response);
  } finally {
    await rm(path, { force: true });
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > requestBytesMax) throw new RangeError(`the request is longer than ${requestBytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function readOrder({ address, base }: Desk, body: Buffer, contentType: string): Order {
  const parts = new Map<string, string>(address);
  let sql = parts.get("query") ?? "";
  let rows: Buffer | null = null;
  if (contentType.startsWith("multipart/form-data")) {
    for (const [name, value] of multipart(body, contentType)) parts.set(name, value);
    sql = parts.get("query") ?? "";
  } else if (sql === "") sql = body.toString("utf8");
  else if (body.length > 0) rows = body;
  const settings = [...parts].filter(([name]) => !httpOnly.has(name) && !name.startsWith("param_"));
  const params = [...parts].filter(([name]) => name.startsWith("param_"));
  const database = parts.get("database") ?? "default";
  return {
    sql,
    rows,
    format: parts.get("default_format") ?? "TabSeparated",
    // A parameter holds the text that the HTTP interface would hold; SET reads it the same way.
    before: [
      `USE \`${database.replaceAll("`", "")}\``,
      ...params.map(([name, value]) => setStatement(name, value)),
      ...settings.map(([name, value]) => setStatement(name, value)),
    ],
    after: settings.map(([name]) =>
      name in base ? setStatement(name, base[name] ?? "") : `SET ${name} = DEFAULT`,
    ),
  };
}

/** RFC 7578 as the ClickHouse client writes it: text parts with a name and nothing else. */
function* multipart(body: Buffer, contentType: string): Generator<readonly [string, string]> {
  const boundary = /boundary=("?)([^";]+)\1/.exec(contentType)?.[2] ?? "";
  for (const part of body.toString("utf8").split(`--${boundary}`)) {
    const shape = /^\r\n([\s\S]*?)\r\n\r\n([\s\S]*)\r\n$/.exec(part);
    const name = /name="([^"]*)"/.exec(shape?.[1] ?? "")?.[1];
    if (name !== undefined) yield [name, shape?.[2] ?? ""];
  }
}

function summary(rows: number, bytes: number): string {
  return JSON.stringify({ read_rows: String(rows), read_bytes: String(bytes), elapsed_ns: "0" });
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  const code = /Code: (\d+)/.exec(text)?.[1];
  response.statusCode = 500;
  if (code !== undefined) response.setHeader("X-ClickHouse-Exception-Code", code);
  response.end(text);
}
