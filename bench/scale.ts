/**
 * Import and questions at scale, beside DuckDB on the same files in one run:
 * `npm run bench -- scale [--short] [--keep DIR [--trace]]`. Full: 12 million customers, 5,000 actors, 250 million sightings, about 25 GB of
 * disk and half an hour; --short: a tenth; --keep leaves everything in DIR, and takes the Parquet files from there next time;
 * --trace times nothing but a trace, on what --keep left. Prints ratios; a figure above its target is a loss and says so.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { isRefusal, systemClock } from "../src/base/index.ts";
import type { CustomerId, Instant } from "../src/domain/index.ts";
import { always, openDesk, type Desk } from "../src/serve/index.ts";
import { fullScale, tenthScale, writeScaleWorld } from "./scale-world.ts";

const short = process.argv.includes("--short");
const world = short ? tenthScale : fullScale;
const kept = process.argv.includes("--keep") ? process.argv[process.argv.indexOf("--keep") + 1] : undefined;
const folder = kept ?? mkdtempSync(join(tmpdir(), "whosaw-scale-"));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const memory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 2 ** 20;

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}

/** Of several runs the median: one run is at the mercy of whatever else the machine does. */
async function medianSeconds(acts: readonly (() => Promise<unknown>)[]): Promise<number> {
  const times: number[] = [];
  for (const act of acts) times.push(await seconds(act));
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

function ratio(
  what: string,
  ours: number,
  theirs: number,
  target: { readonly most: number } | { readonly least: number },
): void {
  const value = ours / theirs;
  const met = "most" in target ? value <= target.most : value >= target.least;
  const bound = "most" in target ? `at most ${target.most}` : `at least ${target.least}`;
  say(
    `${what.padEnd(46)} ${value.toFixed(3).padStart(8)}   target ${bound}: ${met ? "met" : "MISSED"}   (whosaw ${ours.toPrecision(3)}, DuckDB ${theirs.toPrecision(3)})`,
  );
}

async function open(): Promise<Desk> {
  const desk = await openDesk({ data: join(folder, "data"), clock: systemClock, onEvent: say });
  if (isRefusal(desk)) throw new Error(desk.what);
  return desk;
}

interface TraceTimes {
  readonly reports: number;
  /** Seconds: the first trace after opening, and the ones after it in order of length. */
  readonly cold: number;
  readonly warm: readonly number[];
}

/** A hundred customers of one thief and a hundred whom nobody sold, all reported: traced once cold, then seven times. */
async function timeTrace(desk: Desk): Promise<TraceTimes> {
  const thief = await desk.store.query<{ customer: string; time: string }>(
    "SELECT customer, toString(max(time) + INTERVAL 7 DAY) AS time FROM sightings WHERE actor = 'agent-0042' AND ticket = '' GROUP BY customer ORDER BY cityHash64(customer) LIMIT 100",
  );
  const reports = [
    ...thief,
    ...sample.slice(0, 100).map((customer) => ({ customer, time: "2019-11-15 00:00:00.000" })),
  ].map(({ customer, time }) => ({
    customer: customer as CustomerId,
    time: Date.parse(`${time.replace(" ", "T")}Z`) as Instant,
    knew: ["name", "email"],
  }));
  const cold = await seconds(() => desk.trace(reports, always));
  const warm: number[] = [];
  for (let turn = 0; turn < 7; turn++) warm.push(await seconds(() => desk.trace(reports, always)));
  return { reports: reports.length, cold, warm: warm.sort((a, b) => a - b) };
}

function sayTrace({ reports, cold, warm }: TraceTimes): void {
  const [least, middle, most] = [0, 0.5, 1].map((share) =>
    (warm[Math.round((warm.length - 1) * share)] ?? Number.NaN).toFixed(2),
  );
  say(
    `trace of ${reports} reports: ${middle} s warm (${least} to ${most} in ${warm.length}), ${cold.toFixed(2)} s the first time (target: at most 2 s at full size)`,
  );
}

say(
  `${world.customers} customers, ${world.actors} actors, ${world.sightings} sightings${short ? " (--short)" : ""}`,
);
const files = join(folder, "world");
const accesses = existsSync(files)
  ? readdirSync(files)
      .filter((name) => name.startsWith("accesses"))
      .sort()
      .map((name) => join(files, name))
  : writeScaleWorld(world, files, () => {});
const sample = Array.from(
  { length: 200 },
  (_, i) => `c${String(Math.floor((world.customers / 200) * i * 0.37)).padStart(8, "0")}`,
);

if (process.argv.includes("--trace")) {
  if (kept === undefined || !existsSync(join(folder, "data")))
    throw new Error("--trace times a store that an earlier run with --keep DIR has left: give --keep DIR");
  const desk = await open();
  sayTrace(await timeTrace(desk));
  await desk.close();
  process.exit(0);
}

// DuckDB first, and closed before whosaw starts, so that neither holds memory the other could use.
const duckFile = join(folder, "peer.duckdb");
const duck = await DuckDBInstance.create(duckFile, { threads: "2" });
const peer = await duck.connect();
const duckImport = await seconds(async () => {
  await peer.run(
    `CREATE TABLE sightings AS SELECT * FROM read_parquet([${accesses.map((file) => `'${file}'`).join(",")}])`,
  );
  await peer.run("CHECKPOINT");
});
const duckBytes = statSync(duckFile).size;
const duckOne = await medianSeconds(
  sample
    .slice(0, 15)
    .map(
      (customer) => () =>
        peer.runAndReadAll(`SELECT * FROM sightings WHERE customer = '${customer}' ORDER BY time`),
    ),
);
const list = sample.map((customer) => `'${customer}'`).join(",");
const duckMany = await medianSeconds(
  Array.from(
    { length: 5 },
    () => () =>
      peer.runAndReadAll(
        `SELECT actor, count(DISTINCT customer) AS n FROM sightings WHERE customer IN (${list}) GROUP BY actor ORDER BY n DESC`,
      ),
  ),
);
peer.closeSync();
duck.closeSync();
rmSync(duckFile, { force: true });

rmSync(join(folder, "data"), { recursive: true, force: true });
const desk = await open();
for (const table of ["customers", "tickets", "actors"]) {
  const told = await desk.importPaths([join(folder, "world", `${table}.parquet`)], { keep: false });
  if (isRefusal(told)) throw new Error(told.what);
}
const answer = await desk.importPaths(accesses, { keep: false });
if (isRefusal(answer)) throw new Error(answer.what);
const [size] = await desk.store.query<{ bytes: number; rows: number }>(
  "SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts WHERE active AND table = 'sightings' AND database = currentDatabase()",
);
const before = (): number => memory(desk.store.enginePid() ?? process.pid);
// The same question to both: every column of one customer's sightings, in order of time.
const plain = await medianSeconds(
  sample.slice(0, 15).map(
    (customer) => () =>
      desk.store.query("SELECT * FROM sightings WHERE customer = {customer:String} ORDER BY time", {
        customer,
      }),
  ),
);
const one = await medianSeconds(
  sample.slice(0, 15).map((customer) => () => desk.whoSaw(customer as CustomerId, always)),
);
const many = await medianSeconds(
  Array.from(
    { length: 5 },
    () => () =>
      desk.store.query(
        "SELECT actor, uniqExact(customer) AS n FROM sightings WHERE customer IN {customers:Array(String)} GROUP BY actor ORDER BY n DESC",
        { customers: sample },
        { optimize_use_projections: 0 },
      ),
  ),
);
const traced = await timeTrace(desk);
say("");
ratio("import, rows a second", (size?.rows ?? 0) / answer.seconds.importing, world.sightings / duckImport, {
  least: 0.5,
});
ratio("who saw this customer, seconds", plain, duckOne, { most: 0.12 });
say(
  `  with explanations, bystanders, receipts and exposure unknown: ${(one * 1000).toFixed(0)} ms, ${(one / duckOne).toFixed(3)} of DuckDB's time for the bare rows`,
);
ratio("which accounts saw these 200 customers, seconds", many, duckMany, { most: 0.2 });
ratio("bytes a sighting", (size?.bytes ?? 0) / (size?.rows ?? 1), duckBytes / world.sightings, { most: 2 });
sayTrace(traced);
say(
  `classing every sighting and counting what a trace reads: ${answer.seconds.explaining.toFixed(0)} s after the import, ` +
    `${(answer.seconds.explaining / duckImport).toFixed(1)} times DuckDB's import`,
);
say(
  `peak memory of the engine after all this: ${before().toFixed(2)} GiB; of this process: ${memory(process.pid).toFixed(2)} GiB`,
);
await desk.close();
if (kept === undefined) rmSync(folder, { recursive: true, force: true });
