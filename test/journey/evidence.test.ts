import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, type Ran, whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-evidence-"));
const desk = join(root, "testdata/small-desk");
const data = join(folder, "data");
const archive = join(folder, "case.zip");
/** As somebody holds it who wrote it down on another day: the data directory isn't there when it is used. */
const key = join(folder, "trusted.vkey");

const whosaw = whosawOn(data, { cwd: folder });

/** Verifies away from the data directory, with the archive and the key alone. */
function verify(path: string, ...words: readonly string[]): Ran & { readonly codes: readonly string[] } {
  const ran = spawnSync(
    process.execPath,
    [bin, "--data", join(folder, "nowhere"), "--json", "verify", path, "--key", key, ...words],
    { encoding: "utf8" },
  );
  const verdict = JSON.parse(ran.stdout) as {
    problems?: readonly { code: string }[];
    error?: { code: string };
  };
  return { ...ran, codes: verdict.problems?.map(({ code }) => code) ?? [verdict.error?.code ?? ""] };
}

let files: Record<string, Uint8Array> = {};
const text = (path: string): string => Buffer.from(files[path] ?? Buffer.of()).toString();

function packed(name: string, changed: Record<string, Uint8Array>): string {
  const file = join(folder, name);
  writeFileSync(file, zipSync(changed));
  return file;
}

function unpacked(name: string): string {
  const dir = join(folder, name);
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  return dir;
}

function spoiled(bytes: Uint8Array = Buffer.of()): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = Math.floor(copy.length / 2);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

beforeAll(() => {
  expect(whosaw("import", desk).status).toBe(0);
  const made = whosaw(
    "evidence",
    "--actor",
    "agent-ben",
    "--reason",
    "case 12 <i>",
    "--out",
    "case.zip",
    "--json",
  );
  expect(made.status, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({
    actor: "agent-ben",
    customers: 3,
    sightings: 3,
    entries: 1,
  });
  copyFileSync(join(data, "keys/log.vkey"), key);
  files = unzipSync(readFileSync(archive));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a bundle of evidence", () => {
  it("is its owner's alone, and is not written over", () => {
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    const again = ["evidence", "--actor", "agent-ben", "--out", "case.zip"];
    const before = readFileSync(archive);
    expect(whosaw(...again).status).toBe(6);
    expect(readFileSync(archive).equals(before)).toBe(true);
    const forced = join(folder, "forced.zip");
    writeFileSync(forced, "old");
    expect(whosaw("evidence", "--actor", "agent-ben", "--out", forced, "--force").status).toBe(0);
    expect(verify(forced).status).toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("verifies with the key alone, packed, unpacked, and packed with its folder", () => {
    for (const path of [
      archive,
      unpacked("whole"),
      packed(
        "nested.zip",
        Object.fromEntries(Object.entries(files).map(([p, bytes]) => [`case-12/${p}`, bytes])),
      ),
    ]) {
      const checked = verify(path);
      expect(checked.status, path + checked.stderr).toBe(0);
      expect(JSON.parse(checked.stdout)).toMatchObject({
        ok: true,
        problems: [],
        entries: 2,
        exported: { entry: { kind: "export", format: "evidence", reason: "case 12 <i>", sightings: 3 } },
      });
    }
  });

  it("with one bit of any of its files changed is found out, with a code", () => {
    const found: Record<string, readonly string[]> = {};
    for (const [path, bytes] of Object.entries(files)) {
      const checked = verify(packed("spoiled.zip", { ...files, [path]: spoiled(bytes) }));
      expect(checked.status, path).toBe(5);
      found[path] = checked.codes;
    }
    expect(found["report.html"]).toEqual(["file_differs"]);
    expect(found["sightings.csv"]).toEqual(["file_differs"]);
    expect(found["entries/0.json"]).toEqual(expect.arrayContaining(["entry_differs", "file_differs"]));
    // A flipped bit of a hexadecimal digit is another one, or none.
    expect(found["SHA256SUMS"]?.join()).toMatch(/sums_(differ|malformed)/);
    expect(found["export.json"]).toEqual(expect.arrayContaining(["entry_differs"]));
    expect(Object.values(found).every((codes) => codes.length > 0)).toBe(true);
  });

  it("with a file put beside the exported ones, or one taken out, is found out", () => {
    const more = { ...files, "report-corrected.html": Buffer.from("<p>agent-ann did it</p>") };
    expect(verify(packed("more.zip", more))).toMatchObject({ status: 5, codes: ["file_unlisted"] });
    const dir = unpacked("more");
    writeFileSync(join(dir, "note.txt"), "x");
    expect(verify(dir)).toMatchObject({ status: 5, codes: ["file_unlisted"] });
    const { "scope.csv": _, ...less } = files;
    expect(verify(packed("less.zip", less))).toMatchObject({ status: 5, codes: ["file_missing"] });
  });

  it("cut short, of another log, or no bundle at all is called so", () => {
    const cut = join(folder, "cut.zip");
    writeFileSync(cut, readFileSync(archive).subarray(0, -40));
    expect(verify(cut)).toMatchObject({ status: 5, codes: ["verification"] });
    writeFileSync(
      join(folder, "other.vkey"),
      "log.example/desk+e8b7186e+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n",
    );
    expect(verify(archive, "--key", join(folder, "other.vkey"))).toMatchObject({
      status: 5,
      codes: expect.arrayContaining(["origin_differs"]),
    });
    writeFileSync(join(folder, "letter.txt"), "dear judge");
    expect(verify(join(folder, "letter.txt"))).toMatchObject({ status: 3, codes: ["input"] });
    expect(verify(packed("bomb.zip", { ...files, bomb: Buffer.alloc(300 * 2 ** 20) }))).toMatchObject({
      status: 6,
      codes: ["refused"],
    });
  });

  it("says who took it out, when and why, in the log that it came from", () => {
    const told = JSON.parse(text("export.json")) as { entry: Record<string, unknown> };
    expect(told.entry).toMatchObject({
      kind: "export",
      format: "evidence",
      reason: "case 12 <i>",
      filter: { actor: "agent-ben", customer: null, from: null, to: null },
    });
    expect(whosaw("verify").status).toBe(0);
  });

  it("holds every sighting with its receipt, and each receipt leads to the line of the file", () => {
    const [heading = "", ...lines] = text("sightings.csv").trim().split("\n");
    expect(heading).toMatch(/receipt_log,receipt_entry,receipt_line$/);
    const source = readFileSync(join(desk, "accesses.csv"), "utf8").split("\n");
    for (const line of lines) {
      const [, actor, customer] = line.split(",");
      const [entry, record] = line.split(",").slice(-2);
      const told = JSON.parse(text(`entries/${entry ?? ""}.json`)) as { entry: { file: string } };
      expect(told.entry.file).toMatch(/accesses\.csv$/);
      expect(source[Number(record) - 1]).toContain(`,${actor ?? ""},${customer ?? ""},`);
    }
    expect(lines).toHaveLength(3);
    expect(text("scope.csv").trim().split("\n")).toHaveLength(4);
  });

  it("has a report that escapes what others wrote, and names no value of a customer", () => {
    const page = text("report.html");
    expect(page).toContain("case 12 &lt;i&gt;");
    expect(page).not.toContain("<i>");
    expect(page).not.toMatch(/<script|https?:/);
    expect(page).toMatch(/entry 0, line/);
    expect(page).toMatch(/Exposure unknown/);
  });

  it("tells its provenance in CASE's words: every reference leads to a node, every digest is a file's", () => {
    const told = JSON.parse(text("provenance.case.json")) as { "@graph": readonly Record<string, unknown>[] };
    const ids = new Set(told["@graph"].map((node) => node["@id"]));
    expect(ids.size).toBe(told["@graph"].length);
    const refers = [...text("provenance.case.json").matchAll(/\{\s*"@id": "([^"]+)"\s*\}/g)].map(
      ([, id]) => id,
    );
    expect(refers.length).toBeGreaterThan(10);
    expect(refers.filter((id) => !ids.has(id))).toEqual([]);
    const types = told["@graph"].map((node) => node["@type"]);
    for (const type of ["Investigation", "InvestigativeAction", "ProvenanceRecord"])
      expect(types).toContain(`case-investigation:${type}`);
    const exhibits = told["@graph"].flatMap((node) => node["case-investigation:exhibitNumber"] ?? []);
    expect(new Set(exhibits).size).toBe(5);
    for (const line of text("SHA256SUMS")
      .trim()
      .split("\n")
      .filter((one) => /(report.html|csv)$/.test(one)))
      expect(text("provenance.case.json")).toContain(line.slice(0, 64));
  });
});

const stock = ["openssl", "sha256sum"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);
const why = stock ? "" : " (skipped: openssl or sha256sum is missing)";

describe("the printed steps", () => {
  it.skipIf(!stock)(`run as they are printed, pass, and fail where something was changed${why}`, () => {
    const dir = unpacked("steps/bundle");
    copyFileSync(key, join(folder, "steps/trusted.vkey"));
    const commands = text("HOW-TO-VERIFY.txt")
      .split("\n")
      .filter((line) => line.startsWith("    "))
      .map((line) => line.slice(4));
    const run = (): Ran => spawnSync("sh", ["-c", commands.join("\n")], { cwd: dir, encoding: "utf8" });
    const good = run();
    expect(good.status, good.stderr).toBe(0);
    expect(good.stdout).toMatch(
      /export stands in the log[\s\S]*entries\/0 stands in the log[\s\S]*Nothing is wrong/,
    );
    for (const path of [
      "report.html",
      "SHA256SUMS",
      "export.json",
      "export.leaf.json",
      "export.tlog-proof",
    ]) {
      writeFileSync(join(dir, path), spoiled(files[path]));
      expect(run().status, path).not.toBe(0);
      writeFileSync(join(dir, path), files[path] ?? Buffer.of());
    }
    writeFileSync(
      join(folder, "steps/trusted.vkey"),
      "log.example/desk+e8b7186e+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n",
    );
    expect(run().status).not.toBe(0);
  });
});
