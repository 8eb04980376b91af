import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import type { Address } from "../../test/gateway/client.ts";
import type { Login } from "../../test/gateway/postgres.ts";

export interface Figure {
  /** Transactions in all. */
  readonly done: number;
  /** Transactions a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
}

/** What pgbench is to do. */
export interface Load {
  readonly sql: string;
  readonly clients: number;
  readonly seconds: number;
}

/** Runs pgbench, prepared, each statement with a random `:id` from 1 to 6000. Throws when a statement fails. */
export function pgbench(address: Address, login: Login, { clients, seconds, sql }: Load): Figure {
  const dir = mkdtempSync(path(tmpdir(), "whosaw-pgbench-"));
  const script = path(dir, "script.sql");
  writeFileSync(script, `\\set id random(1, 6000)\n${sql}\n`);
  const args = [
    "-n",
    "-M",
    "prepared",
    "-c",
    String(clients),
    "-j",
    "1",
    "-T",
    String(seconds),
    "-l",
    "--log-prefix",
    path(dir, "log"),
    "-f",
    script,
  ];
  const env = {
    ...process.env,
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGDATABASE: "helpdesk",
    PGUSER: login.user,
    PGPASSWORD: login.password,
  };
  const { stdout, stderr, status } = spawnSync("pgbench", args, {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`pgbench: ${stderr.slice(-600)}`);
  const times = readdirSync(dir)
    .filter((name) => name.startsWith("log"))
    .flatMap((name) => readFileSync(path(dir, name), "utf8").split("\n"))
    .map((line) => Number(line.split(" ")[2]))
    .filter((time) => time > 0)
    .sort((a, b) => a - b);
  rmSync(dir, { recursive: true });
  // Its time begins before its clients have logged in, which takes long on a crowded machine.
  if (times.length === 0)
    throw new Error(`no statement was answered within ${seconds} s: give it more --seconds`);
  const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? 0);
  return { done: times.length, rate, p50: (times[times.length >> 1] ?? 0) / 1000 };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
