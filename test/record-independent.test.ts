import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReader } from "../src/record/index.ts";
import {
  checkSignature,
  decodeBase64,
  leafHash,
  parseCheckpoint,
  parseVerifierKey,
  verifyConsistency,
  verifyInclusion,
  type Checkpoint,
} from "../src/tlog/index.ts";
import { verifyLog } from "../src/verify/index.ts";
import { flipByte, good, opened, record } from "./record-fixture.ts";

/**
 * testdata/independent/main.go: the code of Go's checksum database (golang.org/x/mod/sumdb) reads our log and we read
 * the one it writes. Neither side shares a line with the other.
 */
const gocode = "/usr/share/gocode";
const canGo =
  existsSync(join(gocode, "src/golang.org/x/mod/sumdb/note/note.go")) &&
  spawnSync("go", ["version"]).status === 0;
const skipped = canGo ? "" : " (skipped: Go or golang-golang-x-mod-dev is missing)";
const dir = mkdtempSync(join(tmpdir(), "whosaw-independent-"));
const [ours, theirs] = [join(dir, "ours"), join(dir, "theirs")];
const program = join(dir, "independent");
const sizes = { older: 300, newer: 1000 };

function go(words: readonly string[], input = ""): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(program, words, { input, encoding: "utf8" });
  return { status, said: (stdout + stderr).trim() };
}

const hashes = (texts: readonly string[]): Buffer[] => texts.map((text) => decodeBase64(text) ?? Buffer.of());

const vkeyOf = (data: string): string => readFileSync(join(data, "keys/log.vkey"), "utf8").trim();

function headIn(path: string): Checkpoint {
  const head = parseCheckpoint(readFileSync(path, "utf8"));
  if (head === null) throw new Error(`${path} holds no checkpoint`);
  return head;
}

beforeAll(async () => {
  if (!canGo) return;
  const environment = { ...process.env, GO111MODULE: "off", GOPATH: gocode, GOCACHE: join(dir, "cache") };
  const built = spawnSync("go", ["build", "-o", program, "testdata/independent/main.go"], {
    env: environment,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(built.stderr);
  const recorder = await opened(ours, { name: "log.example/desk" });
  await record(recorder, 0, sizes.older);
  good(await recorder.checkpoint());
  writeFileSync(join(dir, "older"), readFileSync(join(ours, "log/checkpoint")));
  await record(recorder, sizes.older, sizes.newer);
  await recorder.close();
  expect(go(["make", theirs, String(sizes.newer), String(sizes.older)])).toEqual({ status: 0, said: "" });
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("Go's sumdb code", () => {
  it.skipIf(!canGo)(
    `opens our checkpoint, reads our tiles, and proves each of our leaves to be in the tree${skipped}`,
    () => {
      const { root, size } = headIn(join(ours, "log/checkpoint"));
      expect(go(["check", ours, vkeyOf(ours), join(dir, "older")])).toEqual({
        status: 0,
        said: `log.example/desk ${size} ${Buffer.from(root).toString("base64")}`,
      });
    },
  );

  it.skipIf(!canGo)(`accepts our inclusion and consistency proofs${skipped}`, async () => {
    const reader = good(await openReader(ours));
    const leaf = join(dir, "leaf");
    for (const index of [0, 1, 255, 256, 511, 512, 767, 768, 998, 999]) {
      const proved = await reader.prove(index);
      writeFileSync(leaf, proved?.leaf ?? "");
      const proof = proved?.proof ?? "";
      expect(go(["proof", vkeyOf(ours), leaf], proof)).toEqual({
        status: 0,
        said: `${index} ${sizes.newer}`,
      });
      expect(
        go(["proof", vkeyOf(ours), leaf], proof.replace(`index ${index}`, `index ${index ^ 1}`)).status,
      ).toBe(1);
    }
    const consistency = await reader.proveFrom(sizes.older);
    const lines = consistency.map((hash) => `${Buffer.from(hash).toString("base64")}\n`);
    const words = ["consistent", join(dir, "older"), join(ours, "log/checkpoint"), vkeyOf(ours)];
    expect(go(words, lines.join(""))).toEqual({ status: 0, said: `${sizes.older} ${sizes.newer}` });
    expect(go(words, lines.toReversed().join("")).status).toBe(1);
  });

  it.skipIf(!canGo)(`finds what was changed in our log, as we do${skipped}`, async () => {
    for (const [path, at] of [
      ["log/entries/001", 100],
      ["log/tile/entries/002", 50],
      ["log/tile/0/000", 8],
    ] as const) {
      await flipByte(join(ours, path), at);
      expect(go(["check", ours, vkeyOf(ours)]).status, path).toBe(1);
      expect((await verifyLog(ours)).ok, path).toBe(false);
      await flipByte(join(ours, path), at);
    }
    expect(go(["check", ours, vkeyOf(ours)]).status).toBe(0);
  });
});

describe("a log that Go's sumdb code wrote", () => {
  it.skipIf(!canGo)(
    `passes our verifier, alone and beside a checkpoint kept from before${skipped}`,
    async () => {
      const checkpoint = readFileSync(join(theirs, "older"), "utf8");
      const verdict = await verifyLog(theirs, { key: vkeyOf(theirs), checkpoint, thorough: true });
      expect(verdict).toMatchObject({ ok: true, log: "log.example/go", size: sizes.newer });
      expect((await verifyLog(theirs, { key: vkeyOf(ours) })).ok).toBe(false);
    },
  );

  it.skipIf(!canGo)(`has proofs that we accept, and only in their place${skipped}`, async () => {
    const key = parseVerifierKey(vkeyOf(theirs));
    const [older, newer] = [headIn(join(theirs, "older")), headIn(join(theirs, "log/checkpoint"))];
    for (const { note } of [older, newer]) expect(key !== null && checkSignature(note, key)).toBe("good");
    const proofs = JSON.parse(readFileSync(join(theirs, "proofs.json"), "utf8")) as {
      readonly consistency: readonly string[];
      readonly inclusion: readonly (readonly string[])[];
    };
    const claim = { older: older.size, newer: newer.size, olderRoot: older.root, newerRoot: newer.root };
    expect(verifyConsistency(claim, hashes(proofs.consistency))).toBe(true);
    expect(verifyConsistency(claim, hashes(proofs.consistency.slice(1)))).toBe(false);
    const reader = good(await openReader(theirs));
    const { size, root } = newer;
    for (const [index, path] of proofs.inclusion.entries()) {
      if (index % 37 > 1) continue;
      const leaf = leafHash(Buffer.from((await reader.prove(index))?.leaf ?? ""));
      expect(verifyInclusion({ leaf, index, size, root }, hashes(path)), String(index)).toBe(true);
      expect(verifyInclusion({ leaf, index: index ^ 1, size, root }, hashes(path)), String(index)).toBe(
        false,
      );
    }
  });
});
