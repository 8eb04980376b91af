import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { type Json, type Refusal, refusal } from "../../base/index.ts";
import type { BundleLog, Receipt } from "../../record/index.ts";

/** Where a running `whosaw serve` says how to reach it. */
export const runningFile = "serve.json";

/** What is in it. */
export interface RunningNote {
  readonly pid: number;
  readonly socket: string;
}

/** What a running `whosaw serve` says of itself. */
export interface ServeStatus {
  readonly pid: number;
  /** The store's socket; null where the store is a server. */
  readonly store: string | null;
  readonly log: string;
  readonly key: string;
  /** The gateway's address; null while it has none. */
  readonly gateway: { readonly host: string; readonly port: number } | null;
  readonly sessions: number;
}

/** A `whosaw serve` that runs on a data directory, as other commands see it. */
export interface RunningServe {
  readonly status: ServeStatus;
  readonly ask: (path: string, order?: Json) => Promise<Json | Refusal>;
  /** Runs work while nobody else, the gateway's shipping included, writes to the store. */
  readonly alone: <Done>(work: () => Promise<Done>) => Promise<Done | Refusal>;
  /** The log that serve holds open: entries go to it by way of serve. */
  readonly recorder: LogWriter;
}

/** What commands need of a log that is open for writing, by this process or by a running serve. */
export interface LogWriter extends BundleLog {
  readonly log: string;
}

const note = z.object({ pid: z.number().int(), socket: z.string() });
const status = z.object({
  pid: z.number().int(),
  store: z.string().nullable(),
  log: z.string(),
  key: z.string(),
  gateway: z.object({ host: z.string(), port: z.number().int() }).nullable(),
  sessions: z.number().int(),
});

/** The note that a serve left, running or not; null where there is none. */
export function readNote(data: string): RunningNote | null {
  try {
    const read = note.safeParse(JSON.parse(readFileSync(join(data, runningFile), "utf8")));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** The serve that runs on this data directory; null where none answers. */
export async function findServe(data: string): Promise<RunningServe | null> {
  const found = readNote(data);
  if (found === null) return null;
  const ask = (path: string, order: Json = null): Promise<Json | Refusal> => post(found.socket, path, order);
  const told = status.safeParse(await ask("/status"));
  if (!told.success) return null;
  return {
    status: told.data,
    ask,
    alone: (work) => holding(found.socket, work),
    recorder: recorderOf(told.data, ask),
  };
}

const gone = refusal("connection", "the running whosaw serve hung up", "see its messages, then try again");

function post(socketPath: string, path: string, order: Json): Promise<Json | Refusal> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, method: "POST" }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", () => resolve(gone));
      response.on("end", () => resolve(parse(Buffer.concat(pieces).toString())));
    });
    asked.on("error", () => resolve(gone));
    asked.end(JSON.stringify(order));
  });
}

function parse(text: string): Json | Refusal {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return gone;
  }
}

/** Holds the store as long as the work takes: hanging up, or dying, lets go of it. */
async function holding<Done>(socketPath: string, work: () => Promise<Done>): Promise<Done | Refusal> {
  const asked = request({ socketPath, path: "/hold", method: "POST" });
  const held = await new Promise<boolean>((resolve) => {
    asked.on("error", () => resolve(false));
    asked.on("response", (response) => {
      response.once("data", () => resolve(true));
      response.on("error", () => resolve(false));
      response.once("end", () => resolve(false));
    });
    asked.end();
  });
  if (!held) return gone;
  try {
    return await work();
  } finally {
    asked.destroy();
  }
}

/** Whoever asks serve to append believes its receipts as it would its own recorder's. */
function recorderOf({ log, key }: ServeStatus, ask: RunningServe["ask"]): LogWriter {
  return {
    log,
    key,
    append: async (said) => (await ask("/append", said)) as unknown as Receipt | Refusal,
    checkpoint: async () => (await ask("/checkpoint")) as object | Refusal,
    witnessed: () => ask("/witnessed"),
  };
}
