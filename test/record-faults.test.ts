import { spawnSync } from "node:child_process";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal, seededRandom } from "../src/base/index.ts";
import { openReader, openRecorder } from "../src/record/index.ts";
import { verifyLog } from "../src/verify/index.ts";
import {
  canTrace,
  compiled,
  cutShort,
  faults,
  fullDisk,
  killedAfter,
  limited,
  shortWriter,
  suffer,
  type Case,
} from "./record-faults-harness.ts";
import { copyOf, folder, good, opened, record } from "./record-fixture.ts";

const traceable = canTrace();
let js = "";
const made: string[] = [];
beforeAll(async () => {
  js = await compiled();
});
afterAll(async () => {
  rmSync(js, { recursive: true, force: true });
  await Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true })));
});

// Chosen from the full table (bench/log-faults.ts) so that each call of a commit, of a checkpoint and of recovery is hit.
const short: readonly Case[] = [
  ...[1, 3, 5].map((nth) => ({ call: "fdatasync", nth })),
  ...[2, 9, 20, 40].map((nth) => ({ call: "fsync", nth })),
  ...[4, 12].map((nth) => ({ call: "rename", nth })),
  ...[7, 30].map((nth) => ({ call: "openat", nth })),
  ...[10, 60].map((nth) => ({ call: "write", nth })),
  { call: "mkdir", nth: 5 },
  { call: "close", nth: 20 },
].flatMap((one, at) => ({ ...one, fault: faults[at % faults.length] ?? "EIO" }));

describe("a recorder to which the disk fails once", () => {
  it.skipIf(!traceable)(
    `keeps every entry it acknowledged${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      for (const one of short)
        expect({ ...one, ...(await suffer(js, one)) }).toMatchObject({ ...one, wrong: null });
    },
  );

  it.skipIf(!traceable)(
    `acknowledges nothing more after a failed fdatasync, and does not try again${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      const outcome = await suffer(js, { call: "fdatasync", nth: 2, fault: "EIO" });
      expect(outcome).toEqual({
        ended: "stopped",
        acknowledged: 1,
        said: "the log stopped: fdatasync EIO",
        wrong: null,
      });
    },
  );

  it.skipIf(!traceable)(
    `says so when the disk fails under the very last segment${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      for (const one of [
        { call: "fsync", nth: 47 },
        { call: "rename", nth: 21 },
      ])
        expect({ ...one, ...(await suffer(js, { ...one, fault: "EIO" })) }).toMatchObject({
          ended: "stopped",
          acknowledged: 269,
          wrong: null,
        });
    },
  );

  it.skipIf(!traceable)(
    `signs nothing when the disk fails under many tiles at once${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      for (const fault of ["EIO", "ENOSPC", "SIGKILL"] as const) {
        const outcome = await suffer(js, { call: "syncfs", nth: 1, fault, batches: "2000,700" });
        expect(outcome).toMatchObject({
          acknowledged: 2700,
          said: "the log stopped: syncfs failed",
          wrong: null,
        });
      }
    },
  );

  it.skipIf(!traceable)(
    `waits for a disk that stalls, and loses nothing${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      const outcome = await suffer(js, { call: "fdatasync", nth: 3, fault: "stall" });
      expect(outcome).toEqual({ ended: "closed", acknowledged: 269, said: "", wrong: null });
    },
  );

  it.skipIf(!traceable)(
    `carries on a hand-over and an erasure that were cut short${traceable ? "" : " (skipped: strace is missing or may not trace)"}`,
    async () => {
      for (const [call, nth] of [
        ["rename", 27],
        ["rename", 31],
        ["rename", 35],
        ["rename", 45],
        ["fsync", 75],
      ] as const)
        for (const fault of ["SIGKILL", "EIO"] as const)
          expect({ call, nth, ...(await suffer(js, { call, nth, fault, life: "eventful" })) }).toMatchObject({
            call,
            nth,
            wrong: null,
          });
    },
  );

  it("writes the rest after a write that was cut short, and goes on", async (context) => {
    const library = shortWriter(js);
    if (library === null) return context.skip("skipped: no C compiler");
    for (const nth of [3, 6, 9, 12, 17, 22, 27]) {
      const whole = await cutShort({ js, library }, { nth, later: 0 });
      expect({ nth, ...whole }).toEqual({ nth, ended: "closed", acknowledged: 269, said: "", wrong: null });
      const full = await cutShort({ js, library }, { nth, later: fullDisk });
      expect({ nth, ...full }).toMatchObject({ nth, ended: "stopped", wrong: null });
    }
  });

  it("keeps every entry it acknowledged when writes are cut short by a full disk", async () => {
    const outcomes = [];
    for (const kilobytes of [1, 2, 5, 9, 20, 40]) outcomes.push(await limited(js, kilobytes));
    expect(outcomes.map(({ wrong }) => wrong)).toEqual(outcomes.map(() => null));
    expect(outcomes.filter(({ said }) => said === "the log stopped: write EFBIG").length).toBeGreaterThan(3);
  });

  it("keeps every entry it acknowledged when it is killed at a random moment", async () => {
    const random = seededRandom(7);
    let acknowledged = 0;
    for (let kill = 0; kill < 20; kill++) {
      const outcome = await killedAfter(js, 60 + Math.floor(random() * 400));
      expect(outcome.wrong, String(kill)).toBeNull();
      acknowledged += outcome.acknowledged;
    }
    expect(acknowledged).toBeGreaterThan(0);
    expect(acknowledged).toBeLessThan(20 * 17_000);
  });
});

/** A log whose last three batches stand in the write-ahead file only, as a crash leaves it. */
async function crashed(): Promise<{
  readonly dir: string;
  readonly segment: string;
  readonly length: number;
}> {
  const running = await folder();
  const recorder = await opened(running, { checkpointMillis: 1e9 });
  await record(recorder, 0, 5);
  good(await recorder.checkpoint());
  for (const from of [5, 6, 7]) await record(recorder, from, from + 1);
  const dir = await copyOf(running);
  await recorder.close();
  made.push(running, dir);
  const [name = ""] = (await readdir(join(dir, "log/ahead"))).slice(-1);
  const segment = join(dir, "log/ahead", name);
  // Without the room behind the last frame, so that cuts go through frames.
  const bytes = await readFile(segment);
  const length = bytes.findLastIndex((byte) => byte !== 0) + 1;
  await truncate(segment, length);
  return { dir, segment, length };
}

describe("a torn write-ahead file", () => {
  it("is cut at the last whole batch, and a signed entry says so; nothing is numbered anew", async () => {
    const { dir, segment, length } = await crashed();
    const lastFrame = 180;
    for (const cut of [1, 17, lastFrame - 60, lastFrame + 40]) {
      const copy = await copyOf(dir);
      made.push(copy);
      await truncate(segment.replace(dir, copy), length - cut);
      const recorder = await opened(copy);
      const whole = recorder.status().size - 1;
      expect([6, 7]).toContain(whole);
      const [receipt] = await record(recorder, 100, 101);
      expect(receipt?.index).toBe(whole + 1);
      await recorder.close();
      const reader = good(await openReader(copy));
      expect((await reader.entry(whole))?.entry).toMatchObject({
        kind: "log.gap",
        from: whole,
        why: "torn",
        entriesAtMost: 1,
      });
      expect((await reader.entry(whole - 1))?.entry).toMatchObject({ customer: `c-${whole - 1}` });
      expect(await verifyLog(copy, { thorough: true })).toMatchObject({
        ok: true,
        gaps: [{ index: whole, why: "torn" }],
      });
    }
  });

  it("is said once, however often the recovery itself is cut short", async () => {
    const { dir, segment, length } = await crashed();
    await truncate(segment, length - 3);
    const torn = await readFile(segment);
    const first = await opened(dir, { checkpointMillis: 1e9 });
    const { size } = first.status();
    const again = await copyOf(dir);
    made.push(again);
    await first.close();
    // The old, torn segment comes back, as if the crash had come before it was removed.
    await writeFile(segment.replace(dir, again), torn);
    expect((await readdir(join(again, "log/ahead"))).length).toBe(2);
    const second = await opened(again);
    expect(second.status().size).toBe(size);
    await second.close();
    expect((await verifyLog(again)).gaps.length).toBe(1);
  });

  it("damaged before whole batches is refused, unless the loss is accepted, and then the log tells of it", async () => {
    const { dir, segment } = await crashed();
    const bytes = await readFile(segment);
    const third = bytes.lastIndexOf("WSB1");
    bytes[bytes.lastIndexOf("WSB1", third - 1) + 60] = 0;
    await writeFile(segment, bytes);
    const refused = await openRecorder(dir);
    expect(isRefusal(refused) && refused.what).toMatch(/damaged at entry 6/);
    const recorder = await opened(dir, { acceptLoss: true });
    await recorder.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, gaps: [{ index: 6, why: "damaged" }] });
    expect(await readFile(join(dir, "log/lost", segment.split("/").at(-1) ?? ""))).toEqual(bytes);
  });

  it("that is missing is said so too", async () => {
    const { dir } = await crashed();
    await rm(join(dir, "log/ahead"), { recursive: true });
    await (await opened(dir)).close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, size: 6, gaps: [{ index: 5, why: "missing" }] });
  });
});

describe("two recorders", () => {
  it("in two processes: the second refuses the directory while the first lives, and gets it once it is killed", async () => {
    const dir = await folder();
    made.push(dir);
    const recorder = await opened(dir);
    const other = spawnSync(process.execPath, [join(js, "driver.js"), dir], {
      input: "\n",
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      encoding: "utf8",
    });
    expect(other.stdout).toMatch(/^refused another recorder has this log open/);
    await recorder.close();
    const after = spawnSync(process.execPath, [join(js, "driver.js"), dir], {
      input: "\n",
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      encoding: "utf8",
    });
    expect(after.stdout).toMatch(/closed\n$/);
  });
});
