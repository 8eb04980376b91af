/**
 * pgbench, prepared, against the bare server, PgBouncer and whosaw in turns of one run. whosaw is a process of its own, with the real log:
 * every protected read is on the disk before it is released. Prints ratios against the targets of the design, and the gateway's memory with
 * 500 idle and 64 busy clients. Needs pgbench and pgbouncer (apt-get install postgresql-client pgbouncer); what is missing is left out, by name.
 * Run: npm run bench -- gateway-speed [--seconds N] [--turns N] [--short] [--memory (only that)]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { openGatewayLog } from "../src/serve/live/fixture.testing.ts";
import { type Address, join, type RawClient } from "../test/gateway/client.ts";
import { freePort, type Postgres, startPostgres } from "../test/gateway/postgres.ts";
import { wideRole } from "../test/gateway/protection.ts";
import { startThrough } from "../test/gateway/through.ts";
import { type Figure, median, pgbench } from "./gateway/pgbench.ts";

const short = process.argv.includes("--short");
const given = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const seconds = given("seconds", short ? 2 : 10);
const turns = given("turns", short ? 1 : 3);
const folder = mkdtempSync(path(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-speed-"));

/** The gateway alone in its process: `--child FOLDER`, with the server on the environment. */
async function child(dir: string): Promise<never> {
  const postgres: Postgres = {
    ...JSON.parse(process.env["WHOSAW_BENCH_SERVER"] ?? "{}"),
    stop: async () => undefined,
  };
  const { record } = await openGatewayLog(dir);
  const gateway = await startThrough({
    postgres,
    roles: { desk_lead: wideRole },
    record,
    onTrouble: (what) => process.stderr.write(`${what}\n`),
  });
  process.stdout.write(`${JSON.stringify(gateway.address)}\n`);
  return new Promise(() => undefined);
}

async function startChild(
  postgres: Postgres,
): Promise<{ readonly process: ChildProcess; readonly address: Address }> {
  const { stop: _, ...server } = postgres;
  const started = spawn(process.execPath, [process.argv[1] ?? "", "--child", path(folder, "data")], {
    env: { ...process.env, WHOSAW_BENCH_SERVER: JSON.stringify(server) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told = await new Promise<string>((settle) =>
    started.stdout?.once("data", (chunk: Buffer) => settle(chunk.toString())),
  );
  return { process: started, address: JSON.parse(told) as Address };
}

/** Session pooling, which is what a prepared statement needs of this version. */
async function startBouncer(
  postgres: Postgres,
): Promise<{ readonly process: ChildProcess; readonly address: Address } | null> {
  const bin = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((file) => existsSync(file));
  if (bin === undefined) return null;
  const port = await freePort();
  const { user, password } = postgres.lead;
  const users = path(folder, "users.txt");
  writeFileSync(users, `"${user}" "${password}"\n`);
  const ini = path(folder, "bouncer.ini");
  writeFileSync(
    ini,
    `[databases]\nhelpdesk = host=127.0.0.1 port=${postgres.port} dbname=helpdesk\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${users}\npool_mode = session\ndefault_pool_size = 100\nmax_client_conn = 700\nignore_startup_parameters = extra_float_digits\n`,
  );
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "postgres", folder]);
  const asOther = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
  const started = spawn(bin, [...asOther, "-q", ini], { stdio: ["ignore", "ignore", "inherit"] });
  await new Promise((done) => setTimeout(done, 800));
  return { process: started, address: { host: "127.0.0.1", port, database: "helpdesk" } };
}

/** The median of one small write and its fdatasync, in milliseconds. */
function fsyncMillis(): number {
  const fd = openSync(path(folder, "sync"), "w");
  const times = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    writeSync(fd, Buffer.alloc(600, 1));
    fdatasyncSync(fd);
    return performance.now() - begun;
  });
  closeSync(fd);
  return times.sort((a, b) => a - b)[100] ?? 0;
}

type Sides = Readonly<Record<string, Address>>;

/** Each side in turn, so that a noisy machine is noisy for all. */
function compare(
  sides: Sides,
  postgres: Postgres,
  sql: string,
  clients: number,
): Readonly<Record<string, Figure>> {
  const figures = new Map(Object.keys(sides).map((side) => [side, [] as Figure[]]));
  for (let turn = 0; turn < turns; turn++)
    for (const [side, address] of Object.entries(sides))
      figures.get(side)?.push(pgbench(address, postgres.lead, { sql, clients, seconds }));
  return Object.fromEntries(
    [...figures].map(([side, all]) => [
      side,
      {
        done: all.reduce((sum, { done }) => sum + done, 0),
        rate: median(all.map(({ rate }) => rate)),
        p50: median(all.map(({ p50 }) => p50)),
      },
    ]),
  );
}

function say(name: string, figures: Readonly<Record<string, Figure>>): void {
  const parts = Object.entries(figures).map(
    ([side, { rate, p50 }]) => `${side} ${rate.toFixed(0)}/s p50 ${p50.toFixed(3)} ms`,
  );
  console.log(`${name}: ${parts.join(" · ")}`);
}

const verdict = (what: string, value: number, target: number, least: boolean): void =>
  console.log(
    `  ${what} ${value.toFixed(2)} (target: at ${least ? "least" : "most"} ${target.toFixed(2)})${(least ? value >= target : value <= target) ? "" : "  MISSED"}`,
  );

function residentMegabytes(pid: number | undefined, key: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
}

const bare = "select title from kb.articles where id = :id;";
const point = "select name, email, phone from customers where id = :id;";

function compareAll(sides: Sides, postgres: Postgres): void {
  const one = compare(sides, postgres, bare, 1);
  say("nobody's data, 1 client", one);
  verdict("added p50, ms", (one["whosaw"]?.p50 ?? 0) - (one["direct"]?.p50 ?? 0), 0.2, false);
  const sixteen = compare(sides, postgres, bare, 16);
  say("nobody's data, 16 clients", sixteen);
  verdict(
    "of PgBouncer's rate",
    (sixteen["whosaw"]?.rate ?? 0) / (sixteen["pgbouncer"]?.rate ?? Infinity),
    0.6,
    true,
  );
  const sync = fsyncMillis();
  const read = compare(sides, postgres, point, 1);
  say(`a customer by id, 1 client (fdatasync ${sync.toFixed(2)} ms)`, read);
  verdict("added p50, ms", (read["whosaw"]?.p50 ?? 0) - (read["direct"]?.p50 ?? 0), sync + 1, false);
  const busy = compare(sides, postgres, point, 64);
  say("a customer by id, 64 clients", busy);
  verdict("thousand reads a second", (busy["whosaw"]?.rate ?? 0) / 1000, 6, true);
  const large = compare(
    sides,
    postgres,
    "select id, name, email, phone from customers order by id limit 5000;",
    1,
  );
  say("5,000 customers, 1 client", large);
  verdict(
    "of the direct rate",
    (large["whosaw"]?.rate ?? 0) / (large["direct"]?.rate ?? Infinity),
    0.5,
    true,
  );
}

/** 500 clients that have asked for something once and now wait, and 64 that ask all the time. */
async function memory(address: Address, pid: number | undefined, postgres: Postgres): Promise<void> {
  const empty = residentMegabytes(pid, "VmRSS");
  const idle: RawClient[] = [];
  for (let at = 0; at < 500; at++) {
    const client = await join(address, postgres.lead);
    await client.query(`select name, email, phone from customers where id = ${at + 1}`);
    idle.push(client);
  }
  const quiet = residentMegabytes(pid, "VmRSS");
  const crowd = pgbench(address, postgres.lead, { sql: point, clients: 64, seconds });
  console.log(
    `memory: ${empty.toFixed(0)} MB with nobody, ${quiet.toFixed(0)} MB with 500 idle clients; with 64 busy ones as well ${crowd.rate.toFixed(0)}/s`,
  );
  verdict("MB resident afterwards", residentMegabytes(pid, "VmRSS"), 300, false);
  verdict("MB at the highest", residentMegabytes(pid, "VmHWM"), 300, false);
  await Promise.all(idle.map(async (client) => client.end()));
}

if (process.argv.includes("--child")) await child(process.argv[process.argv.indexOf("--child") + 1] ?? "");
const onlyMemory = process.argv.includes("--memory");
const postgres = await startPostgres({
  customers: 6000,
  agents: 40,
  markers: false,
  settings: ["max_connections=700"],
});
const bouncer = onlyMemory ? null : await startBouncer(postgres);
const whosaw = await startChild(postgres);
// Whatever ends this run ends what it has started.
process.once("exit", () => {
  whosaw.process.kill();
  bouncer?.process.kill();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (!onlyMemory) {
  if (bouncer === null) console.log("no pgbouncer here: its column is left out");
  const others = bouncer === null ? {} : { pgbouncer: bouncer.address };
  compareAll({ direct: postgres, ...others, whosaw: whosaw.address }, postgres);
}
bouncer?.process.kill();
await memory(whosaw.address, whosaw.process.pid, postgres);
whosaw.process.kill();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
