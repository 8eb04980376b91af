/**
 * The recorder at 64 waiting callers, beside a bare loop that writes and fdatasyncs the same bytes in the same batches,
 * in one run and on one disk. Claim: at least 0.6 of the bare loop.
 * Run: npx rolldown bench/log-throughput.ts --platform node --file dist/bench/log-throughput.mjs && node dist/bench/log-throughput.mjs [seconds] [callers]
 */
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import { openRecorder } from "../src/record/index.ts";

const seconds = Number(process.argv[2] ?? 5);
const callers = Number(process.argv[3] ?? 64);
const dir = mkdtempSync(join(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-throughput-"));

function sighting(n: number): {
  readonly kind: string;
  readonly time: string;
  readonly [member: string]: string | string[];
} {
  return {
    action: "read",
    actor: `agent-${n % 400}`,
    customer: `c-${n}`,
    fields: ["email", "name", "phone"],
    kind: "sighting",
    session: "s-1",
    source: "gateway",
    ticket: `T-${n % 9000}`,
    time: "2026-01-31T09:30:00Z",
  };
}

interface Run {
  readonly entries: number;
  readonly millis: number;
  /** Sizes of the batches as they were written, in bytes. */
  readonly batches: readonly number[];
  readonly batchEntries: number;
}

async function recorded(): Promise<Run> {
  const recorder = await openRecorder(dir, { name: "log.example/bench" });
  if (isRefusal(recorder)) throw new Error(recorder.what);
  let entries = 0;
  const started = performance.now();
  const end = started + seconds * 1000;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      const receipt = await recorder.append(sighting(entries));
      if (isRefusal(receipt)) throw new Error(receipt.what);
      entries++;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const millis = performance.now() - started;
  const batches = framesOf(join(dir, "log/ahead"));
  await recorder.close();
  const after = performance.now() - started - millis;
  console.log(`closing took ${after.toFixed(0)} ms (what was still to be derived, and the last checkpoint)`);
  return { entries, millis, batches: batches.sizes, batchEntries: batches.entries };
}

/** Reads the frames' sizes back from the segments that are still there: a sample of what was written. */
function framesOf(folder: string): { readonly sizes: readonly number[]; readonly entries: number } {
  const sizes: number[] = [];
  let entries = 0;
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    for (let at = 16; at + 24 <= bytes.length; at += 24 + bytes.readUInt32BE(at + 8)) {
      sizes.push(24 + bytes.readUInt32BE(at + 8));
      entries += bytes.readUInt32BE(at + 12);
    }
  }
  return { sizes, entries };
}

function bare(batches: readonly number[]): number {
  const fd = openSync(join(dir, "bare"), "w");
  const bytes = Buffer.alloc(Math.max(...batches), 120);
  const started = performance.now();
  let written = 0;
  while (performance.now() < started + seconds * 1000) {
    writeSync(fd, bytes, 0, batches[written % batches.length] ?? 0);
    fdatasyncSync(fd);
    written++;
  }
  closeSync(fd);
  return (written * 1000) / (performance.now() - started);
}

const run = await recorded();
const perBatch = run.batchEntries / run.batches.length;
const recorderRate = (run.entries * 1000) / run.millis;
const bareBatches = bare(run.batches);
const bareRate = bareBatches * perBatch;
console.log(`${callers} callers, ${seconds} s: ${run.entries} entries, ${perBatch.toFixed(1)} a batch`);
console.log(`recorder   ${recorderRate.toFixed(0)} entries/s, durable, tiles and checkpoints included`);
console.log(
  `bare loop  ${bareRate.toFixed(0)} entries/s (${bareBatches.toFixed(0)} write + fdatasync a second)`,
);
console.log(`ratio      ${(recorderRate / bareRate).toFixed(2)} (claimed: at least 0.60)`);
rmSync(dir, { recursive: true });
