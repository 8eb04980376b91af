import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, type Ran, whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-witness-"));
const data = join(folder, "data");
const witnessKey = join(folder, "witness/keys/witness.vkey");
let running: ChildProcess | null = null;
let url = "";

const whosaw = whosawOn(data, { cwd: folder, millisMax: 30_000 });

/** Starts the witness as its owner would, and waits until it has said its key and where it listens. */
async function startWitness(listen: string): Promise<{ readonly key: string; readonly url: string }> {
  const words = ["witness", "--dir", join(folder, "witness"), "--listen", listen, "--json"];
  const more = ["--name", "witness.example/council", "--log", join(data, "keys/log.vkey")];
  const child = spawn(process.execPath, [bin, ...words, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  running = child;
  const said = await new Promise<string>((resolved, failed) => {
    let text = "";
    child.stdout.on("data", (piece: Buffer) => {
      text += piece.toString();
      if (text.trimEnd().endsWith("}")) resolved(text);
    });
    child.once("exit", () => failed(new Error(`the witness ended: ${text}`)));
  });
  return JSON.parse(said) as { key: string; url: string };
}

async function stopWitness(): Promise<number | null> {
  const child = running;
  running = null;
  if (child === null) return null;
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  child.kill("SIGTERM");
  return ended;
}

function configure(alarmMinutes: number, needed = 1): void {
  const key = readFileSync(witnessKey, "utf8").trim();
  writeFileSync(
    join(data, "whosaw.yaml"),
    `witnesses:\n  needed: ${needed}\n  alarmMinutes: ${alarmMinutes}\n  list:\n    - { url: "${url}", key: "${key}" }\n`,
  );
}

function verifies(path: string): Ran {
  return whosaw("--json", "verify", path, "--key", join(data, "keys/log.vkey"), "--witness", witnessKey);
}

beforeAll(async () => {
  expect(whosaw("import", join(root, "testdata/small-desk")).status).toBe(0);
  const started = await startWitness("127.0.0.1:0");
  url = started.url;
  expect(readFileSync(witnessKey, "utf8").trim()).toBe(started.key);
  configure(60);
});

afterAll(async () => {
  await stopWitness();
  rmSync(folder, { recursive: true, force: true });
});

describe("a witness", () => {
  it("cosigns what an import and an export recorded, and verify asks for that", () => {
    expect(JSON.parse(verifies(data).stdout)).toMatchObject({
      ok: false,
      problems: [{ code: "cosignature_missing" }],
    });
    writeFileSync(join(folder, "more.csv"), "time,actor,customer\n2019-07-05T08:00:00Z,agent-ann,c-5\n");
    const imported = whosaw("import", join(folder, "more.csv"), "--as", "accesses");
    expect(imported.status, imported.stderr).toBe(0);
    expect(imported.stderr).not.toMatch(/cosign/);
    const checked = verifies(data);
    expect(checked.status, checked.stdout).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ witnesses: ["witness.example/council"] });
  });

  it("stands under the proofs of a bundle, whose policy names it", () => {
    expect(whosaw("evidence", "--actor", "agent-ben", "--out", "case.zip").status).toBe(0);
    expect(verifies(join(folder, "case.zip")).status).toBe(0);
  });

  it("that is away stops nothing: the command says so, and verify misses it", async () => {
    expect(await stopWitness()).toBe(0);
    const exported = whosaw("export", "--format", "csv", "--out", "all.csv");
    expect(exported.status, exported.stderr).toBe(0);
    expect(exported.stderr).toMatch(/not cosigned: 0 of 1 witnesses answered \(none\), 1 are needed/);
    expect(exported.stderr).not.toMatch(/ALARM/);
    expect(verifies(data).status).toBe(5);
    expect(whosaw("verify").status).toBe(0);
    expect(whosaw("evidence", "--actor", "agent-ben", "--out", "without.zip").status).toBe(0);
    expect(verifies(join(folder, "without.zip"))).toMatchObject({ status: 5 });
  });

  it("that is away for longer than the policy allows is an alarm, until it is back", async () => {
    expect(existsSync(join(data, "witnesses-away"))).toBe(true);
    writeFileSync(join(data, "witnesses-away"), "2019-07-01T00:00:00Z\n");
    const late = whosaw("export", "--format", "csv", "--out", "late.csv");
    expect(late.stderr).toMatch(/ALARM: the checkpoint is not cosigned[\s\S]*since 2019-07-01T00:00:00Z/);
    await startWitness(new URL(url).host);
    const back = whosaw("export", "--format", "csv", "--out", "back.csv");
    expect(back.stderr).not.toMatch(/cosigned/);
    expect(existsSync(join(data, "witnesses-away"))).toBe(false);
    expect(verifies(data).status).toBe(0);
  });

  it("is refused in the configuration when more are needed than are listed", () => {
    configure(60, 2);
    const refused = whosaw("customer", "c-1");
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(/whosaw\.yaml:\d+: witnesses: more witnesses are needed than are listed/);
    configure(60);
  });

  it("refuses an address that is none, a key that is none, and a second one in its directory", () => {
    const words = ["witness", "--dir", join(folder, "other"), "--log"];
    appendFileSync(join(folder, "bad.vkey"), "not a key\n");
    expect(whosaw(...words, join(folder, "bad.vkey"), "--listen", "127.0.0.1:0").status).toBe(2);
    expect(whosaw(...words, join(folder, "no.vkey")).status).toBe(3);
    expect(whosaw(...words, join(data, "keys/log.vkey"), "--listen", "here").status).toBe(2);
    const second = ["witness", "--dir", join(folder, "witness"), "--listen", "127.0.0.1:0", "--log"];
    expect(whosaw(...second, join(data, "keys/log.vkey")).status).toBe(6);
  });
});
