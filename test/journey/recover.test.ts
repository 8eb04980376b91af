import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-recover-"));
const data = join(folder, "data");

const whosaw = whosawOn(data);

const segment = (): string => join(data, "log/ahead", readdirSync(join(data, "log/ahead")).at(-1) ?? "");

/** Records nine entries, each its own batch, in a process that dies before any checkpoint but the first. */
async function crash(): Promise<void> {
  const script = `
    import { openRecorder } from ${JSON.stringify(join(root, "dist/record/index.js"))};
    const log = await openRecorder(${JSON.stringify(data)}, { name: "log.example/desk", checkpointMillis: 1e9 });
    for (let n = 0; n < 9; n++)
      await log.append({ kind: "sighting", time: "2026-01-31T09:30:00Z", actor: "agent-1", customer: "c-" + n });
    process.kill(process.pid, "SIGKILL");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await new Promise((gone) => child.once("exit", gone));
}

beforeAll(async () => {
  await crash();
  const bytes = readFileSync(segment());
  // The middle of the third batch from the end.
  let at = bytes.length;
  for (let back = 0; back < 3; back++) at = bytes.lastIndexOf("WSB1", at - 1);
  bytes[at + 60] = (bytes[at + 60] ?? 0) ^ 1;
  writeFileSync(segment(), bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a log whose write-ahead file is damaged", () => {
  it("is not opened, and whosaw recover says what going on would cost without changing anything", () => {
    const refused = whosaw("rotate-key");
    expect(refused.status).toBe(5);
    expect(refused.stderr).toContain("whosaw recover");
    const before = readFileSync(segment());
    const told = whosaw("recover");
    expect(told.status).toBe(6);
    expect(told.stdout).toMatch(
      /entries from 6 on were acknowledged and can't be read \(3 that can be told of\)/,
    );
    expect(told.stderr).toContain("--accept-loss");
    expect(readFileSync(segment())).toEqual(before);
    expect(whosaw("rotate-key").status).toBe(5);
  });

  it("goes on when the loss is accepted, keeps the bytes, and tells of it for ever", () => {
    const damaged = readFileSync(segment());
    const [name = ""] = readdirSync(join(data, "log/ahead"));
    const accepted = whosaw("--json", "recover", "--accept-loss");
    expect(accepted.status, accepted.stderr).toBe(1);
    expect(JSON.parse(accepted.stdout)).toMatchObject({
      loses: true,
      gap: { from: 6, why: "damaged", entriesAtMost: 3 },
      receipt: { log: "log.example/desk", index: 6 },
    });
    expect(readFileSync(join(data, "log/lost", name))).toEqual(damaged);
    const verified = whosaw("--json", "verify");
    expect(JSON.parse(verified.stdout)).toMatchObject({
      ok: true,
      size: 7,
      gaps: [{ index: 6, why: "damaged" }],
    });
  });

  it("has nothing to recover afterwards", () => {
    const again = whosaw("recover", "--accept-loss");
    expect(again.status, again.stderr).toBe(0);
    expect(again.stdout).toContain("nothing is lost");
    expect(whosaw("rotate-key").status).toBe(0);
  });
});

describe("whosaw recover", () => {
  it("without a log is refused", () => {
    const nowhere = spawnSync(process.execPath, [bin, "--data", join(folder, "x"), "recover"]);
    expect(nowhere.status).toBe(3);
  });
});
