import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSealing } from "../src/record/index.ts";
import {
  checkCosignature,
  checkSignature,
  encodeBundle,
  formatSignerKey,
  formatVerifierKey,
  leafHash,
  parseCheckpoint,
  parseEntry,
  parseProofFile,
  parseSignatureLine,
  parseVerifierKey,
  rootOf,
  sha256Hex,
  signerFromSeed,
  statementKey,
  verifyInclusion,
} from "../src/tlog/index.ts";
import { problemCodes } from "../src/verify/index.ts";

function page(name: string): string {
  return readFileSync(join(import.meta.dirname, "../docs/formats", name), "utf8");
}

/** The fenced blocks of a page's section "Vector". */
function vectors(name: string): readonly (readonly string[])[] {
  const text = page(name).split(/^#+ Vector$/m)[1] ?? "";
  return [...text.matchAll(/^```\n([\s\S]*?)\n```$/gm)].map((block) => (block[1] ?? "").split("\n"));
}

function everySecond(lines: readonly string[]): Buffer[] {
  return [0, 2, 4].map((at) => Buffer.from(lines[at] ?? ""));
}

const vkey = vectors("keys.md")[0]?.[1] ?? "";
const key = parseVerifierKey(vkey);
if (key === null) throw new Error("docs/formats/keys.md holds no key");

describe("what the pages on the log's formats say is so", () => {
  it("keys", () => {
    const seed = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
    const signer = signerFromSeed("log.example/desk", seed);
    expect(vectors("keys.md")[0]).toEqual([
      formatSignerKey(signer, seed),
      formatVerifierKey(signer.verifier),
    ]);
  });

  it("sealed texts", async () => {
    const dir = mkdtempSync(join(tmpdir(), "whosaw-sealed-"));
    const nonce = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");
    // Asked in this order: the names key, its file's own name, the person's key, likewise, the nonce.
    const chance = [Buffer.alloc(32, 0), Buffer.alloc(6), Buffer.alloc(32, 1), Buffer.alloc(6), nonce];
    const sealing = await openSealing(dir, () => chance.shift() ?? Buffer.of());
    if ("code" in sealing) throw new Error(sealing.what);
    const sealed = await sealing.seal("customer:c-1", "called at noon");
    rmSync(dir, { recursive: true });
    expect([JSON.stringify(sealed)]).toEqual(vectors("sealed.md")[0]);
  });

  it("entries and leaves, up to the root, and bundles and tile", () => {
    const entries = vectors("entries.md")[0] ?? [];
    const leaves = vectors("leaf.md")[0] ?? [];
    for (const at of [0, 2, 4]) {
      const entry = Buffer.from(entries[at] ?? "");
      expect(parseEntry(entry)).not.toBeNull();
      expect(sha256Hex(entry)).toBe(entries[at + 1]);
      expect((leaves[at] ?? "").slice(10, 74)).toBe(entries[at + 1]);
      expect(Buffer.from(leafHash(Buffer.from(leaves[at] ?? ""))).toString("hex")).toBe(leaves[at + 1]);
    }
    const hashes = [1, 3, 5].map((at) => Buffer.from(leaves[at] ?? "", "hex"));
    expect(Buffer.from(rootOf(hashes)).toString("hex")).toBe(leaves[6]);
    const statement = parseEntry(Buffer.from(entries[4] ?? ""))?.entry ?? {};
    expect(statementKey("log.example/desk", statement)).toEqual(key);
    const [leafBundle, entryBundle] = [
      encodeBundle("leaves", everySecond(leaves)),
      encodeBundle("entries", everySecond(entries)),
    ];
    const text = page("tiles.md");
    expect(text).toContain(`${leafBundle.length} and ${entryBundle.length} bytes`);
    for (const one of [leafBundle, entryBundle, Buffer.concat(hashes)])
      expect(text).toContain(sha256Hex(one));
  });

  it("checkpoint, cosignature and proof", () => {
    const [checkpointLines = [], witnessLines = [], proofLines = []] = vectors("checkpoint.md");
    const checkpoint = parseCheckpoint(`${checkpointLines.join("\n")}\n`);
    const witness = parseVerifierKey(witnessLines[0] ?? "");
    const line = parseSignatureLine(witnessLines[1] ?? "");
    const proof = parseProofFile(`${proofLines.join("\n")}\n`);
    if (checkpoint === null || witness === null || line === null || proof === null)
      throw new Error("a vector does not parse");
    expect(checkSignature(checkpoint.note, key)).toBe("good");
    expect(checkCosignature({ ...checkpoint.note, signatures: [line] }, witness)).toEqual({
      verdict: "good",
      cosignature: { time: 1_769_851_803 },
    });
    const leaf = Buffer.from(vectors("leaf.md")[0]?.[3] ?? "", "hex");
    expect(
      verifyInclusion({ leaf, index: proof.index, size: checkpoint.size, root: checkpoint.root }, proof.path),
    ).toBe(true);
  });

  it("every code the verifier can give is on the page, and no other", () => {
    const named = [
      ...(page("tiles.md").split("one of these codes:")[1] ?? "").matchAll(/^\| (`[a-z_` ]+`) \|/gm),
    ].flatMap((row) => [...(row[1] ?? "").matchAll(/`([a-z_]+)`/g)].map((code) => code[1] ?? ""));
    expect(named.sort()).toEqual([...problemCodes].sort());
  });

  it("every page that a page refers to is there", () => {
    for (const name of ["keys.md", "entries.md", "leaf.md", "checkpoint.md", "tiles.md"])
      for (const [, to = ""] of page(name).matchAll(/\]\(([a-z]+\.md)\)/g))
        expect(existsSync(join(import.meta.dirname, "../docs/formats", to)), to).toBe(true);
  });
});
