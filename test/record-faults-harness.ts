import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import { openRecorder } from "../src/record/index.ts";
import { verifyLog } from "../src/verify/index.ts";

/** What strace does to a system call. */
export type Fault = "EIO" | "ENOSPC" | "EDQUOT" | "EROFS" | "SIGKILL" | "stall";

export const faults: readonly Fault[] = ["EIO", "ENOSPC", "SIGKILL"];

/** Which life the recorder leads: entries only, or also a hand-over of keys and an erasure. */
export type Life = "plain" | "eventful";

/** Every call of a recorder's life that concerns files; what is left are threads, memory and waiting. */
export const calls = [
  "openat",
  "mkdir",
  "write",
  "pwrite64",
  "fdatasync",
  "fsync",
  "syncfs",
  "rename",
  "unlink",
  "rmdir",
  "ftruncate",
  "close",
  "read",
  "statx",
  "fstat",
  "newfstatat",
  "getdents64",
  "lseek",
  "flock",
  "dup2",
] as const;

export interface Case {
  readonly call: string;
  /** Which of the process's calls of that name, on each of its threads. */
  readonly nth: number;
  readonly fault: Fault;
  readonly life?: Life;
  /** Sizes of the commits, joined by commas. */
  readonly batches?: string;
}

const batchesDefault = "1,3,2,260,1";

function argumentsFor(life: Life = "plain", batches = batchesDefault): readonly string[] {
  return [batches, life];
}

export interface Outcome {
  /** How the life with the fault in it ended: as without, with a refusal, or with the end of the process. */
  readonly ended: "closed" | "stopped" | "died";
  readonly acknowledged: number;
  /** What the recorder said when it stopped, if it did. */
  readonly said: string;
  /** Null if every acknowledged entry is in the verified log; else what is wrong. */
  readonly wrong: string | null;
}

/** True where strace is installed and may trace. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-e", "trace=none", "true"], { stdio: "ignore" }).status === 0;
}

// Opens, commits five times, publishes, commits again, closes; writes each receipt out at once, as a caller would act on it.
const driver = `
import { writevSync, readSync } from "node:fs";
import { openRecorder } from "./record/index.js";
import { formatVerifierKey, signerFromSeed } from "./tlog/index.js";
// Ready: from here on every call is the recorder's.
writevSync(3, [Buffer.from("r")]);
readSync(0, Buffer.alloc(1));
// writev, so that the calls named write are the recorder's.
const say = (line) => writevSync(1, [Buffer.from(line + "\\n")]);
const recorder = await openRecorder(process.argv[2], { name: "log.example/faults", checkpointMillis: 1e9 });
if ("kind" in recorder) { say("refused " + recorder.what); process.exit(0); }
const decide = async ({ decisions }) => {
  const two = [21, 22].map((byte) => signerFromSeed("approver-" + byte, Buffer.alloc(32, byte)));
  for (const { verifier } of two) {
    const added = await decisions.changeApprover({ do: "approver", change: "add", approver: formatVerifierKey(verifier), reason: "" }, "root");
    if (added !== null) return added;
  }
  const order = { do: "erase", kind: null, before: null, stretches: [{ from: 1, to: 3 }, { from: 255, to: 258 }], reason: "retention" };
  const proposal = await decisions.propose(order, "root");
  if ("kind" in proposal) return proposal;
  for (const one of two) {
    const approved = await decisions.approve(proposal.index, Buffer.from(one.sign(Buffer.from(decisions.textFor(proposal)))).toString("base64"));
    if ("kind" in approved) return approved;
  }
  return decisions.carryOut(proposal.index, async () => false);
};
let n = 0;
const some = async (count) => {
  const all = Array.from({ length: count }, () => recorder.append({ kind: "sighting", time: "2026-01-31T09:30:00Z", customer: "c-" + n++ }));
  for (const receipt of await Promise.all(all)) say("kind" in receipt ? "refused " + receipt.what : receipt.index + " " + receipt.leafHash);
};
for (const count of (process.argv[3] ?? "1").split(",").map(Number)) await some(count);
const published = await recorder.checkpoint();
if ("kind" in published) say("refused " + published.what);
if (process.argv[4] === "eventful") {
  const told = await recorder.rotateKey();
  if ("kind" in told) say("refused " + told.what);
  await some(2);
  const decided = await decide(recorder);
  if (decided !== null && "kind" in decided) say("refused " + decided.what);
}
await some(2);
const left = await recorder.close();
say(left === null ? "closed" : "refused " + left.what);
`;

/** The recorder compiled for plain node, in a folder of its own. */
export async function compiled(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-js-"));
  // Both the tests and the benchmark are run from the repository's root.
  const root = process.cwd();
  const flags = [
    "-p",
    "tsconfig.build.json",
    "--outDir",
    dir,
    "--noCheck",
    "--incremental",
    "false",
    "--tsBuildInfoFile",
    "null",
    "--sourceMap",
    "false",
    "--declaration",
    "false",
    "--isolatedDeclarations",
    "false",
  ];
  const built = spawnSync(join(root, "node_modules/.bin/tsc"), flags, { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`tsc: ${built.stdout}${built.stderr}`);
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  writeFileSync(join(dir, "driver.js"), driver);
  return dir;
}

interface Process {
  readonly pid: number;
  /** Its modules are loaded, and it waits. */
  readonly ready: Promise<void>;
  readonly go: () => void;
  readonly ended: Promise<void>;
  readonly kill: () => void;
}

/** A life that has not ended by then is killed, and counts as died. */
const lifeMillisMax = 30_000;

function started(
  js: string,
  dir: string,
  { args, env = {} }: { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Process {
  const out = openSync(join(dir, "acknowledged"), "w");
  const child = spawn(process.execPath, [join(js, "driver.js"), join(dir, "data"), ...args], {
    stdio: ["pipe", out, "ignore", "pipe"],
    // One thread, so that the order of the calls is the order of the program.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1", ...env },
  });
  closeSync(out);
  // An injected error on close(2) leaves the descriptor open, which the kernel never does: whoever waits for the other end waits for ever.
  const limit = setTimeout(() => child.kill("SIGKILL"), lifeMillisMax);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      clearTimeout(limit);
      resolve();
    });
  });
  child.stdin?.on("error", () => undefined);
  const ready = new Promise<void>((resolve) => {
    child.stdio[3]?.once("data", () => resolve());
    child.once("close", () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    ready,
    go: () => child.stdin?.end("\n"),
    ended,
    kill: () => child.kill("SIGKILL"),
  };
}

/** Attaches strace to a waiting process, lets it go, and waits for the end of both. */
async function traced(process_: Process, options: readonly string[]): Promise<void> {
  await process_.ready;
  const strace = spawn("strace", ["-f", "-p", String(process_.pid), ...options], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    strace.stderr.on("data", (text: Buffer) => {
      if (text.includes("attached")) resolve();
    });
    strace.once("close", () => reject(new Error("strace did not attach")));
  });
  const gone = new Promise<void>((resolve) => {
    strace.once("close", () => resolve());
  });
  process_.go();
  await process_.ended;
  await gone;
}

/** How often each call is made in one life of the recorder, on the thread that makes most of them. */
export async function counted(js: string, life?: Life): Promise<ReadonlyMap<string, number>> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
  mkdirSync(join(dir, "data"));
  const trace = join(dir, "trace");
  await traced(started(js, dir, { args: argumentsFor(life) }), [
    "-e",
    `trace=${calls.join(",")}`,
    "-o",
    trace,
  ]);
  const perThread = new Map<string, number>();
  for (const line of readFileSync(trace, "utf8").split("\n")) {
    const [, thread, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (thread !== undefined && call !== undefined)
      perThread.set(`${thread} ${call}`, (perThread.get(`${thread} ${call}`) ?? 0) + 1);
  }
  const most = new Map<string, number>();
  for (const [key, count] of perThread) {
    const call = key.split(" ")[1] ?? "";
    most.set(call, Math.max(most.get(call) ?? 0, count));
  }
  await rm(dir, { recursive: true });
  return most;
}

const injections: { readonly [fault in Fault]: string } = {
  EIO: "error=EIO",
  ENOSPC: "error=ENOSPC",
  EDQUOT: "error=EDQUOT",
  EROFS: "error=EROFS",
  SIGKILL: "signal=KILL",
  stall: "delay_enter=1500000",
};

/** One life with one fault in it, then a recovery without, and the judgement. */
export async function suffer(js: string, one: Case): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
  mkdirSync(join(dir, "data"));
  const what = injections[one.fault];
  await traced(started(js, dir, { args: argumentsFor(one.life, one.batches) }), [
    "-e",
    `trace=${one.call}`,
    "-e",
    `inject=${one.call}:${what}:when=${one.nth}`,
    "-o",
    "/dev/null",
  ]);
  const outcome = await judged(dir);
  rmSync(dir, { recursive: true });
  return outcome;
}

/** Where there is a C compiler: the library that cuts one write of a process short. Null elsewhere. */
export function shortWriter(js: string): string | null {
  const library = join(js, "short-write.so");
  const source = join(process.cwd(), "test/short-write.c");
  const built = spawnSync("cc", ["-shared", "-fPIC", "-O1", source, "-o", library, "-ldl"]);
  return built.status === 0 ? library : null;
}

/** The errno of a full disk on Linux. */
export const fullDisk = 28;

/** A life in which the nth write to a file is cut in half; every later one fails with `later`, unless that is 0. Null: there is no nth. */
export async function cutShort(
  { js, library }: { readonly js: string; readonly library: string },
  { nth, later, life }: { readonly nth: number; readonly later: number; readonly life?: Life },
): Promise<Outcome | null> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
  mkdirSync(join(dir, "data"));
  const tally = join(dir, "tally");
  const cut = started(js, dir, {
    args: argumentsFor(life),
    env: { LD_PRELOAD: library, SHORT_NTH: String(nth), SHORT_THEN: String(later), SHORT_COUNT: tally },
  });
  cut.go();
  await cut.ended;
  const reached = Number(readFileSync(tally, "utf8")) >= nth;
  const outcome = reached ? await judged(dir) : null;
  rmSync(dir, { recursive: true });
  return outcome;
}

/** A life in which no file may grow beyond some kilobytes: the write that reaches them is cut short, the next one fails. */
export async function limited(js: string, kilobytes: number): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
  mkdirSync(join(dir, "data"));
  const out = openSync(join(dir, "acknowledged"), "w");
  const command = `ulimit -f ${kilobytes}; exec "$0" "$1" "$2" "$3"`;
  const life = [join(js, "driver.js"), join(dir, "data"), batchesDefault];
  spawnSync("bash", ["-c", command, process.execPath, ...life], {
    input: "\n",
    stdio: ["pipe", out, "ignore", "pipe"],
  });
  closeSync(out);
  const outcome = await judged(dir);
  rmSync(dir, { recursive: true });
  return outcome;
}

/** A life ended from outside after some milliseconds. */
export async function killedAfter(js: string, millis: number): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
  mkdirSync(join(dir, "data"));
  const batches = Array.from({ length: 400 }, (_, at) => 1 + (at % 90)).join(",");
  const life = started(js, dir, { args: [batches] });
  life.go();
  const timer = setTimeout(life.kill, millis);
  await life.ended;
  clearTimeout(timer);
  const outcome = await judged(dir);
  rmSync(dir, { recursive: true });
  return outcome;
}

/** Recovers, records one more, and looks for every acknowledged entry in what verifies. */
async function judged(dir: string): Promise<Outcome> {
  const data = join(dir, "data");
  const lines = readFileSync(join(dir, "acknowledged"), "utf8").split("\n").slice(0, -1);
  const receipts = lines.map((line) => /^(\d+) (\S{44})$/.exec(line)).filter((match) => match !== null);
  const said = lines.find((line) => line.startsWith("refused"))?.slice("refused ".length) ?? "";
  const closed = lines.includes("closed") ? "closed" : "died";
  const ended = said === "" ? closed : "stopped";
  const outcome = (wrong: string | null): Outcome => ({
    ended,
    acknowledged: receipts.length,
    said,
    wrong,
  });
  const recorder = await openRecorder(data, { name: "log.example/faults" });
  if (isRefusal(recorder)) return outcome(`recovery refused: ${recorder.what}`);
  const more = await recorder.append({ kind: "sighting", time: "2026-01-31T09:30:00Z", customer: "after" });
  const left = await recorder.close();
  if (isRefusal(more) || left !== null)
    return outcome(`recovery did not record on: ${JSON.stringify(left ?? more)}`);
  const verdict = await verifyLog(data, { thorough: true });
  if (!verdict.ok) return outcome(`verify: ${JSON.stringify(verdict.problems.slice(0, 3))}`);
  for (const [, index = "", leafHash = ""] of receipts)
    if (leafAt(data, Number(index), verdict.size) !== leafHash)
      return outcome(`entry ${index} was acknowledged and is not there`);
  return outcome(null);
}

function leafAt(data: string, index: number, size: number): string {
  const tile = Math.floor(index / 256);
  const name = String(tile).padStart(3, "0");
  const width = Math.min(256, size - tile * 256);
  if (width <= index % 256) return "";
  const hashes = readFileSync(join(data, "log/tile/0", width === 256 ? name : `${name}.p/${width}`));
  return hashes.subarray((index % 256) * 32, (index % 256) * 32 + 32).toString("base64");
}

/** Cuts the write-ahead file at every byte of its last three frames, one life each; gives the cuts that lost or hid something. */
export async function tornTails(): Promise<{ readonly cuts: number; readonly wrong: readonly string[] }> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-torn-"));
  const recorder = await openRecorder(join(dir, "data"), {
    name: "log.example/faults",
    checkpointMillis: 1e9,
  });
  if (isRefusal(recorder)) throw new Error(recorder.what);
  const said = { kind: "sighting", time: "2026-01-31T09:30:00Z", customer: "c-1" };
  for (let n = 0; n < 5; n++) await recorder.append(said);
  const [name = ""] = readdirSync(join(dir, "data/log/ahead"));
  const segment = readFileSync(join(dir, "data/log/ahead", name));
  const frames = Array.from(segment.toString("latin1").matchAll(/WSB1/g), ({ index }) => index);
  const end = segment.findLastIndex((byte) => byte !== 0) + 1;
  const wrong: string[] = [];
  let cuts = 0;
  for (let cut = frames.at(-3) ?? 0; cut < end; cut++, cuts++) {
    const copy = join(dir, "copy");
    cpSync(join(dir, "data"), copy, { recursive: true });
    writeFileSync(join(copy, "log/ahead", name), segment.subarray(0, cut));
    const whole = frames.filter((_, at) => (frames[at + 1] ?? end) <= cut).length;
    const torn = !frames.includes(cut);
    const again = await openRecorder(copy);
    const size = isRefusal(again) ? -1 : again.status().size;
    if (!isRefusal(again)) await again.close();
    const { ok, gaps } = await verifyLog(copy, { thorough: true });
    if (!ok || size !== whole + (torn ? 1 : 0) || gaps.length !== (torn ? 1 : 0))
      wrong.push(`cut at byte ${cut}: size ${size}`);
    rmSync(copy, { recursive: true });
  }
  await recorder.close();
  rmSync(dir, { recursive: true });
  return { cuts, wrong };
}
