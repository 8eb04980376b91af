import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Sessions at the command line, as a user has them: test/scripts/*.txt. A session starts in an empty folder that holds
 * `desk/` (testdata/small-desk). Its lines:
 *   # a comment        $ whosaw ...     run it         write FILE: text   (\n for a line's end)
 *   exit N             out TEXT / err TEXT   stdout / stderr holds it      not TEXT   neither holds it
 *   json PATH = VALUE  the document on stdout, at a path like tables.0.imported
 */
const root = resolve(import.meta.dirname, "../..");

interface Step {
  readonly line: number;
  readonly text: string;
}

function steps(file: string): Step[] {
  return readFileSync(join(import.meta.dirname, file), "utf8")
    .split("\n")
    .map((text, i) => ({ line: i + 1, text: text.trim() }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
}

function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

function at(document: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}

function play(file: string): void {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-session-"));
  cpSync(join(root, "testdata/small-desk"), join(folder, "desk"), { recursive: true });
  let last = { status: 0 as number | null, stdout: "", stderr: "" };
  try {
    for (const { line, text } of steps(file)) {
      const where = `${file}:${line}: ${text}\n--- stdout\n${last.stdout}\n--- stderr\n${last.stderr}`;
      const [verb = "", ...rest] = text.split(" ");
      const said = rest.join(" ");
      if (verb === "$") {
        const environment = { ...process.env, NO_COLOR: "1", WHOSAW_DATA: "" };
        delete (environment as Record<string, unknown>)["WHOSAW_DATA"];
        last = spawnSync(process.execPath, [join(root, "bin/whosaw"), ...words(said).slice(1)], {
          cwd: folder,
          encoding: "utf8",
          env: environment,
        });
        // A stack trace shown to a user is a defect, whatever else the session checks.
        expect(last.stderr, where).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
      } else if (verb === "write") {
        const [name = "", content = ""] = said.split(/: (.*)/s);
        spawnSync("tee", [join(folder, name)], { input: content.replaceAll("\\n", "\n") });
      } else if (verb === "exit") expect(last.status, where).toBe(Number(said));
      else if (verb === "out") expect(last.stdout, where).toContain(said);
      else if (verb === "err") expect(last.stderr, where).toContain(said);
      else if (verb === "not") expect(last.stdout + last.stderr, where).not.toContain(said);
      else if (verb === "json") {
        const [path = "", value = ""] = said.split(" = ");
        expect(at(JSON.parse(last.stdout), path), where).toEqual(JSON.parse(value));
      } else throw new Error(`${file}:${line}: no such step: ${verb}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("at the command line", () => {
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"))) {
    it(file.replace(".txt", "").replaceAll("-", " "), () => play(file), 300_000);
  }
});
