/**
 * Claim: fast (tracing.md, 6): a trace of 200 reports in at most 2 s, and growth in the number of reports no worse than linear. Fills a
 * store by SQL with a desk of the asked size, builds the derived tables, and times traces of 50, 100 and 200 reports, warm.
 * npm run bench -- trace-speed [--short | --full]; --full is 12 million customers, 5,000 accounts, 250 million sightings.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import { refreshExplanations } from "../src/explain/index.ts";
import { median } from "../src/stats/index.ts";
import { openStore, type Store } from "../src/store/index.ts";
import { type GivenReport, refreshReach, traceReports } from "../src/trace/index.ts";
import { line } from "./trace/options.ts";

const sizes = process.argv.includes("--full")
  ? { customers: 12_000_000, actors: 5000, sightings: 250_000_000, tickets: 15_000_000 }
  : process.argv.includes("--short")
    ? { customers: 200_000, actors: 200, sightings: 2_000_000, tickets: 200_000 }
    : { customers: 1_200_000, actors: 1000, sightings: 25_000_000, tickets: 1_500_000 };
const batch = 10_000_000;
const begin = "toDateTime64('2019-01-01 00:00:00', 3, 'UTC')";
const seconds = 300 * 86_400;

/** A customer's own few agents, one ticket each on some, reads around it, and one in twenty reads by anybody. */
async function fill(store: Store): Promise<void> {
  const { customers, actors, sightings, tickets } = sizes;
  const agent = (customer: string, turn: string): string =>
    `concat('agent-', leftPad(toString((intDiv(${customer}, ${Math.ceil(customers / (actors / 10))}) * 10 + ${turn}) % ${actors}), 4, '0'))`;
  await store.command(`
    INSERT INTO customers (id, language, kind, created, segments, import, line)
    SELECT concat('c', leftPad(toString(number), 8, '0')), ['en', 'en', 'en', 'ja', 'de'][1 + number % 5],
           if(cityHash64(number, 1) % 7 = 0, 'business', 'consumer'), ${begin} - toIntervalDay(cityHash64(number, 2) % 2000),
           map('has_phone', if(cityHash64(number, 3) % 5 < 3, 'yes', 'no')), 1, number FROM numbers(${customers})`);
  const ofTicket = `cityHash64(number, 4) % ${customers}`;
  const opened = `${begin} + toIntervalSecond(cityHash64(number, 5) % ${seconds})`;
  await store.command(`
    INSERT INTO tickets (id, customer, opened, closed, assignee, import, line)
    SELECT concat('t', toString(number)), concat('c', leftPad(toString(${ofTicket}), 8, '0')), ${opened},
           ${opened} + toIntervalDay(4), ${agent(ofTicket, "cityHash64(number, 6) % 10")}, 1, number FROM numbers(${tickets})`);
  for (let from = 0; from < sightings; from += batch) {
    const ticket = `number % ${tickets}`;
    const customer = `cityHash64(${ticket}, 4) % ${customers}`;
    const astray = "cityHash64(number, 7) % 20 = 0";
    await store.command(`
      INSERT INTO sightings (customer, actor, time, action, fields, ticket, session, ip, source, import, line)
      SELECT concat('c', leftPad(toString(if(${astray}, cityHash64(number, 8) % ${customers}, ${customer})), 8, '0')),
             ${agent(customer, `cityHash64(${ticket}, 6 + (cityHash64(number, 9) % 5 = 0)) % 10`)},
             ${begin} + toIntervalSecond(cityHash64(${ticket}, 5) % ${seconds} + cityHash64(number, 10) % 300000),
             if(cityHash64(number, 11) % 4 = 0, 'search', 'read'), 'email;name;ticket', '', toString(intDiv(number, 50)),
             concat('10.0.', toString(cityHash64(number, 12) % 4), '.1'), 'desk', 1, number
      FROM numbers(${from}, ${Math.min(batch, sightings - from)})`);
  }
  await store.command(
    `INSERT INTO imports (import, file, table, started, finished) VALUES (1, 'made', 'accesses', '2019-01-01 00:00:00', '2019-01-01 00:00:00')`,
  );
}

async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const start = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

/** Half of the reports are of customers whom one agent read, the others of anybody. */
async function reportsOf(store: Store, count: number): Promise<readonly GivenReport[]> {
  const rows = await store.query<{ customer: string }>(
    "SELECT DISTINCT customer FROM sightings WHERE actor = 'agent-0007' AND time < toDateTime64('2019-07-01 00:00:00', 3, 'UTC') ORDER BY cityHash64(customer) LIMIT {count:UInt32}",
    { count: Math.ceil(count / 2) },
  );
  const others = Array.from(
    { length: count - rows.length },
    (_, i) => `c${String((i * 7919) % sizes.customers).padStart(8, "0")}`,
  );
  const start = Date.UTC(2019, 7, 1);
  return [...rows.map(({ customer }) => customer), ...others].map((customer, i) => ({
    customer,
    time: start + ((i * 37) % 60) * 86_400_000,
    knew: i % 3 === 0 ? ["name", "ticket"] : ["name", "phone"],
  }));
}

const data = mkdtempSync(join(tmpdir(), "whosaw-speed-"));
const opened = await openStore({ data });
if (isRefusal(opened)) throw new Error(opened.what);
try {
  const filled = await timed(() => fill(opened));
  const explained = await timed(() => refreshExplanations(opened));
  const built = await timed(() => refreshReach(opened));
  console.log(`${sizes.customers} customers, ${sizes.actors} accounts, ${sizes.sightings} sightings`);
  console.log(
    `filled in ${filled.seconds.toFixed(1)} s, explained in ${explained.seconds.toFixed(1)} s, derived tables in ${built.seconds.toFixed(1)} s`,
  );
  console.log(line(["reports", "cold s", "warm s"], [10, 10, 10]));
  const warm: number[] = [];
  for (const count of [50, 100, 200]) {
    const given = await reportsOf(opened, count);
    const cold = await timed(() => traceReports(opened, given));
    const again = [
      (await timed(() => traceReports(opened, given))).seconds,
      (await timed(() => traceReports(opened, given))).seconds,
      (await timed(() => traceReports(opened, given))).seconds,
    ];
    warm.push(median(again));
    console.log(line([count, cold.seconds.toFixed(2), median(again).toFixed(2)], [10, 10, 10]));
    if (count === 200)
      console.log(
        `verdict ${cold.result.verdict}, top ${cold.result.accounts[0]?.actor ?? "none"} at ${(cold.result.accounts[0]?.probability ?? 0).toFixed(3)}`,
      );
  }
  const growth = (warm[2] ?? 0) / Math.max(1e-9, warm[0] ?? 0);
  console.log(`four times the reports take ${growth.toFixed(2)} times as long`);
  process.exitCode = (warm[2] ?? Infinity) <= 2 && growth <= 4.4 ? 0 : 1;
} finally {
  await opened.close();
  rmSync(data, { recursive: true, force: true });
}
