import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal, type Refusal } from "../src/base/index.ts";
import {
  openRecorder,
  type ErasureOrder,
  type Proposal,
  type Receipt,
  type Recorder,
  type RecorderOptions,
} from "../src/record/index.ts";
import { formatVerifierKey, signerFromSeed, type SignerKey } from "../src/tlog/index.ts";

/** Two people who may approve, in every log of these tests. */
export const approvers: readonly SignerKey[] = [21, 22].map((byte) =>
  signerFromSeed(`approver-${byte}`, Buffer.alloc(32, byte)),
);

export function agreedBy(recorder: Recorder, approver: SignerKey, proposal: Proposal): string {
  return Buffer.from(approver.sign(Buffer.from(recorder.decisions.textFor(proposal)))).toString("base64");
}

/** Registers both approvers, as the first entries about it. */
export async function registerTwo(recorder: Recorder): Promise<void> {
  for (const { verifier } of approvers) {
    const order = {
      do: "approver",
      change: "add",
      approver: formatVerifierKey(verifier),
      reason: "",
    } as const;
    good(await recorder.decisions.changeApprover(order, "root"));
  }
}

export const byPlaces = (...stretches: ErasureOrder["stretches"] & {}): ErasureOrder => ({
  do: "erase",
  kind: null,
  before: null,
  stretches,
  reason: "retention",
});

/** Proposes, has both approve, and erases. Six entries in a log that knows no approvers yet, four otherwise. */
export async function eraseByTwo(recorder: Recorder, order: ErasureOrder): Promise<number> {
  if (good(await recorder.decisions.ledger()).approvers.size < 2) await registerTwo(recorder);
  const proposal = good(await recorder.decisions.propose(order, "root"));
  for (const approver of approvers)
    good(await recorder.decisions.approve(proposal.index, agreedBy(recorder, approver, proposal)));
  return good(await recorder.decisions.carryOut(proposal.index, () => Promise.resolve(false))).erased;
}

/** A sighting as the log tests write it; nobody in it exists. */
export function sighting(n: number): {
  kind: string;
  time: string;
  actor: string;
  customer: string;
  fields: string[];
} {
  return {
    kind: "sighting",
    time: "2026-01-31T09:30:00Z",
    actor: `agent-${n % 40}`,
    customer: `c-${n}`,
    fields: ["email", "name"],
  };
}

export async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "whosaw-log-"));
}

export async function opened(dir: string, options: RecorderOptions = {}): Promise<Recorder> {
  const recorder = await openRecorder(dir, options);
  if (isRefusal(recorder)) throw new Error(recorder.what);
  return recorder;
}

export function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.what);
  return value;
}

export async function record(recorder: Recorder, from: number, to: number): Promise<readonly Receipt[]> {
  const all = Array.from({ length: to - from }, (_, at) => recorder.append(sighting(from + at)));
  return (await Promise.all(all)).map((receipt) => good(receipt));
}

/** A closed log of `size` entries. */
export async function logOf(size: number, name = "log.example/desk"): Promise<string> {
  const dir = await folder();
  const recorder = await opened(dir, { name });
  await record(recorder, 0, size);
  const left = await recorder.close();
  if (left !== null) throw new Error(left.what);
  return dir;
}

export async function copyOf(dir: string): Promise<string> {
  const to = await folder();
  await rm(to, { recursive: true });
  await cp(dir, to, { recursive: true });
  return to;
}

export async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

export async function filesBelow(dir: string): Promise<readonly string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
