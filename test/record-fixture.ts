import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal, type Refusal } from "../src/base/index.ts";
import { openRecorder, type Receipt, type Recorder, type RecorderOptions } from "../src/record/index.ts";

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
