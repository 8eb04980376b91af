import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-rebuild-"));
const desk = join(root, "testdata/small-desk");

const whosaw = whosawOn(join(folder, "data"));

/** Every kind of answer, as the bytes of --json; only the time that a trace took may differ. */
function answers(): string[] {
  return [
    ["customer", "c-1"],
    ["customer", "c-4"],
    ["actor", "agent-ben"],
    ["scope", "--actor", "agent-ben"],
    ["trace", "--reports", join(desk, "reports.csv")],
  ].map((words) => whosaw("--json", ...words).stdout.replace(/"seconds": [\d.]+/, '"seconds": 0'));
}

let before: string[] = [];

beforeAll(() => {
  expect(whosaw("import", desk).status).toBe(0);
  // A second file that overlaps the first, holds a bad line, and is read by a map.
  const more = "When,Who,Whom\n1/8/2019 10:00,agent-ben,c-5\nnonsense,agent-ben,c-5\n";
  writeFileSync(join(folder, "more.csv"), more);
  writeFileSync(
    join(folder, "map.yaml"),
    "table: accesses\ntimeFormat: d/m/yyyy hh:mm\ncolumns: { time: When, actor: Who, customer: Whom }\n",
  );
  expect(whosaw("import", join(folder, "more.csv"), "--map", join(folder, "map.yaml")).status).toBe(1);
  before = answers();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the store", () => {
  it("can be deleted and built anew from the log, and every answer is the same to the byte", () => {
    rmSync(join(folder, "data/store"), { recursive: true });
    const rebuilt = whosaw("rebuild", "--json");
    expect(rebuilt.status, rebuilt.stderr).toBe(0);
    expect(JSON.parse(rebuilt.stdout)).toEqual({
      imports: 7,
      sightings: 8,
      gateway: { entries: 0, sightings: 0 },
    });
    expect(answers()).toEqual(before);
  });

  it("stands on files that are sealed, and come out as they were imported", () => {
    const data = join(folder, "data");
    for (const name of readdirSync(join(data, "files"))) {
      expect(name).toMatch(/\.sealed$/);
      expect(statSync(join(data, "keys/files", name)).mode & 0o777).toBe(0o600);
    }
    const out = join(folder, "out.csv");
    expect(whosaw("kept", "0", "--out", out).status).toBe(0);
    expect(readFileSync(out, "utf8")).toBe(readFileSync(join(desk, "accesses.csv"), "utf8"));
    expect(whosaw("kept", "0", "--out", out).status).toBe(6);
    expect(whosaw("kept", "99", "--out", join(folder, "none")).status).toBe(3);
  });

  it("is left alone while another whosaw works on it, with what that one has half done", () => {
    const data = join(folder, "data");
    mkdirSync(join(data, "staging"), { recursive: true });
    writeFileSync(join(data, "staging/half-done"), "");
    writeFileSync(join(data, "store.lock"), JSON.stringify({ pid: process.pid }));
    const refused = whosaw("rebuild");
    rmSync(join(data, "store.lock"));
    expect(refused).toMatchObject({ status: 6, stderr: expect.stringContaining(`process ${process.pid}`) });
    expect(readdirSync(join(data, "staging"))).toEqual(["half-done"]);
    expect(answers()).toEqual(before);
  });

  it("is not built from a kept file that somebody changed", () => {
    const [name = ""] = readdirSync(join(folder, "data/files"));
    appendFileSync(join(folder, "data/files", name), "x");
    const refused = whosaw("rebuild");
    expect(refused.status).toBe(5);
    const asked = whosaw("customer", "c-1");
    expect(asked.stderr).toContain("a rebuild was interrupted: the store from before it is back");
    expect(answers()).toEqual(before);
  });
});
