import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conversation } from "./conversation.ts";

const port = 5432;

/** A PostgreSQL in a fresh folder, on a Unix socket only. `stop` ends it and removes the folder. */
export interface Server {
  readonly socketPath: string;
  readonly version: string;
  readonly stop: () => Promise<void>;
}

const accessRules = `local all login_md5 md5
local all login_cleartext password
local all login_trust trust
local replication login_trust trust
local all all scram-sha-256
`;

/** @param owner user and group id that the server runs as: PostgreSQL refuses to run as root. */
export async function startServer(bin: string, owner: { readonly uid: number; readonly gid: number }): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-wire-"));
  chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "correct horse\n", { mode: 0o644 });
  const how = { ...owner, cwd: folder, env: { LC_ALL: "C", PATH: process.env["PATH"] ?? "" } };
  const initialize = ["-D", data, "-U", "admin", "-E", "UTF8", "--no-sync", "--auth=scram-sha-256"];
  execFileSync(join(bin, "initdb"), [...initialize, `--pwfile=${passwordFile}`], { ...how, stdio: "ignore" });
  writeFileSync(join(data, "pg_hba.conf"), accessRules);
  const settings = ["-k", folder, "-p", String(port), "-c", "listen_addresses=", "-c", "fsync=off"];
  const child = spawn(join(bin, "postgres"), ["-D", data, ...settings], { ...how, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const socketPath = join(folder, `.s.PGSQL.${port}`);
  const version = execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" }).trim();
  await until(() => reachable(socketPath));
  return {
    socketPath,
    version,
    stop: async () => {
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function reachable(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server did not come up in 10 s");
}

/** Stands between a client and the server and hears both. One Conversation a connection, in the order of connecting. */
export interface Tap {
  readonly port: number;
  readonly conversations: readonly Conversation[];
  readonly close: () => Promise<void>;
}

export async function startTap(socketPath: string): Promise<Tap> {
  const conversations: Conversation[] = [];
  const listener = createServer((client) => {
    const conversation = new Conversation();
    conversations.push(conversation);
    const server = connect(socketPath);
    relay(client, server, (chunk) => heard(conversation, "frontend", chunk));
    relay(server, client, (chunk) => heard(conversation, "backend", chunk));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the tap has no port");
  return {
    port: address.port,
    conversations,
    close: async () => new Promise((resolve) => listener.close(() => resolve())),
  };
}

function relay(from: Socket, to: Socket, hear: (chunk: Buffer) => void): void {
  from.on("data", (chunk) => {
    hear(chunk);
    to.write(chunk);
  });
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
}

function heard(conversation: Conversation, from: "frontend" | "backend", chunk: Buffer): void {
  const fault = conversation.hear(from, chunk);
  if (fault !== null) throw new Error(`${from}: ${JSON.stringify(fault)}`);
}
