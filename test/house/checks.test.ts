import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function run(script: string): string {
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", ...script.split(" ")], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stdout}\n${stderr}`;
}

describe("the code", () => {
  it("is typed without an error, tests and benchmarks too", () =>
    expect(run("tsc --noEmit -p tsconfig.json")).toBe(""));
  it("has no lint", () => expect(run("oxlint --type-aware")).toBe(""));
  it("is formatted", () => expect(run("oxfmt --check")).toBe(""));
  it("has nothing that nobody uses", () => expect(run("knip")).toBe(""));
});
