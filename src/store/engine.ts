/**
 * The engine process: the only one that loads chDB, so that an abort inside the engine takes no gateway with it.
 * It speaks ClickHouse's HTTP interface on a private Unix socket; its parent uses the ordinary ClickHouse client.
 * It ends when its parent ends: the IPC channel closes even when the parent is killed.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { answer } from "./engineAnswer.ts";
import { openPool, type SessionPool } from "./enginePool.ts";

/** What the parent sends first. */
export interface EngineStart {
  readonly folder: string;
  readonly socket: string;
  /** Settings every session starts with. */
  readonly settings: { readonly [name: string]: string };
}

export type EngineReply = { readonly ready: true } | { readonly failed: string };

/** Headers hold the query's parameters: lists of a few thousand ids must fit. */
const headerBytesMax = 1 << 20;

function start(order: EngineStart): void {
  let pool: SessionPool;
  try {
    pool = openPool(order.folder, order.settings);
  } catch (error) {
    reply({ failed: error instanceof Error ? error.message : String(error) });
    return;
  }
  const server = createServer({ maxHeaderSize: headerBytesMax, requestTimeout: 0 }, (request, response) => {
    answer(pool, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  // Idle keep-alive sockets are closed by the client, never under it: a closed socket would look like a crash.
  server.keepAliveTimeout = 0;
  rmSync(order.socket, { force: true });
  server.listen(order.socket, () => {
    chmodSync(order.socket, 0o600);
    reply({ ready: true });
  });
  process.on("message", (message) => {
    if (message !== "close") return;
    server.close();
    pool.close();
    process.exit(0);
  });
}

function reply(message: EngineReply): void {
  process.send?.(message);
}

// Acknowledged inserts survive SIGKILL, and a plain exit would wait for queries that nobody reads any more.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A terminal's Ctrl-C reaches the whole group; the parent decides when the engine ends.
process.on("SIGINT", () => undefined);
process.once("message", (message) => start(message as EngineStart));
