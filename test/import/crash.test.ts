import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { openStore } from "../../src/store/index.ts";

/** An import in a process of its own, from the built program, in small segments: there is something to interrupt. */
const script = `
  const [data, path] = process.argv.slice(1);
  const { openStore, openLoader } = await import(${JSON.stringify(new URL("../../dist/store/index.js", import.meta.url).href)});
  const { importPaths } = await import(${JSON.stringify(new URL("../../dist/capture/index.js", import.meta.url).href)});
  const store = await openStore({ data });
  if (store.kind === "refusal") throw new Error(store.what);
  const answer = await importPaths([path], {
    loader: openLoader(store), staging: data + "/staging", rejected: data + "/rejected", clock: Date.now, onProgress() {},
    sizes: { pieceBytes: 1 << 14, segmentBytes: 1 << 16 },
  });
  const [sum] = await store.query("SELECT count() AS rows, toString(sum(cityHash64(* EXCEPT import))) AS sum FROM sightings");
  console.log(JSON.stringify({ ...answer.tables[0], ...sum }));
  await store.close();
`;

/** What the journal in the staging folder says at this moment. */
const journal = (data: string): { readonly line: number; readonly state: string } | null => {
  const staging = join(data, "staging");
  if (!existsSync(staging)) return null;
  const name = readdirSync(staging).find((one) => one.startsWith("import-") && one.endsWith(".json"));
  try {
    return name === undefined ? null : (JSON.parse(readFileSync(join(staging, name), "utf8")) as never);
  } catch {
    return null;
  }
};

describe("an import that is killed", () => {
  let folder: string;
  let path: string;
  let expected: Record<string, unknown>;

  const start = (data: string): ChildProcess =>
    spawn(process.execPath, ["--input-type=module", "-e", script, "--", data, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  const finish = async (data: string): Promise<Record<string, unknown>> => {
    const child = start(data);
    let text = "";
    child.stdout?.on("data", (piece: Buffer) => (text += piece.toString()));
    await once(child, "exit");
    return JSON.parse(text) as Record<string, unknown>;
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "whosaw-crash-"));
    path = join(folder, "accesses.csv");
    const lines = ["time,actor,customer,fields,note"];
    for (let at = 0; at < 8_000; at++)
      lines.push(
        at % 97 === 0
          ? `nope,a,c-${at},,`
          : `2019-05-01 10:00:00,agent-${at % 5},c-${at % 900},"name;email",${at % 301 === 0 ? '"two\nlines"' : ""}`,
      );
    writeFileSync(path, lines.join("\n"));
    expected = await finish(join(folder, "whole"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const same = (answer: Record<string, unknown>): void => {
    for (const name of ["read", "imported", "duplicates", "rejected", "rows", "sum"])
      expect([name, answer[name]]).toEqual([name, expected[name]]);
    const rejects = ["killed", "whole"].map((data) =>
      readFileSync(join(folder, data, "rejected", "accesses.csv.rejected.jsonl"), "utf8"),
    );
    expect(rejects[0]).toBe(rejects[1]);
  };

  it("goes on where it was committed and gives the same table, wherever it was killed", async () => {
    const data = join(folder, "killed");
    const moments: readonly ((now: ReturnType<typeof journal>) => boolean)[] = [
      (now) => now !== null,
      (now) => (now?.line ?? 0) > 1_000,
      (now) => (now?.line ?? 0) > 4_000,
      (now) => now?.state === "moving",
    ];
    let resumed = 0;
    for (const moment of moments) {
      rmSync(data, { recursive: true, force: true });
      const child = start(data);
      const gone = once(child, "exit");
      while (child.exitCode === null && !moment(journal(data)))
        await new Promise((resolve) => setTimeout(resolve, 2));
      child.kill("SIGKILL");
      await gone;
      const answer = await finish(data);
      if (answer["resumed"] === true) resumed++;
      // Killed behind its last step it was done: the second run then finds the file imported.
      if (answer["resumed"] === true || answer["duplicates"] === expected["duplicates"]) same(answer);
      else expect([answer["rows"], answer["sum"]]).toEqual([expected["rows"], expected["sum"]]);
    }
    expect(resumed).toBeGreaterThanOrEqual(3);
  });

  it("leaves no private table and no staged file behind", async () => {
    const data = join(folder, "killed");
    const store = await openStore({ data });
    if (isRefusal(store)) throw new Error(store.what);
    const left = await store.query(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^(incoming|ready)_')",
    );
    await store.close();
    expect(left).toEqual([]);
    expect(readdirSync(join(data, "staging"))).toEqual([]);
  });
});
