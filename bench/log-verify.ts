/**
 * The verifier beside bare hashing, in one run over the same log, one thread each: the leaves alone, and all that any verifier
 * must hash (every leaf, every entry, every node of the tree). crypto.hash gives a Buffer at more than twice the cost of text, so
 * both are printed. Claim: at least half the rate of all that must be hashed.
 * Run: npm run bench -- log-verify [entries] [--short]
 */
import { hash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import { openRecorder } from "../src/record/index.ts";
import { decodeBundle } from "../src/tlog/index.ts";
import { verifyLog } from "../src/verify/index.ts";

const given = process.argv.slice(2).find((word) => word !== "--short");
const size = Number(given ?? (process.argv.includes("--short") ? 20_000 : 200_000));
const dir = mkdtempSync(join(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-verify-"));

async function fill(): Promise<void> {
  const recorder = await openRecorder(dir, { name: "log.example/bench" });
  if (isRefusal(recorder)) throw new Error(recorder.what);
  for (let first = 0; first < size; first += 2000) {
    const said = Array.from({ length: Math.min(2000, size - first) }, (_, at) => ({
      action: "read",
      actor: `agent-${at % 400}`,
      customer: `c-${first + at}`,
      fields: ["email", "name", "phone"],
      kind: "sighting",
      session: "s-1",
      source: "gateway",
      ticket: `T-${at % 9000}`,
      time: "2026-01-31T09:30:00Z",
    }));
    const receipts = await recorder.appendAll(said);
    if ("kind" in receipts) throw new Error(receipts.what);
  }
  await recorder.close();
}

function recordsOf(folder: string, kind: "leaves" | "entries"): readonly Buffer[] {
  return readdirSync(join(dir, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => decodeBundle(kind, readFileSync(join(entry.parentPath, entry.name))) ?? []);
}

/** Nanoseconds of processor time so far: the clock on the wall tells of the neighbours too. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Nanoseconds a call. */
function timed(count: number, work: (at: number) => void): number {
  const started = spent();
  for (let at = 0; at < count; at++) work(at);
  return (spent() - started) / count;
}

await fill();
const leaves = recordsOf("log/tile/entries", "leaves").map((leaf) => Buffer.concat([Buffer.of(0), leaf]));
const entries = recordsOf("log/entries", "entries");
const node = randomBytes(65);
const rates: number[][] = [];
for (let round = 0; round < 3; round++) {
  const started = spent();
  const verdict = await verifyLog(dir);
  const mine = (spent() - started) / size;
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems[0]));
  const thoroughly = spent();
  await verifyLog(dir, { thorough: true });
  const thorough = (spent() - thoroughly) / size;
  const bare = (["buffer", "hex"] as const).map((encoding) => {
    const leaf = timed(size, (at) => hash("sha256", leaves[at] ?? node, encoding));
    const entry = timed(size, (at) => hash("sha256", entries[at] ?? node, encoding));
    return [leaf, leaf + entry + timed(size, () => hash("sha256", node, encoding))];
  });
  rates.push([mine, thorough, ...bare.flat()]);
}
const best = [0, 1, 2, 3, 4, 5].map((column) => Math.min(...rates.map((row) => row[column] ?? Infinity)));
const [mine = 1, thorough = 1, ...bare] = best;
const rate = (nanos: number): string => (1e9 / nanos).toFixed(0);
console.log(`${size} entries, best of 3, a second of processor time`);
console.log(`verify                     ${rate(mine)} entries/s`);
console.log(`verify, thorough           ${rate(thorough)} entries/s`);
for (const [at, what] of [
  "leaves alone, as Buffer      ",
  "leaf, entry, node, as Buffer ",
  "leaves alone, as hex         ",
  "leaf, entry, node, as hex    ",
].entries())
  console.log(`${what}${rate(bare[at] ?? 1)} entries/s; ratio ${((bare[at] ?? 1) / mine).toFixed(2)}`);
rmSync(dir, { recursive: true });
