import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { AlarmHook } from "../configuration/index.ts";
import { AlarmBell, type Recorded, waitingAlarmsMax } from "./alarm-bell.ts";

const dir = mkdtempSync(join(tmpdir(), "whosaw-bell-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function recorded(index: number): Recorded {
  const alarm = {
    kind: "alarm",
    rule: "canary",
    actor: "ann",
    customer: "c-9; touch /tmp/no",
    session: "s-1",
    ip: "10.0.0.7",
    fields: ["name"],
    time: "2026-01-31T09:30:00.000Z",
  };
  return { alarm, log: "log.example/desk", index };
}

function bellOf(hook: AlarmHook | null): { readonly bell: AlarmBell; readonly said: readonly string[] } {
  const said: string[] = [];
  return {
    bell: new AlarmBell(
      () => hook,
      (what) => said.push(what),
    ),
    said,
  };
}

/** A program of Node's that writes its stdin behind what a file holds. */
function appendTo(file: string): AlarmHook {
  const script = `const fs=require("fs");fs.appendFileSync(process.argv[1],fs.readFileSync(0))`;
  return { kind: "command", words: [process.execPath, "-e", script, file], millisMax: 20_000 };
}

describe("an alarm", () => {
  it("is handed to the command on its stdin, one JSON document a line, in order", async () => {
    const file = join(dir, "alarms");
    writeFileSync(file, "");
    const { bell, said } = bellOf(appendTo(file));
    bell.ring(recorded(7));
    bell.ring(recorded(9));
    await bell.close(20_000);
    const lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Recorded);
    expect(lines).toEqual([recorded(7), recorded(9)]);
    expect(said).toEqual([]);
  }, 30_000);

  it("is posted to the webhook", async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
      request.on("end", () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { bell, said } = bellOf({
      kind: "webhook",
      url: `http://127.0.0.1:${port}/alarm`,
      millisMax: 5_000,
    });
    bell.ring(recorded(3));
    await bell.close(10_000);
    server.close();
    expect(JSON.parse(bodies.join(""))).toEqual(recorded(3));
    expect(said).toEqual([]);
  }, 30_000);

  it("that can't be passed on is told after three tries, and the next one is tried all the same", async () => {
    const { bell, said } = bellOf({ kind: "command", words: [join(dir, "missing")], millisMax: 1_000 });
    bell.ring(recorded(1));
    await bell.close(20_000);
    expect(said).toEqual([expect.stringContaining("the alarm of entry 1 could not be passed on")]);
  }, 30_000);

  it("never waits: the asking side goes on at once, a command that hangs is killed, and beyond the bound alarms are counted, not kept", async () => {
    const { bell, said } = bellOf({
      kind: "command",
      words: [process.execPath, "-e", "setInterval(()=>{},1000)"],
      millisMax: 1_000,
    });
    const begun = performance.now();
    for (let i = 0; i < waitingAlarmsMax + 11; i++) bell.ring(recorded(i));
    expect(performance.now() - begun).toBeLessThan(500);
    await expect.poll(() => said.length, { timeout: 25_000 }).toBeGreaterThan(1);
    await bell.close(0);
    expect(said[0]).toMatch(/took longer than 1 s/);
    // One was taken to be passed on at once.
    expect(said[1]).toBe("10 alarms were too many at once and are not passed on; they are in the log");
  }, 40_000);
});
