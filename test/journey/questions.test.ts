import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { isSealedText, openReader } from "../../src/record/index.ts";
import { whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-questions-"));
const data = join(folder, "data");

const whosaw = whosawOn(data);

beforeAll(() => {
  copyFileSync(join(root, "testdata/small-desk/accesses.csv"), join(folder, "accesses.csv"));
  expect(whosaw("import", join(folder, "accesses.csv")).status).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("who asks", () => {
  it("is in the log by name; whom they asked about is sealed", async () => {
    expect(whosaw("customer", "c-1").status).toBe(0);
    const reader = await openReader(data);
    if (isRefusal(reader)) throw new Error(reader.what);
    const stored = await reader.entry(1);
    expect(stored?.entry).toMatchObject({ kind: "question", command: "customer" });
    expect(isSealedText(stored?.entry?.["asked"])).toBe(true);
    expect(JSON.stringify(stored?.entry)).not.toContain("c-1");
  });

  it("is answered where the log can't be written, and told that it is not on record", () => {
    renameSync(join(data, "log/lock"), join(folder, "lock"));
    mkdirSync(join(data, "log/lock"));
    const asked = whosaw("--json", "actor", "agent-ben");
    expect(asked.status, asked.stderr).toBe(0);
    expect(JSON.parse(asked.stdout)).toMatchObject({ actor: "agent-ben", sightings: 3 });
    expect(asked.stderr).toContain("this question is not on record");
    rmSync(join(data, "log/lock"), { recursive: true });
  });

  it("who holds a copy without the log's key makes no key, and is told", () => {
    renameSync(join(data, "keys/log.key"), join(folder, "log.key"));
    const asked = whosaw("customer", "c-1");
    expect(asked.status).toBe(0);
    expect(asked.stderr).toContain("this question is not on record");
    renameSync(join(folder, "log.key"), join(data, "keys/log.key"));
    expect(whosaw("verify").status).toBe(0);
  });
});
