import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../program.ts";
import type { ExitCode } from "../invocation.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-export-cli-"));
const data = join(root, "data");

interface Session {
  readonly code: ExitCode | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as `main` does, with a screen that keeps what was shown. */
async function whosaw(...words: readonly string[]): Promise<Session> {
  let [out, err] = ["", ""];
  let code: ExitCode | null = null;
  const screen = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    width: 100,
    colour: false,
    redraw: false,
  };
  const program = buildProgram("0", (options) => async (act) => {
    code = await act({ screen, clock: Date.now, options });
  });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: screen.out, writeErr: screen.err });
  await program.parseAsync(["--data", data, ...words], { from: "user" }).catch((error: unknown) => {
    err += String(error);
  });
  return { code, out, err };
}

beforeAll(async () => {
  const desk = resolve(import.meta.dirname, "../../../testdata/small-desk");
  expect((await whosaw("import", desk, "--quiet")).code).toBe(0);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("whosaw export", () => {
  it("writes a file, and says on stderr what is in it and where the log tells of it", async () => {
    const file = join(root, "reads.csv");
    const { code, out, err } = await whosaw("export", "--format", "csv", "--out", file);
    expect([code, out]).toEqual([0, ""]);
    expect(err).toContain(`7 sightings written to ${file}`);
    expect(err).toMatch(/entry \d+ of \S+ tells of this export/);
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(8);
    const again = await whosaw("export", "--format", "csv", "--out", file);
    expect(again.code).toBe(6);
    expect(again.err).toContain("--force");
    expect((await whosaw("export", "--format", "csv", "--out", file, "--force")).code).toBe(0);
  });

  it("with --json prints the summary and nothing else", async () => {
    const file = join(root, "ann.jsonl");
    const { code, out } = await whosaw(
      "export",
      "--format",
      "ocsf",
      "--actor",
      "agent-ann",
      "--to",
      "2019-07-01",
      "--out",
      file,
      "--json",
    );
    const bytes = readFileSync(file);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      format: "ocsf",
      file,
      sightings: 3,
      exposureUnknown: 0,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  });

  it("writes nothing but the rows to stdout", async () => {
    const { code, out } = await whosaw("export", "--format", "ecs", "--customer", "c-1", "--out", "-");
    expect(code).toBe(0);
    const rows = out.trimEnd().split("\n");
    expect(rows.map((row) => (JSON.parse(row) as { user: { id: string } }).user.id)).toEqual([
      "agent-ann",
      "agent-ann",
      "agent-ben",
      "sync",
    ]);
  });

  it.each([
    ["an unknown format", ["--format", "xml", "--out", "x"], null],
    ["no file", ["--format", "csv"], null],
    ["two documents on stdout", ["--format", "csv", "--out", "-", "--json"], 2],
    ["Parquet on stdout", ["--format", "parquet", "--out", "-"], 2],
    ["no time", ["--format", "csv", "--out", "x", "--from", "yesterday"], 2],
    ["no id", ["--format", "csv", "--out", "x", "--actor", "a\tb"], 2],
    ["a folder that is not there", ["--format", "csv", "--out", join(root, "no/x.csv")], 3],
  ] as const)("refuses %s", async (_, words, code) => {
    const answer = await whosaw("export", ...words);
    expect(answer.code).toBe(code);
    expect(answer.err).not.toBe("");
  });

  it("leaves a log that verifies", async () => {
    const { code, out } = await whosaw("verify", data, "--thorough", "--json");
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, problems: [] }]);
  });

  it("says that a table holds no event that names no customer", async () => {
    const log = join(root, "other.ocsf.json");
    const event = {
      class_uid: 6003,
      activity_id: 2,
      time: 1_561_978_800_000,
      actor: { user: { uid: "agent-ben" } },
    };
    writeFileSync(log, `${JSON.stringify(event)}\n`);
    expect((await whosaw("import", log, "--as", "accesses", "--format", "ocsf")).code).toBe(0);
    const { err } = await whosaw("export", "--format", "csv", "--out", join(root, "with-unknown.csv"));
    expect(err).toContain("1 events that don't say which customers they showed are not in it");
  });
});
