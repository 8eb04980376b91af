/**
 * What a gateway's recording costs: building the entries of a point read (with and without literals to be sealed) alone, and 64
 * waiting readers against the real log, checkpoints included; then one read of 20,000 customers, which is one fsync.
 * Claims: under 30 microseconds of processor a read to build, at least 6,000 durable reads a second at 64 readers.
 * Run: npm run bench -- live-record [seconds] [readers] [--short]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import type { GatewayEvent } from "../src/capture/index.ts";
import { openRecorder, openSealing } from "../src/record/index.ts";
import { entriesOf } from "../src/serve/live/entries.ts";
import { recordInto } from "../src/serve/live/recorder.ts";

const given = process.argv.slice(2).filter((word) => word !== "--short");
const seconds = Number(given[0] ?? (process.argv.includes("--short") ? 2 : 6));
const readers = Number(given[1] ?? 64);
const dir = mkdtempSync(join(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-live-"));

const normalized =
  "SELECT id, name, email, phone, language FROM customers WHERE id = $1 AND deleted_at IS NULL ORDER BY id LIMIT $2";

function read(n: number, customers: number, literal: boolean): GatewayEvent {
  const actor = `agent-${n % 400}`;
  return {
    kind: "sighting",
    time: Date.now(),
    reader: { actor, role: "support", session: `s-${n % 64}`, ip: "10.1.2.3", application: "desk" },
    action: "read",
    seen: [
      {
        table: "public.customers",
        customers: Array.from({ length: customers }, (_, i) => `c-${(n + i) % 1_000_000}`),
        shown: ["id", "language", "name"],
        masked: ["email", "phone"],
        probed: [],
      },
    ],
    rows: customers,
    ticket: null,
    statement: {
      normalized,
      original: literal ? normalized.replace("$1", `'c-${n}'`).replace("$2", "1") : normalized,
    },
  };
}

const sealing = await openSealing(dir);
const log = await openRecorder(dir, { name: "log.example/bench" });
if (isRefusal(sealing) || isRefusal(log)) throw new Error("the log can't be opened");
const parts = {
  explain: (actor: string, customers: readonly string[]) =>
    customers.map((_, i) => (i % 2 === 0 ? { kind: "assigned" as const, ticket: `T-${actor}` } : null)),
  seal: (actor: string, text: string) => sealing.seal(`actor:${actor}`, text),
};
const record = recordInto({
  ...parts,
  appendAll: (said) => log.appendAll(said),
  isSuspended: () => false,
  alarms: () => [],
  expect: () => null,
});

for (const literal of [false, true]) {
  for (let n = 0; n < 4000; n++) await entriesOf(read(n, 1, literal), parts);
  const rounds = 40_000;
  const spent = process.cpuUsage();
  for (let n = 0; n < rounds; n++) await entriesOf(read(n, 1, literal), parts);
  const { system, user } = process.cpuUsage(spent);
  const micros = (system + user) / rounds;
  console.log(
    `build      ${micros.toFixed(1)} us a point read, ${literal ? "statement sealed" : "no literals"}`,
  );
}

let reads = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: readers }, async () => {
    while (performance.now() < started + seconds * 1000) {
      const refused = await record([read(reads++, 1, true)]);
      if (refused !== null) throw new Error(refused.what);
    }
  }),
);
const rate = (reads * 1000) / (performance.now() - started);
console.log(`record     ${rate.toFixed(0)} durable point reads/s at ${readers} readers`);

const many = read(7, 20_000, true);
const before = log.status().size;
const from = performance.now();
const refused = await record([many]);
if (refused !== null) throw new Error(refused.what);
console.log(
  `export     20,000 customers in ${(performance.now() - from).toFixed(1)} ms, ${log.status().size - before} entries`,
);
await log.close();
rmSync(dir, { recursive: true });
