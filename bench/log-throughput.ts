/**
 * The recorder at 64 waiting callers, beside a bare loop that writes and fdatasyncs the same bytes in the same batches,
 * in one run and on one disk, in turns of a second, so that a noisy disk is
 * noisy for both. The recorder's turn ends with its checkpoint. Claim: at least 0.6 of the bare loop.
 * Run: npm run bench -- log-throughput [turns] [callers] [--short]
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
import { openRecorder, type Recorder } from "../src/record/index.ts";

const given = process.argv.slice(2).filter((word) => word !== "--short");
const turns = Number(given[0] ?? (process.argv.includes("--short") ? 2 : 6));
const turnMillis = 1000;
const callers = Number(given[1] ?? 64);
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

interface Frames {
  /** Sizes of the batches as they were written, in bytes. */
  readonly sizes: readonly number[];
  readonly entries: number;
}

/** Entries recorded in one turn, and how long it took until they were under a checkpoint. */
async function recorded(recorder: Recorder): Promise<{ readonly entries: number; readonly millis: number }> {
  let entries = 0;
  const started = performance.now();
  const call = async (): Promise<void> => {
    while (performance.now() < started + turnMillis) {
      const receipt = await recorder.append(sighting(entries));
      if (isRefusal(receipt)) throw new Error(receipt.what);
      entries++;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const published = await recorder.checkpoint();
  if (isRefusal(published)) throw new Error(published.what);
  return { entries, millis: performance.now() - started };
}

/** The frames of the segments that are still there: a sample of what was written. */
function framesOf(folder: string): Frames {
  const sizes: number[] = [];
  let entries = 0;
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    for (let at = 16; at + 24 <= bytes.length && bytes[at] !== 0; at += 24 + bytes.readUInt32BE(at + 8)) {
      sizes.push(24 + bytes.readUInt32BE(at + 8));
      entries += bytes.readUInt32BE(at + 12);
    }
  }
  return { sizes, entries };
}

/** Batches written and fdatasynced in one turn. */
function bare(fd: number, sizes: readonly number[]): { readonly batches: number; readonly millis: number } {
  const bytes = Buffer.alloc(Math.max(...sizes), 120);
  const started = performance.now();
  let batches = 0;
  for (; performance.now() < started + turnMillis; batches++) {
    writeSync(fd, bytes, 0, sizes[batches % sizes.length] ?? 0);
    fdatasyncSync(fd);
  }
  return { batches, millis: performance.now() - started };
}

const recorder = await openRecorder(dir, { name: "log.example/bench" });
if (isRefusal(recorder)) throw new Error(recorder.what);
const fd = openSync(join(dir, "bare"), "w");
const mine = { entries: 0, millis: 0 };
const other = { entries: 0, millis: 0, batches: 0 };
let perBatch = 0;
for (let turn = 0; turn < turns; turn++) {
  const run = await recorded(recorder);
  const frames = framesOf(join(dir, "log/ahead"));
  // A segment that has just been begun is empty; the sizes of the turn before serve then.
  if (frames.sizes.length === 0) continue;
  perBatch = frames.entries / frames.sizes.length;
  const loop = bare(fd, frames.sizes);
  mine.entries += run.entries;
  mine.millis += run.millis;
  other.entries += loop.batches * perBatch;
  other.batches += loop.batches;
  other.millis += loop.millis;
}
closeSync(fd);
await recorder.close();
const rate = ({ entries, millis }: { readonly entries: number; readonly millis: number }): number =>
  (entries * 1000) / millis;
console.log(`${callers} callers, ${turns} turns: ${mine.entries} entries, ${perBatch.toFixed(1)} a batch`);
console.log(`recorder   ${rate(mine).toFixed(0)} entries/s, durable, tiles and checkpoints included`);
console.log(
  `bare loop  ${rate(other).toFixed(0)} entries/s (${((other.batches * 1000) / other.millis).toFixed(0)} write + fdatasync a second)`,
);
console.log(`ratio      ${(rate(mine) / rate(other)).toFixed(2)} (claimed: at least 0.60)`);
rmSync(dir, { recursive: true });
