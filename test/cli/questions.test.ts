import { spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shown } from "../../src/cli/terminal/screen.ts";
import { type Ran, whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-questions-"));
const desk = join(root, "testdata/small-desk");

function at(name: string, ...words: readonly string[]): Ran {
  return whosawOn(join(folder, name))(...words);
}

function lines(count: number): string {
  return `customer,time\n${Array.from({ length: count }, (_, i) => `x-${i},2019-08-10\n`).join("")}`;
}

/** A file of reports, traced: exit code and the document. */
function traced(reports: string): {
  readonly status: number | null;
  readonly answer: Record<string, unknown>;
} {
  writeFileSync(join(folder, "reports.csv"), reports);
  const run = at("data", "--json", "trace", "--reports", join(folder, "reports.csv"));
  return { status: run.status, answer: JSON.parse(run.stdout) as Record<string, unknown> };
}

beforeAll(() => {
  expect(at("data", "import", desk).status).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a question", () => {
  it("to a data directory that isn't there is refused, and makes none", () => {
    const asked = at("mistyped", "--json", "customer", "c-1");
    expect(asked.status).toBe(3);
    expect(JSON.parse(asked.stdout)).toHaveProperty("error.code", "input");
    expect(existsSync(join(folder, "mistyped"))).toBe(false);
    expect(whosawOn("")("customer", "c-1").status).toBe(2);
  });

  it("to a store that was deleted is refused, and so is an import into it, until it is built anew", () => {
    cpSync(join(folder, "data"), join(folder, "lost"), { recursive: true });
    rmSync(join(folder, "lost/store"), { recursive: true });
    const asked = at("lost", "customer", "c-1");
    expect(asked.status).toBe(3);
    expect(asked.stderr).toContain("whosaw rebuild");
    expect(at("lost", "import", desk).status).toBe(3);
    expect(at("lost", "rebuild").status).toBe(0);
    expect(at("lost", "--json", "customer", "c-1").stdout).toBe(
      at("data", "--json", "customer", "c-1").stdout,
    );
  });

  it("prints one JSON document, whatever goes wrong", () => {
    const reports = join(desk, "reports.csv");
    const wrong: readonly (readonly string[])[] = [
      ["customer"],
      ["nonsense"],
      ["trace"],
      ["import", "x", "--as", "nothing"],
      ["customer", "c-1", "--html", join(folder, "no/page.html")],
      ["scope", "--actor", "agent-ben", "--html", join(folder, "no/page.html")],
      ["trace", "--reports", reports, "--html", join(folder, "no/page.html")],
    ];
    for (const words of wrong) {
      const run = at("data", "--json", ...words);
      expect([2, 3], words.join(" ")).toContain(run.status);
      expect(JSON.parse(run.stdout), words.join(" ")).toHaveProperty("error.what");
    }
  });
});

describe("a full disk", () => {
  it.skipIf(!existsSync("/dev/full"))("behind stdout is said in a sentence (needs /dev/full)", () => {
    const full = openSync("/dev/full", "w");
    const run = spawnSync(process.execPath, [join(root, "bin/whosaw"), "completion", "bash"], {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect(run.status).toBe(3);
    expect(run.stderr).toMatch(/^whosaw: stdout can't be written: ENOSPC.*\n$/);
  });
});

describe("a file of reports", () => {
  it("loses the calls that lie in the future, and says so", () => {
    const { status, answer } = traced("customer,time\nc-1,2019-08-10\nc-1,2190-08-10\n");
    expect(status).toBe(1);
    expect(answer["reports"]).toMatchObject({ given: 1 });
    expect(answer["rejected"]).toEqual([{ line: 3, reason: "the call lies in the future" }]);
  });

  it("holds ten thousand reports, and not one more", () => {
    expect(traced(lines(10_000)).status).toBe(0);
    expect(traced(lines(10_001)).status).toBe(3);
  });
});

describe("an import", () => {
  it("that is refused at its second file leaves the first one explained", () => {
    const parts = join(folder, "parts");
    mkdirSync(parts);
    writeFileSync(join(parts, "accesses.csv"), "time,actor,customer\n2019-08-01 10:00:00,a,c\n");
    writeFileSync(join(parts, "tickets-1.csv"), "id,customer,opened,assignee\nt,c,2019-08-01 09:30:00,a\n");
    writeFileSync(join(parts, "tickets-2.csv"), "id,customer\nu,c\n");
    expect(at("parts-data", "import", parts).status).toBe(3);
    expect(JSON.parse(at("parts-data", "--json", "customer", "c").stdout)).toMatchObject({
      sightings: [{ explained: true }],
    });
  });
});

describe("a map", () => {
  it("that names a column which the file doesn't have is refused, though the file would do without it", () => {
    const map = join(folder, "map.yaml");
    writeFileSync(
      map,
      "table: accesses\ncolumns: { time: time, actor: actor, customer: customer, fields: Shown }\n",
    );
    const run = at("map-data", "import", join(desk, "accesses.csv"), "--map", map);
    expect(run.status).toBe(3);
    expect(run.stderr).toContain("the map names Shown");
  });
});

describe("what is shown", () => {
  it("holds no sign that steers a terminal, and is the same text to who parses it", () => {
    const text = JSON.stringify("a\u009b31m\u202eb é 日本");
    expect(shown(text)).toBe(String.raw`"a\u009b31m\u202eb é 日本"`);
    expect(JSON.parse(shown(text))).toBe(JSON.parse(text));
  });
});
