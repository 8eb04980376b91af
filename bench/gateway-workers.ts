/**
 * `whosaw serve` in one process and in several (`gateway.workers`), in front of the same server, in turns of one run: pgbench, prepared,
 * 64 clients. All of them record through one recorder. Prints each one's rate and its ratio to one process. Needs pgbench.
 * Run: npm run bench -- gateway-workers [--workers N] [--seconds N] [--turns N]
 */
import { asOwner, startPostgres } from "../test/gateway/postgres.ts";
import { deskPassword, type ServedDesk, serveDesk } from "../test/gateway/serving.ts";
import { type Figure, median, pgbench } from "./gateway/pgbench.ts";

const given = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const seconds = given("seconds", 8);
const turns = given("turns", 3);
const clients = 64;

const postgres = await startPostgres({ customers: 6000, agents: 5, markers: false });
await asOwner(postgres, [
  `create role desk_control login password '${postgres.agent.password}'`,
  "grant select on tickets to desk_control",
]);

const statements = {
  "nobody's data": "select title from kb.articles where id = :id;",
  "a customer by id": "select name, email, phone from customers where id = :id;",
};

/** One serve at a time: the other's processes must not take its share. */
async function measured(workers: number, sql: string): Promise<Figure> {
  const served: ServedDesk = await serveDesk(postgres, workers);
  await served.start();
  const address = { host: "127.0.0.1", port: served.port, database: postgres.database };
  const login = { user: "lead-1", password: deskPassword };
  try {
    // Warm: statements are planned, parsers compiled, in every process.
    pgbench(address, login, { sql, clients, seconds: 2 });
    return pgbench(address, login, { sql, clients, seconds });
  } finally {
    await served.remove();
  }
}

for (const [name, sql] of Object.entries(statements)) {
  const counts = [1, given("workers", 2)];
  const figures = new Map(counts.map((count) => [count, [] as Figure[]]));
  for (let turn = 0; turn < turns; turn++)
    for (const count of counts) figures.get(count)?.push(await measured(count, sql));
  const rates = counts.map((count) => median((figures.get(count) ?? []).map(({ rate }) => rate)));
  const p50s = counts.map((count) => median((figures.get(count) ?? []).map(({ p50 }) => p50)));
  const parts = counts.map(
    (count, at) =>
      `${count} ${count === 1 ? "process" : "processes"} ${rates[at]?.toFixed(0)}/s p50 ${p50s[at]?.toFixed(2)} ms`,
  );
  console.log(
    `${name}, ${clients} clients: ${parts.join(" · ")}; ratio ${((rates[1] ?? 0) / (rates[0] ?? 1)).toFixed(2)}`,
  );
}
await postgres.stop();
