import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkCosignature,
  consistencyRanges,
  Edge,
  emptyRoot,
  foldPerfect,
  inclusionRanges,
  leafHash,
  nodesFromTiles,
  parseCheckpoint,
  parseVerifierKey,
  proveConsistency,
  proveInclusion,
  rangeHash,
  rootOf,
  sameBytes,
  tileOf,
  tilePath,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from "./index.ts";

const data = process.env["WHOSAW_SHARED_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
const missing = !existsSync(join(data, "merkle"));
const why = missing ? " (skipped: the published vectors are not here; set WHOSAW_SHARED_DATA)" : "";

interface Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly size1: number;
  readonly size2: number;
  readonly root: string;
  readonly root1: string;
  readonly root2: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

function vectors(kind: "inclusion" | "consistency"): readonly (readonly [string, Vector])[] {
  const folder = join(data, "merkle", kind);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")) as Vector] as const);
}

function hex(hash: Hash): string {
  return Buffer.from(hash).toString("hex");
}

function bytes(text: string): Hash {
  return Buffer.from(text, "base64");
}

interface ReferenceTree {
  readonly empty_root: string;
  readonly leaves_hex: readonly string[];
  readonly roots_by_size: readonly string[];
  readonly inclusion: readonly {
    readonly leaf: number;
    readonly size: number;
    readonly path: readonly string[];
  }[];
  readonly consistency: readonly {
    readonly old: number;
    readonly new: number;
    readonly proof: readonly string[];
  }[];
}

describe.skipIf(missing)(`published Merkle vectors${why}`, () => {
  it("every good inclusion proof passes and every bad one is refused", () => {
    const seen = vectors("inclusion");
    for (const [name, v] of seen) {
      const claim = { leaf: bytes(v.leafHash), index: v.leafIdx, size: v.treeSize, root: bytes(v.root) };
      expect(verifyInclusion(claim, (v.proof ?? []).map(bytes)), name).toBe(!v.wantErr);
    }
    expect(seen.filter(([, v]) => v.wantErr).length).toBeGreaterThan(50);
    expect(seen.filter(([, v]) => !v.wantErr).length).toBeGreaterThan(4);
  });

  it("every good consistency proof passes and every bad one is refused", () => {
    const seen = vectors("consistency");
    for (const [name, v] of seen) {
      const claim = { older: v.size1, newer: v.size2, olderRoot: bytes(v.root1), newerRoot: bytes(v.root2) };
      expect(verifyConsistency(claim, (v.proof ?? []).map(bytes)), name).toBe(!v.wantErr);
    }
    expect(seen.filter(([, v]) => v.wantErr).length).toBeGreaterThan(50);
  });

  it("the good vectors' bytes, altered one bit at a time, are refused", () => {
    for (const [name, v] of vectors("inclusion").filter(([, vector]) => !vector.wantErr)) {
      const claim = { leaf: bytes(v.leafHash), index: v.leafIdx, size: v.treeSize, root: bytes(v.root) };
      const proof = (v.proof ?? []).map(bytes);
      for (const [at, hash] of proof.entries()) {
        for (let bit = 0; bit < 256; bit += 7) {
          const wrong = Buffer.from(hash);
          wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(verifyInclusion(claim, proof.with(at, wrong)), `${name} ${at} ${bit}`).toBe(false);
        }
      }
    }
  });

  const reference = missing
    ? null
    : (JSON.parse(readFileSync(join(data, "merkle/rfc6962-reference-tree.json"), "utf8")) as ReferenceTree);

  it("the reference tree's roots come out at every size, by ranges and by the growing edge", () => {
    const leaves = (reference?.leaves_hex ?? []).map((leaf) => leafHash(Buffer.from(leaf, "hex")));
    const edge = new Edge();
    expect(Buffer.from(emptyRoot).toString("hex")).toBe(reference?.empty_root);
    expect(Buffer.from(edge.root()).toString("hex")).toBe(reference?.empty_root);
    for (const [at, leaf] of leaves.entries()) {
      edge.push(leaf);
      expect(Buffer.from(edge.root()).toString("hex")).toBe(reference?.roots_by_size[at]);
      expect(sameBytes(rootOf(leaves.slice(0, at + 1)), edge.root())).toBe(true);
    }
  });

  it("the reference tree's proofs are made as published, and pass", () => {
    const leaves = (reference?.leaves_hex ?? []).map((leaf) => leafHash(Buffer.from(leaf, "hex")));
    const all = Buffer.concat(leaves);
    const nodeAt = nodesFromTiles(leaves.length, () => all, foldPerfect);
    for (const { leaf, size, path } of reference?.inclusion ?? [])
      expect(inclusionRanges(leaf, size).map(([start, end]) => hex(rangeHash(start, end, nodeAt)))).toEqual(
        path,
      );
    for (const { old, new: newer, proof } of reference?.consistency ?? [])
      expect(consistencyRanges(old, newer).map(([start, end]) => hex(rangeHash(start, end, nodeAt)))).toEqual(
        proof,
      );
  });
});

describe.skipIf(missing)(`a mirrored C2SP log of 300 entries${why}`, () => {
  const log = join(
    data,
    "sunlight-mirror/witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706",
  );
  const keys = {
    witness: "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN",
    mirror: "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O",
  };
  const read = (path: string): Buffer => readFileSync(join(log, path));

  it("its root comes out of its tiles, by proofs and by the edge, and its upper tile out of the lower", () => {
    const checkpoint = parseCheckpoint(read("checkpoint").toString());
    expect(checkpoint?.size).toBe(300);
    const level0 = Buffer.concat([
      read(tilePath({ level: 0, index: 0, width: 256 })),
      read(tilePath({ level: 0, index: 1, width: 44 })),
    ]);
    const hashes = Array.from({ length: 300 }, (_, at) => level0.subarray(at * 32, at * 32 + 32));
    const root = rootOf(hashes);
    const edge = new Edge();
    const full = hashes.flatMap((hash) => edge.push(hash));
    expect(sameBytes(edge.root(), root)).toBe(true);
    expect(full.map(({ tile }) => tile)).toEqual([{ level: 0, index: 0, width: 256 }]);
    const upper = edge.partials().find(({ tile }) => tile.level === 1);
    expect(sameBytes(upper?.hashes ?? Buffer.of(), read("tile/1/000.p/1"))).toBe(true);
    expect(sameBytes(root, checkpoint?.root ?? Buffer.of())).toBe(true);
    const nodeAt = nodesFromTiles(300, (tile) => read(tilePath(tile)), foldPerfect);
    for (const index of [0, 1, 255, 256, 299]) {
      const proof = proveInclusion(index, 300, nodeAt);
      expect(verifyInclusion({ leaf: hashes[index] ?? root, index, size: 300, root }, proof)).toBe(true);
    }
    for (let older = 1; older <= 300; older++) {
      const claim = { older, newer: 300, olderRoot: rootOf(hashes.slice(0, older)), newerRoot: root };
      expect(verifyConsistency(claim, proveConsistency(older, 300, nodeAt)), String(older)).toBe(true);
    }
    expect(tileOf(0, 299, 300)).toEqual({ level: 0, index: 1, width: 44 });
  });

  it("its mirror's cosignature verifies, and no other key's does", () => {
    const checkpoint = parseCheckpoint(read("checkpoint").toString());
    const [mirror, witness] = [parseVerifierKey(keys.mirror), parseVerifierKey(keys.witness)];
    if (checkpoint === null || mirror === null || witness === null)
      throw new Error("the mirror's files don't parse");
    expect(checkCosignature(checkpoint.note, mirror)).toEqual({
      verdict: "good",
      cosignature: { time: 1767139200 },
    });
    expect(checkCosignature(checkpoint.note, witness).verdict).toBe("absent");
    const seen = parseCheckpoint(
      readFileSync(
        join(
          data,
          "sunlight-mirror/witness/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/checkpoint",
        ),
        "utf8",
      ),
    );
    if (seen === null) throw new Error("the witness's checkpoint doesn't parse");
    expect(checkCosignature(seen.note, witness).verdict).toBe("good");
    const changed = { ...seen.note, text: seen.note.text.replace("300", "301") };
    expect(checkCosignature(changed, witness).verdict).toBe("bad");
  });
});
