/**
 * `whosaw serve` in one process and in several (`gateway.workers`), in front of the same server, in turns of one run: pgbench, prepared,
 * 16 clients. All of them record through one recorder. Prints each one's rate, and the processor time that a statement costs in all of
 * whosaw's processes together, which doesn't depend on who else uses the machine. Needs pgbench.
 * Run: npm run bench -- gateway-workers [--workers N] [--seconds N] [--turns N]
 */
import { readFileSync } from "node:fs";
import { asOwner, startPostgres } from "../test/gateway/postgres.ts";
import { deskPassword, serveDesk } from "../test/gateway/serving.ts";
import { median, pgbench } from "./gateway/pgbench.ts";

const given = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const seconds = given("seconds", 15);
const turns = given("turns", 3);
const clients = 16;
/** Linux tells processor time in hundredths of a second. */
const tickMicros = 10_000;

const postgres = await startPostgres({ customers: 6000, agents: 5, markers: false });
await asOwner(postgres, [
  `create role desk_control login password '${postgres.agent.password}'`,
  "grant select on tickets to desk_control",
]);

const statements = {
  "nobody's data": "select title from kb.articles where id = :id;",
  "a customer by id": "select name, email, phone from customers where id = :id;",
};

const isGateway = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker");

/** The process that records and its gateway processes; not the store's engine, which has its own work. */
function processes(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
  return [pid, ...children.filter((child) => child > 1 && isGateway(child))];
}

function processorMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMicros;
}

interface Measured {
  readonly rate: number;
  readonly p50: number;
  /** Processor time of a statement, microseconds: of all processes, and of the one that has most to do. */
  readonly all: number;
  readonly most: number;
}

/** One serve at a time: the other's processes must not take its share. */
async function measured(workers: number, sql: string): Promise<Measured> {
  const served = await serveDesk(postgres, workers);
  const { pid = 0 } = await served.start();
  const address = { host: "127.0.0.1", port: served.port, database: postgres.database };
  const login = { user: "lead-1", password: deskPassword };
  try {
    // Warm: statements are planned, parsers compiled, in every process.
    pgbench(address, login, { sql, clients, seconds });
    const all = processes(pid);
    if (all.length !== (workers === 1 ? 1 : workers + 1)) throw new Error(`${all.length} processes serve`);
    const before = all.map(processorMicros);
    const { done, p50, rate } = pgbench(address, login, { sql, clients, seconds });
    const spent = all.map((one, at) => (processorMicros(one) - (before[at] ?? 0)) / done);
    return { rate, p50, all: spent.reduce((sum, one) => sum + one, 0), most: Math.max(...spent) };
  } finally {
    await served.remove();
  }
}

for (const [name, sql] of Object.entries(statements)) {
  const counts = [1, given("workers", 2)];
  const figures = new Map(counts.map((count) => [count, [] as Measured[]]));
  for (let turn = 0; turn < turns; turn++)
    for (const count of counts) figures.get(count)?.push(await measured(count, sql));
  const parts = counts.map((count) => {
    const of = (which: keyof Measured): number => median((figures.get(count) ?? []).map((one) => one[which]));
    return `${count} ${count === 1 ? "process" : "processes"} ${of("rate").toFixed(0)}/s, p50 ${of("p50").toFixed(2)} ms, ${of("all").toFixed(0)} us of processor a statement (${of("most").toFixed(0)} in the busiest process)`;
  });
  console.log(`${name}, ${clients} clients: ${parts.join(" · ")}`);
}
await postgres.stop();
