import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Refusal, isRefusal, refusal } from "../base/index.ts";
import type { EngineReply, EngineStart } from "./engine.ts";

/** What the store tells its owner about the engine; none of it needs an answer. */
export type StoreEvent =
  | { readonly kind: "engine-died"; readonly how: string; readonly said: string }
  | { readonly kind: "engine-restarted" }
  /** A rebuild had not ended: the store from before it is back. */
  | { readonly kind: "put-back" };

export interface EmbeddedOptions {
  readonly folder: string;
  readonly settings: { readonly [name: string]: string };
  readonly onEvent: (event: StoreEvent) => void;
}

/** The engine's process as its parent sees it. */
export interface Embedded {
  readonly socket: string;
  /** Starts the engine again if it died. */
  readonly ready: () => Promise<Refusal | null>;
  /** After a broken answer: waits until the engine is known to be dead, or long enough that it isn't. */
  readonly lost: () => Promise<void>;
  readonly pid: () => number | null;
  readonly close: () => Promise<void>;
}

/** How long a dying predecessor may hold chDB's own lock on the folder, ms. */
const takeOverMillisMax = 10_000;
/** How long a close may take before the engine is killed, ms; acknowledged rows survive that. */
const closeMillisMax = 10_000;
/** How long an engine that broke off an answer may take to be seen dead, ms. */
const dyingMillisMax = 500;
/** The engine's last words that an error message keeps, in characters. */
const lastWordsMax = 2_000;

export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded | Refusal> {
  // mkdtemp makes the folder 0700, so that the socket is private from its first moment. Unix socket paths end at 107 bytes.
  const nest = mkdtempSync(join(tmpdir(), "whosaw-"));
  const socket = join(nest, `s${process.pid}`);
  let child: ChildProcess | null = null;
  let closing = false;
  const start = async (): Promise<Refusal | null> => {
    const started = await startOnce({ folder: options.folder, socket, settings: options.settings });
    if (isRefusal(started)) return started;
    child = started.child;
    child.once("exit", (code, signal) => {
      child = null;
      if (!closing)
        options.onEvent({ kind: "engine-died", how: signal ?? `code ${code}`, said: started.said() });
    });
    return null;
  };
  let starting: Promise<Refusal | null> | null = null;
  const failed = await start();
  if (failed !== null) {
    rmSync(nest, { recursive: true, force: true });
    return failed;
  }
  return {
    socket,
    pid: () => child?.pid ?? null,
    lost: async () => {
      if (child === null) return;
      const gone = once(child, "exit");
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, dyingMillisMax))]);
    },
    ready: async () => {
      if (child !== null && child.exitCode === null && child.signalCode === null) return null;
      if (closing) return refusal("connection", "the store is closed", "open it again");
      starting ??= start().finally(() => (starting = null));
      const refused = await starting;
      if (refused === null) options.onEvent({ kind: "engine-restarted" });
      return refused;
    },
    close: async () => {
      closing = true;
      if (child !== null) await stop(child);
      rmSync(nest, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  // Who waits for its end must live to see it: an engine that had to be killed left Node with nothing to wait for (exit code 13).
  child.ref();
  child.send("close");
  const timer = setTimeout(() => child.kill("SIGKILL"), closeMillisMax);
  await gone;
  clearTimeout(timer);
}

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
}

async function startOnce(order: EngineStart): Promise<Started | Refusal> {
  const deadline = Date.now() + takeOverMillisMax;
  for (;;) {
    const started = await forkEngine(order);
    if (!isRefusal(started)) return started;
    // A killed parent's engine ends within moments; until then chDB says that the folder is taken.
    if (!/lock|already running|in use/i.test(started.what) || Date.now() > deadline) return started;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function forkEngine(order: EngineStart): Promise<Started | Refusal> {
  const child = fork(engineEntry(), [], {
    // The engine's stdout must never reach ours: `--json` promises one document there and nothing else.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "json",
    execArgv: [],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", TZ: "UTC" },
  });
  let words = "";
  child.stderr
    ?.setEncoding("utf8")
    .on("data", (text: string) => (words = (words + text).slice(-lastWordsMax)));
  child.send(order);
  const reply = await Promise.race([
    once(child, "message").then(([message]) => message as EngineReply),
    once(child, "exit").then(([code, signal]): EngineReply => ({ failed: `${signal ?? code}: ${words}` })),
  ]);
  if ("ready" in reply) {
    // Neither the channel nor the engine's stderr keeps a finished program alive.
    child.unref();
    child.channel?.unref();
    (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
    return { child, said: () => words };
  }
  child.kill("SIGKILL");
  return refusal(
    "input",
    `the store in ${order.folder} can't be opened: ${reply.failed}`,
    `if nothing else uses it, delete ${order.folder} and rebuild: the store is a view, the log keeps the truth`,
  );
}

/** Node runs no TypeScript itself: from the sources (tests) the built engine is used. */
function engineEntry(): string {
  const built = import.meta.url.endsWith(".ts") ? "../../dist/store/engine.js" : "./engine.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
