import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Json, type Refusal, InvariantError, isRefusal, refusal } from "../../base/index.ts";

/** Bytes of one request: what one command may append at once. */
export const orderBytesMax: number = 64 << 20;

/** What the socket does, by path. An order is JSON; so is the answer, or a refusal. */
export type Orders = Readonly<Record<string, (order: Json) => Promise<Json | Refusal>>>;

/** An open private socket. */
export interface PrivateSocket {
  readonly path: string;
  readonly close: () => Promise<void>;
}

/**
 * A Unix socket for this machine's other whosaw commands, of this user alone. `hold` answers when nobody else works on the store,
 * and keeps it so until the asking side hangs up, however it ends.
 */
export async function openPrivateSocket(
  orders: Orders,
  hold: (held: () => Promise<void>) => Promise<void>,
): Promise<PrivateSocket> {
  // mkdtemp makes the folder 0700, so that the socket is private from its first moment. Unix socket paths end at 107 bytes.
  const nest = mkdtempSync(join(tmpdir(), "whosaw-serve-"));
  const path = join(nest, "s");
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    const { url = "" } = request;
    const done = url === "/hold" ? holdFor(response, hold) : answer(orders[url], request, response);
    done.catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
      response.destroy();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(path, listening);
  });
  chmodSync(path, 0o600);
  return { path, close: () => closeSocket(server, nest) };
}

async function closeSocket(server: Server, nest: string): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeAllConnections();
  await closed;
  rmSync(nest, { recursive: true, force: true });
}

async function answer(
  act: Orders[string] | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (act === undefined) {
    response.statusCode = 404;
    response.end();
    return;
  }
  const order = await readOrder(request);
  const given = isRefusal(order) ? order : await act(order).catch(asRefusal);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(given));
}

/** A defect is told to the asking command too; it must not wait for ever. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof InvariantError) throw error;
  return refusal(
    "connection",
    `the running whosaw serve could not do it: ${error instanceof Error ? error.message : String(error)}`,
    "see its messages",
  );
}

async function readOrder(request: IncomingMessage): Promise<Json | Refusal> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > orderBytesMax)
      return refusal("input", `an order is longer than ${orderBytesMax} bytes`, "ask for less at once");
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  try {
    return text === "" ? null : (JSON.parse(text) as Json);
  } catch {
    return refusal("input", "an order is no JSON", "use the whosaw that runs");
  }
}

async function holdFor(
  response: ServerResponse,
  hold: (held: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once("close", resolve));
  await hold(async () => {
    if (response.destroyed) return;
    response.write("held\n");
    await gone;
  });
}
