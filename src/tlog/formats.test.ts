import { assert, json as anyJson, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json } from "../base/index.ts";
import {
  canonicalText,
  checkCosignature,
  checkSignature,
  coverOf,
  cosign,
  decodeBundle,
  Edge,
  edgeTiles,
  encodeBundle,
  foldPerfect,
  formatCheckpoint,
  formatEntry,
  formatNote,
  formatProofFile,
  formatSignerKey,
  formatVerifierKey,
  hashBytes,
  leafBytes,
  leafFor,
  leafHash,
  nodesFromTiles,
  parseCheckpoint,
  parseEntry,
  parseLeaf,
  parseNote,
  parseProofFile,
  parseSignerKey,
  parseVerifierKey,
  proveConsistency,
  proveInclusion,
  recordedOf,
  rootOf,
  sameBytes,
  signCheckpoint,
  signNote,
  signStatement,
  signerFromSeed,
  statementKey,
  tileNumberPath,
  tileOf,
  tilePath,
  verifyConsistency,
  verifyInclusion,
} from "./index.ts";

const signer = signerFromSeed("log.example/desk", Buffer.alloc(32, 3));
const witness = signerFromSeed("witness.example/council", Buffer.alloc(32, 4), "cosignature");

function leaves(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
}

describe("trees", () => {
  const all = leaves(130);
  const bytes = Buffer.concat(all);
  const nodeAt = nodesFromTiles(130, () => bytes, foldPerfect);

  it("every leaf of every size is proved, and at no other index, size or root", () => {
    for (let size = 1; size <= 130; size += 3) {
      const root = rootOf(all.slice(0, size));
      for (let index = 0; index < size; index += 1 + (size >> 3)) {
        const proof = proveInclusion(
          index,
          size,
          nodesFromTiles(size, () => bytes.subarray(0, size * hashBytes), foldPerfect),
        );
        const claim = { leaf: all[index] ?? root, index, size, root };
        expect(verifyInclusion(claim, proof)).toBe(true);
        expect(verifyInclusion({ ...claim, index: index + 1 }, proof)).toBe(false);
        expect(verifyInclusion({ ...claim, leaf: all[(index + 1) % 130] ?? root }, proof)).toBe(false);
        expect(verifyInclusion({ ...claim, root: all[0] ?? root }, proof)).toBe(size === 1 && index === 0);
        expect(verifyInclusion(claim, [...proof, root])).toBe(false);
      }
    }
  });

  it("every pair of sizes is proved consistent, and nothing else is", () => {
    for (let older = 1; older < 130; older += 4) {
      const proof = proveConsistency(older, 130, nodeAt);
      const claim = { older, newer: 130, olderRoot: rootOf(all.slice(0, older)), newerRoot: rootOf(all) };
      expect(verifyConsistency(claim, proof)).toBe(true);
      expect(verifyConsistency({ ...claim, olderRoot: rootOf(all.slice(1, older + 1)) }, proof)).toBe(false);
      expect(verifyConsistency({ ...claim, older: older + 1 }, proof)).toBe(false);
      for (const at of proof.keys()) expect(verifyConsistency(claim, proof.toSpliced(at, 1))).toBe(false);
    }
    const empty = rootOf([]);
    expect(verifyConsistency({ older: 0, newer: 0, olderRoot: empty, newerRoot: empty }, [])).toBe(false);
  });

  it("an edge put back from its partial tiles goes on as the one that was never put down", () => {
    const many = leaves(700);
    const edge = new Edge();
    for (const [at, leaf] of many.entries()) {
      const full = edge.push(leaf);
      expect(full.length).toBe((at + 1) % 256 === 0 ? 1 : 0);
      if (at % 97 !== 0) continue;
      const partials = edge.partials();
      const again = Edge.restore(
        at + 1,
        (tile) => partials.find((one) => one.tile.level === tile.level)?.hashes ?? Buffer.of(),
      );
      expect(sameBytes(again.root(), edge.root())).toBe(true);
      expect(sameBytes(again.root(), rootOf(many.slice(0, at + 1)))).toBe(true);
    }
    const byTiles = new Edge();
    for (const from of [0, 256]) byTiles.pushTile(Buffer.concat(many.slice(from, from + 256)));
    for (const leaf of many.slice(512)) byTiles.push(leaf);
    expect(sameBytes(byTiles.root(), edge.root())).toBe(true);
    expect(sameBytes(byTiles.copy().root(), edge.root())).toBe(true);
  });

  it("covers add up to their range, in tiles named as tlog-tiles names them", () => {
    assert(
      property(nat(1e9), (end) => {
        const spans = coverOf(0, end).map(({ level }) => 2 ** level);
        expect(spans.reduce((a, b) => a + b, 0)).toBe(end);
      }),
    );
    expect(tileNumberPath(1_234_067)).toBe("x001/x234/067");
    expect(tileNumberPath(0)).toBe("000");
    expect(tilePath({ level: "entries", index: 273, width: 112 })).toBe("tile/entries/273.p/112");
    // The example of tlog-tiles: 70,000 leaves.
    expect(edgeTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(tileOf(1, 272, 70_000)).toEqual({ level: 1, index: 1, width: 17 });
  });
});

describe("notes", () => {
  it("keys round-trip in the text forms of Go's sumdb/note, and a changed character is refused", () => {
    const vkey = formatVerifierKey(signer.verifier);
    expect(parseVerifierKey(vkey)).toEqual(signer.verifier);
    const skey = formatSignerKey(signer, Buffer.alloc(32, 3));
    expect(parseSignerKey(skey)?.verifier).toEqual(signer.verifier);
    for (let at = 0; at < vkey.length; at++)
      expect(parseVerifierKey(`${vkey.slice(0, at)}~${vkey.slice(at + 1)}`)).toBeNull();
    expect(parseVerifierKey(`${vkey}+x`)).toBeNull();
  });

  it("the example of C2SP signed-note parses, with a key that holds a plus", () => {
    const note =
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    const parsed = parseNote(note);
    expect(parsed?.text.endsWith("sera.\n")).toBe(true);
    expect(parsed?.signatures[0]?.name).toBe("quasimodo.example/salvatore");
    expect(parsed === null ? "" : formatNote(parsed)).toBe(note);
  });

  it("what isn't a note is refused: control characters, no blank line, no signature, spare text", () => {
    const text = formatNote({ text: "a\n", signatures: [signNote("a\n", signer)] });
    expect(parseNote(text)).not.toBeNull();
    for (const wrong of [
      "",
      "a\n",
      "a\n\n",
      text.trim(),
      text.replace("a", "\t"),
      `${text}x`,
      `${text}\n`,
      text.replace("—", "-"),
      text.replace(" log", "  log"),
      "\ud800\n\n",
    ])
      expect(parseNote(wrong), JSON.stringify(wrong)).toBeNull();
  });

  it("a signature counts for its key, its name and its text alone", () => {
    const note = { text: "a\n", signatures: [signNote("a\n", signer)] };
    const stranger = signerFromSeed("log.example/desk", Buffer.alloc(32, 9));
    expect(checkSignature(note, signer.verifier)).toBe("good");
    expect(checkSignature(note, stranger.verifier)).toBe("absent");
    expect(checkSignature({ ...note, text: "b\n" }, signer.verifier)).toBe("bad");
    const twice = [...note.signatures, { ...signNote("b\n", signer) }];
    expect(checkSignature({ ...note, signatures: twice }, signer.verifier)).toBe("bad");
    expect(checkSignature(note, { ...signer.verifier, type: "cosignature" })).toBe("bad");
  });
});

describe("checkpoints, cosignatures, proof files", () => {
  const head = signCheckpoint({ origin: "log.example/desk", size: 700, root: rootOf(leaves(700)) }, [signer]);

  it("a checkpoint round-trips; a size with a leading zero and a short root are refused", () => {
    const text = formatCheckpoint(head);
    expect(parseCheckpoint(text)).toEqual({ ...head, root: Buffer.from(head.root) });
    for (const wrong of [
      text.replace("\n700\n", "\n0700\n"),
      text.replace("\n700\n", "\n-1\n"),
      text.replace("\n700\n", "\n9007199254740993\n"),
      text.replace(/\n[^\n]{44}\n/, "\nAAAA\n"),
      text.replace("log.example/desk\n700", "\n700"),
    ])
      expect(parseCheckpoint(wrong), wrong).toBeNull();
  });

  it("a cosignature holds its time, and neither time nor text may change", () => {
    const line = cosign(head.note.text, witness, 1_769_848_200);
    const note = { ...head.note, signatures: [...head.note.signatures, line] };
    expect(checkCosignature(note, witness.verifier)).toEqual({
      verdict: "good",
      cosignature: { time: 1_769_848_200 },
    });
    const late = Buffer.from(line.signature);
    late[7] = (late[7] ?? 0) ^ 1;
    expect(
      checkCosignature({ ...note, signatures: [{ ...line, signature: late }] }, witness.verifier).verdict,
    ).toBe("bad");
    expect(
      checkCosignature({ ...note, text: note.text.replace("700", "701") }, witness.verifier).verdict,
    ).toBe("bad");
    expect(checkCosignature(head.note, witness.verifier).verdict).toBe("absent");
    expect(checkSignature(note, signer.verifier)).toBe("good");
  });

  it("a proof file round-trips, with and without extra data, and is refused when anything is left over", () => {
    for (const extra of [null, Buffer.from("x")]) {
      const proof = { extra, index: 5, path: leaves(3), checkpoint: head };
      const text = formatProofFile(proof);
      expect(text.startsWith("c2sp.org/tlog-proof@v1\n")).toBe(true);
      const parsed = parseProofFile(text);
      expect(parsed === null ? null : formatProofFile(parsed)).toBe(text);
      for (const wrong of [
        text.replace("@v1", "@v2"),
        text.replace("index 5", "index 05"),
        text.replace("index 5\n", ""),
        text.replace("\n\n", "\n"),
        text.replace("index 5\n", "index 5\nAAAA\n"),
      ])
        expect(parseProofFile(wrong), wrong).toBeNull();
    }
  });
});

describe("entries, leaves, bundles, statements", () => {
  const entry = Buffer.from(
    formatEntry('{"kind":"sighting","time":"2026-01-31T09:30:00Z"}', "2026-01-31T09:30:00.123Z"),
  );

  it("canonical text is RFC 8785, whichever way it is made", () => {
    const json = anyJson({ depthSize: "medium" }).map((text) => JSON.parse(text) as Json);
    assert(
      property(json, (value) => {
        expect(canonicalText(value)).toBe(canonicalJson(value));
      }),
      { numRuns: 2000 },
    );
    expect(() => canonicalText("\ud800")).toThrow(RangeError);
    expect(() => canonicalText({ a: [Number.NaN] })).toThrow(RangeError);
    expect(canonicalText({ 10: 1, 9: 2 })).toBe('{"10":1,"9":2}');
    expect(canonicalText({ a: String.raw`\ud800` })).toBe(canonicalJson({ a: String.raw`\ud800` }));
  });

  it("an entry is canonical to the last byte, or it isn't one", () => {
    expect(recordedOf(entry)).toBe("2026-01-31T09:30:00.123Z");
    expect(parseEntry(entry)?.entry.kind).toBe("sighting");
    const text = entry.toString();
    for (const wrong of [
      ` ${text}`,
      `${text}\n`,
      text.replace('{"kind"', '{ "kind"'),
      text.replace('"kind":"sighting",', ""),
      text.replace(".123Z", "Z"),
      text.replace('"recorded"', '"recordex"'),
      text.replace("entry", "entrz"),
      "",
      "{}",
    ])
      expect(parseEntry(Buffer.from(wrong)), wrong).toBeNull();
  });

  it("an entry that is not UTF-8 is none", () => {
    const bytes = Buffer.from(entry);
    bytes[bytes.indexOf("sighting")] = 0xff;
    expect(parseEntry(bytes)).toBeNull();
  });

  it("a leaf is one exact text of 118 bytes", () => {
    const leaf = leafFor(entry, Buffer.alloc(16, 7));
    expect(leaf.length).toBe(leafBytes);
    expect(leafBytes).toBe(118);
    expect(canonicalJson(JSON.parse(leaf) as Json)).toBe(leaf);
    expect(parseLeaf(leaf)?.salt).toBe("07".repeat(16));
    for (let at = 0; at < leaf.length; at++)
      expect(parseLeaf(`${leaf.slice(0, at)}X${leaf.slice(at + 1)}`), String(at)).toBeNull();
    expect(parseLeaf(`${leaf} `)).toBeNull();
  });

  it("bundles hold whole records, erased ones as nothing, and nothing left over", () => {
    for (const kind of ["leaves", "entries"] as const) {
      const records = [Buffer.from("a"), Buffer.of(), Buffer.from("bcd")];
      const bundle = encodeBundle(kind, records);
      expect(decodeBundle(kind, bundle)).toEqual(records);
      const ends = new Set([0, kind === "leaves" ? 3 : 5, kind === "leaves" ? 5 : 9, bundle.length]);
      for (let cut = 0; cut <= bundle.length; cut++)
        expect(decodeBundle(kind, bundle.subarray(0, cut)) !== null, `${kind} ${cut}`).toBe(ends.has(cut));
    }
    expect(decodeBundle("entries", Buffer.from("ffffffff", "hex"))).toBeNull();
  });

  it("a statement is bound to its log, its key and every member", () => {
    const signed = signStatement(
      "log.example/desk",
      { kind: "log.gap", time: "2026-01-31T09:30:00Z", from: 3 },
      signer,
    );
    expect(statementKey("log.example/desk", signed)).toEqual(signer.verifier);
    expect(statementKey("log.example/other", signed)).toBeNull();
    expect(statementKey("log.example/desk", { ...signed, from: 4 })).toBeNull();
    expect(statementKey("log.example/desk", { ...signed, more: 1 })).toBeNull();
    expect(statementKey("log.example/desk", { ...signed, signature: "" })).toBeNull();
  });
});
