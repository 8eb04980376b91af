import { mkdtemp, rm, stat, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRefusal } from "../base/index.ts";
import { openRecorder, type Receipt, type Recorder, type RecorderOptions } from "./index.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "whosaw-record-"));
});
afterEach(() => rm(dir, { recursive: true }));

async function open(options: RecorderOptions = {}): Promise<Recorder> {
  const recorder = await openRecorder(dir, options);
  if (isRefusal(recorder)) throw new Error(recorder.what);
  return recorder;
}

function sighting(n: number): { kind: string; time: string; customer: string } {
  return { kind: "sighting", time: "2026-01-31T09:30:00Z", customer: `c-${n}` };
}

describe("a recorder", () => {
  it("gives every entry the next index, across a restart", async () => {
    const first = await open({ name: "log.example/one" });
    const receipts = await Promise.all(Array.from({ length: 600 }, (_, n) => first.append(sighting(n))));
    expect(receipts.map((receipt) => (receipt as Receipt).index)).toEqual(receipts.map((_, n) => n));
    expect(await first.close()).toBeNull();
    const second = await open();
    expect(second.log).toBe("log.example/one");
    expect(await second.append(sighting(600))).toMatchObject({ index: 600, log: "log.example/one" });
    expect(await second.close()).toBeNull();
    expect((await readFile(join(dir, "log/checkpoint"), "utf8")).split("\n")[1]).toBe("601");
    expect(await readdir(join(dir, "log/tile/0"))).toEqual(["000", "001", "002.p"]);
  });

  it("makes its key on the first run, readable by nobody else", async () => {
    const recorder = await open();
    expect((await stat(join(dir, "keys/log.key"))).mode & 0o777).toBe(0o600);
    expect((await readFile(join(dir, "keys/log.vkey"), "utf8")).trim()).toBe(recorder.key);
    await recorder.close();
  });

  it("refuses a directory that another recorder holds", async () => {
    const first = await open();
    const second = await openRecorder(dir);
    expect(isRefusal(second) && second.what).toMatch(/another recorder/);
    await first.close();
    const third = await open();
    await third.close();
  });
});
