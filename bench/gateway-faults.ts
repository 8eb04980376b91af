/**
 * The gateway's fault matrix: a real `whosaw serve` in front of a real PostgreSQL, clients at work, and a fault in the midst of it.
 * After each, every marker that a client has seen must be in a log that verifies, and somebody must be able to read again.
 * Prints a row for each kind of fault. Then a client asks for 1 GB and doesn't read it for 20 seconds, of nobody's data and of customers', and
 * an answer fills the log's disk.
 * Run: npm run bench -- gateway-faults [--kills N] [--minutes M] [--seed S] [--slow (without the matrix)]
 */
import {
  diskFailed,
  diskStalled,
  type Ended,
  gatewayKilled,
  rudeClients,
  serverKilled,
  storeKilled,
} from "../test/gateway/faults/cases.ts";
import { canMount, diskFilled } from "../test/gateway/faults/full.ts";
import { canTrace, ServedUnderFaults } from "../test/gateway/faults/served.ts";
import { neverReads } from "../test/gateway/faults/slow.ts";

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const kills = option("kills", process.argv.includes("--short") ? 3 : 100);
const seed = option("seed", 1);
const few = Math.max(1, Math.round(kills / 10));
/** Kinds of faults are tried no longer than this, however many were wanted. */
const minutes = option("minutes", 600);
const served = await ServedUnderFaults.start();
let harm = 0;

async function row(what: string, times: number, fault: (at: number) => Promise<Ended>): Promise<void> {
  const all: Ended[] = [];
  const until = Date.now() + minutes * 60_000;
  for (let at = 0; at < times && Date.now() < until; at++) {
    const ended = await fault(seed * 10_000 + at);
    all.push(ended);
    const { missing, problems, wrong } = ended;
    for (const one of [...missing, ...problems, ...wrong]) {
      harm++;
      console.log(`WRONG: ${what}, case ${at}: ${one}`);
    }
  }
  const back = all.map((ended) => ended.back).sort((a, b) => a - b);
  const last = all.at(-1);
  console.log(
    [
      what.padEnd(26),
      String(all.length).padStart(6),
      String(all.reduce((sum, { missing }) => sum + missing.length, 0)).padStart(10),
      String(last?.seen ?? 0).padStart(9),
      String(last?.recorded ?? 0).padStart(9),
      `${back[Math.floor(back.length / 2)] ?? 0} / ${back.at(-1) ?? 0}`.padStart(14),
    ].join(" "),
  );
}

async function matrix(): Promise<void> {
  console.log("fault                       cases unrecorded      seen  recorded  back p50/max ms");
  await row("gateway and recorder -9", kills, async (at) => gatewayKilled(served, at));
  await row("store's engine -9", few, async (at) => storeKilled(served, at));
  await row("PostgreSQL backend -9", few, async (at) => serverKilled(served, at));
  await row("rude clients, 100 cancels", few, async (at) => rudeClients(served, at));
  if (canTrace()) {
    await row("fdatasync stands 5 s", few, async (at) => diskStalled(served, at));
    await row("fdatasync EIO once", few, async (at) => diskFailed(served, at, "EIO"));
    await row("pwrite64 ENOSPC once", few, async (at) => diskFailed(served, at, "ENOSPC"));
  } else console.log("strace can't attach here: the disk's faults were left out");
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** A gigabyte that its client doesn't read for twenty seconds. */
async function slow(isProtected: boolean): Promise<void> {
  const held = await neverReads(served, { bytes: 1e9, protected: isProtected, millis: 20_000 });
  for (const one of [...held.missing, ...held.problems, ...held.wrong]) {
    harm++;
    console.log(`WRONG: a gigabyte not read: ${one}`);
  }
  console.log(
    `1 GB of ${isProtected ? "customers'" : "nobody's"} data, not read for 20 s: the gateway held ${megabytes(held.held)} MB more, ${megabytes(held.grown)} MB while it was read; ${held.served} answers to somebody else meanwhile, the slowest after ${held.slowest.toFixed(0)} ms`,
  );
}

/** An answer in the midst of which the log's disk is full, on a server of its own. */
async function full(): Promise<void> {
  const { asked, back, came, errors, missing, problems, recorded } = await diskFilled();
  for (const one of [...missing, ...problems]) {
    harm++;
    console.log(`WRONG: the log's disk is full: ${one}`);
  }
  console.log(
    `the log's disk is full in the midst of an answer: ${came} of ${asked} rows came, all but ${missing.length} of them on record (${recorded} are), then ${errors.join(" ")}; back ${back} ms after a start with room`,
  );
}

if (!process.argv.includes("--slow")) await matrix();
if (canMount()) await full();
else console.log("nothing can be mounted here: the full disk was left out");
for (const isProtected of [false, true]) await slow(isProtected);
await served.stop();
process.exitCode = harm === 0 ? 0 : 1;
