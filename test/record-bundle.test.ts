import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBundle } from "../src/record/index.ts";
import { parseProofFile, parseVerifierKey, sha256Hex } from "../src/tlog/index.ts";
import { verifyBundle, type ProblemCode } from "../src/verify/index.ts";
import { byPlaces, eraseByTwo, folder, good, logOf, opened, record } from "./record-fixture.ts";

let files: ReadonlyMap<string, Uint8Array> = new Map();
let key = "";
let oldKey = "";
let erased = 0;
const made: string[] = [];

beforeAll(async () => {
  const dir = await logOf(500);
  made.push(dir);
  oldKey = readFileSync(join(dir, "keys/log.vkey"), "utf8");
  const recorder = await opened(dir);
  good(await recorder.rotateKey());
  await eraseByTwo(recorder, byPlaces({ from: 7, to: 8 }));
  await record(recorder, 501, 600);
  const order = {
    entries: [3, 7, 255, 256, 480],
    files: new Map([["report/report.html", Buffer.from("<p>agent-3 read c-3</p>")]]),
    said: { kind: "export", time: "2026-01-31T10:00:00Z", by: "agent-1", why: "case 12" } as const,
  };
  const bundle = good(await makeBundle(dir, recorder, order));
  ({ files, erased } = bundle);
  key = recorder.key;
  await recorder.close();
});
afterAll(() => made.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

async function codesAfter(
  change: (changed: Map<string, Uint8Array>) => void,
  trusted = key,
): Promise<readonly ProblemCode[]> {
  const changed = new Map(files);
  change(changed);
  const verdict = await verifyBundle((path) => changed.get(path) ?? null, { key: trusted });
  expect(verdict.ok).toBe(verdict.problems.length === 0);
  return [...new Set(verdict.problems.map(({ code }) => code))];
}

function flip(bytes: Uint8Array | undefined, at: number): Uint8Array {
  const copy = Buffer.from(bytes ?? Buffer.of());
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** What a forger does who knows the format: the list of files in step with the files. */
function listAnew(changed: Map<string, Uint8Array>): void {
  const lines = Buffer.from(changed.get("SHA256SUMS") ?? Buffer.of())
    .toString()
    .trim()
    .split("\n");
  const sums = lines.map(
    (line) => `${sha256Hex(changed.get(line.slice(66)) ?? Buffer.of())}  ${line.slice(66)}\n`,
  );
  changed.set("SHA256SUMS", Buffer.from(sums.join("")));
}

const alter = (path: string, at: number) => (all: Map<string, Uint8Array>) => {
  all.set(path, flip(all.get(path), at));
  if (path.startsWith("entries")) listAnew(all);
};

const swap = (all: Map<string, Uint8Array>): void => {
  const [three, more] = [all.get("entries/3.json"), all.get("entries/255.json")];
  if (three === undefined || more === undefined) throw new Error("no entries");
  all.set("entries/3.json", more).set("entries/255.json", three);
  listAnew(all);
};

/** Another hash at the start of the path. */
function spoilProof(all: Map<string, Uint8Array>): void {
  const proof = Buffer.from(all.get("entries/3.tlog-proof") ?? Buffer.of()).toString();
  all.set(
    "entries/3.tlog-proof",
    Buffer.from(proof.replace(/index 3\n.{44}/, `index 3\n${"A".repeat(43)}=`)),
  );
}

describe("a bundle", () => {
  it("verifies with nothing but its files and the key, the present one or an older", async () => {
    expect(await codesAfter(() => undefined)).toEqual([]);
    expect(await codesAfter(() => undefined, oldKey)).toEqual([]);
    const verdict = await verifyBundle((path) => files.get(path) ?? null);
    expect(verdict).toMatchObject({
      ok: true,
      log: "log.example/desk",
      exported: { entry: { by: "agent-1", why: "case 12" } },
    });
    // Four entries (one of the five is erased), the hand-over, and the export itself.
    expect([verdict.entries, erased]).toEqual([6, 1]);
  });

  it("with its report edited is found out, even with the list of files put right", async () => {
    const edit = Buffer.from("<p>agent-4 read c-3</p>");
    expect(await codesAfter((all) => all.set("report/report.html", edit))).toEqual(["file_differs"]);
    expect(
      await codesAfter((all) => {
        all.set("report/report.html", edit);
        listAnew(all);
      }),
    ).toEqual(["sums_differ"]);
  });

  it("with an entry, a leaf, a proof or the export's entry altered is found out", async () => {
    expect(await codesAfter(alter("entries/3.json", 60))).toEqual(
      expect.arrayContaining(["entry_differs", "sums_differ"]),
    );
    expect(await codesAfter(alter("entries/3.leaf.json", 100))).toEqual(
      expect.arrayContaining(["proof_wrong", "sums_differ"]),
    );
    expect(await codesAfter(spoilProof)).toEqual(expect.arrayContaining(["proof_wrong"]));
    expect(await codesAfter(alter("export.json", 30))).toEqual(expect.arrayContaining(["entry_differs"]));
  });

  it("with entries exchanged, a file taken out, or no list is found out", async () => {
    expect(await codesAfter(swap)).toEqual(expect.arrayContaining(["entry_differs", "sums_differ"]));
    expect(await codesAfter((all) => all.delete("report/report.html"))).toEqual(["file_missing"]);
    expect(await codesAfter((all) => all.delete("SHA256SUMS"))).toEqual(["sums_malformed"]);
    expect(
      await codesAfter((all) => all.set("SHA256SUMS", Buffer.from(`${"0".repeat(64)}  ../secret\n`))),
    ).toEqual(["sums_malformed"]);
    expect(await codesAfter((all) => all.delete("export.tlog-proof"))).toEqual(
      expect.arrayContaining(["proof_malformed"]),
    );
  });

  it("of another log, or without a trusted key, is called so", async () => {
    const other = await logOf(3, "log.example/other");
    made.push(other);
    expect(await codesAfter(() => undefined, readFileSync(join(other, "keys/log.vkey"), "utf8"))).toEqual(
      expect.arrayContaining(["origin_differs"]),
    );
    expect(await codesAfter(() => undefined, "x")).toEqual(["key_missing"]);
  });
});

const openssl = spawnSync("openssl", ["version"]).status === 0;

/** The checks of docs/formats/checkpoint.md, done with openssl and sha256sum alone. */
const stockTools = `
set -e
sha256sum --check --quiet SHA256SUMS
test "$(sha256sum < SHA256SUMS | cut -c1-64)" = "$(grep -o '"sums":"[0-9a-f]*"' export.json | cut -c9-72)"
test "$(sha256sum < export.json | cut -c1-64)" = "$(cut -c11-74 export.leaf.json)"
{ printf '\\000'; cat export.leaf.json; } | openssl dgst -sha256 -binary > hash
index=$(sed -n 's/^index //p' export.tlog-proof)
sed '1,/^$/d' export.tlog-proof > checkpoint
size=$(sed -n 2p checkpoint)
sed -n '/^index/,/^$/p' export.tlog-proof | sed '1d;$d' > path
while [ "$size" -gt 1 ]; do
  if [ $((index % 2)) = 1 ]; then
    sed -n 1p path | base64 -d > sibling; sed -i 1d path
    { printf '\\001'; cat sibling hash; } | openssl dgst -sha256 -binary > next; mv next hash
  elif [ "$index" -lt $((size - 1)) ]; then
    sed -n 1p path | base64 -d > sibling; sed -i 1d path
    { printf '\\001'; cat hash sibling; } | openssl dgst -sha256 -binary > next; mv next hash
  fi
  index=$((index / 2)); size=$(((size + 1) / 2))
done
test ! -s path
test "$(base64 < hash)" = "$(sed -n 3p checkpoint)"
sed -n 1,3p checkpoint > text
sed -n 5p checkpoint | cut -d' ' -f3 | base64 -d | tail -c +5 > signature
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cut -d+ -f3- < ../key | base64 -d | tail -c +2; } > key.der
openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in text -sigfile signature
`;

describe.skipIf(!openssl)(`a bundle without whosaw${openssl ? "" : " (skipped: openssl is missing)"}`, () => {
  it("is verified by openssl and sha256sum, as the page on the format says, and an edited one isn't", async () => {
    const dir = await folder();
    made.push(dir);
    const bundle = join(dir, "bundle");
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(bundle, path)), { recursive: true });
      writeFileSync(join(bundle, path), bytes);
    }
    writeFileSync(join(dir, "key"), key);
    expect(parseVerifierKey(key)).not.toBeNull();
    expect(parseProofFile(readFileSync(join(bundle, "export.tlog-proof"), "utf8"))).not.toBeNull();
    const run = (): ReturnType<typeof spawnSync> =>
      spawnSync("bash", ["-c", stockTools], { cwd: bundle, encoding: "utf8" });
    expect(run()).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Signature Verified Successfully/),
    });
    writeFileSync(join(bundle, "export.leaf.json"), flip(files.get("export.leaf.json"), 100));
    expect(run().status).not.toBe(0);
  });
});
