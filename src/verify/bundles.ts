import {
  decodeBundle,
  hashBytes,
  leafHashText,
  parseEntry,
  parseLeaf,
  recordedOf,
  sha256Hex,
  tileWidth,
} from "../tlog/index.ts";
import { align, erased, type Difference } from "./align.ts";
import type { ProblemCode, Problems } from "./problem.ts";
import { QuickCheck, statementMark } from "./quick.ts";
import type { Stretch } from "./decisions.ts";
import type { Statements } from "./statements.ts";

/** What stands beside one level-0 tile. */
export interface TileFiles {
  /** The tile's number. */
  readonly index: number;
  readonly width: number;
  readonly hashes: Uint8Array | null;
  readonly leaves: Uint8Array | null;
  readonly entries: Uint8Array | null;
}

const leafCodes = {
  differs: "leaf_differs",
  moved: "leaf_moved",
  inserted: "leaf_inserted",
  missing: "leaf_missing",
} as const;
const entryCodes = {
  differs: "entry_differs",
  moved: "entry_moved",
  inserted: "entry_inserted",
  missing: "entry_missing",
} as const;

/** Checks bundles against tiles, entries against leaves, and time against time, in the order of the log. */
export class BundleChecker {
  readonly #problems: Problems;
  readonly #statements: Statements;
  readonly #thorough: boolean;
  /** Stretches that are empty in both bundles. */
  readonly empty: Stretch[] = [];
  #lastRecorded = "";
  readonly #quick = new QuickCheck();

  constructor(problems: Problems, statements: Statements, thorough: boolean) {
    this.#problems = problems;
    this.#statements = statements;
    this.#thorough = thorough;
  }

  /** The 32-byte leaf hashes of the tile, end to end: the tile's own, or if it is gone those of the leaves. */
  check(files: TileFiles): Uint8Array | null {
    const recorded = this.#thorough ? null : this.#quick.check(files, this.#lastRecorded);
    if (recorded !== null) {
      this.#lastRecorded = recorded;
      return files.hashes;
    }
    const first = files.index * tileWidth;
    const leaves = this.#records("leaves", files);
    const entries = this.#records("entries", files);
    const hashes = leaves?.map((leaf) => (leaf.length === 0 ? erased : leafHashText(leaf))) ?? null;
    if (files.hashes !== null && hashes !== null)
      this.#report(align(hashTexts(files.hashes, files.width), hashes), leafCodes, first);
    const expected = this.#entryHashes(leaves, files.width, first);
    // Looked for in the whole bundle at once: few bundles hold a statement.
    const parse =
      this.#thorough ||
      (files.entries !== null &&
        Buffer.from(files.entries.buffer, files.entries.byteOffset, files.entries.length).includes(
          statementMark,
        ));
    if (entries !== null) this.#checkEntries(entries, expected, { first, parse });
    if (leaves !== null && entries !== null) this.#noteErased(leaves, entries, first);
    if (files.hashes !== null) return files.hashes;
    return hashes !== null && hashes.length === files.width && !hashes.includes(erased)
      ? Buffer.from(hashes.join(""), "latin1")
      : null;
  }

  #records(kind: "leaves" | "entries", files: TileFiles): readonly Buffer[] | null {
    const bytes = files[kind];
    const name = kind === "leaves" ? "tile/entries" : "entries";
    const first = files.index * tileWidth;
    if (bytes === null) {
      this.#problems.add("bundle_missing", first, `${name} ${files.index} is missing`);
      return null;
    }
    const records = decodeBundle(kind, bytes);
    if (records === null)
      this.#problems.add("bundle_malformed", first, `${name} ${files.index} does not hold whole records`);
    return records;
  }

  /** The entry hash each leaf commits to; null where the leaf can't say. */
  #entryHashes(leaves: readonly Buffer[] | null, width: number, first: number): readonly (string | null)[] {
    if (leaves === null) return Array.from({ length: width }, () => null);
    return Array.from({ length: width }, (_, at) => {
      const leaf = leaves[at];
      if (leaf === undefined || leaf.length === 0) return null;
      const parsed = parseLeaf(leaf.toString("latin1"));
      if (parsed === null)
        this.#problems.add("leaf_malformed", first + at, "the leaf is not what docs/formats/leaf.md says");
      return parsed?.entry ?? null;
    });
  }

  #checkEntries(
    entries: readonly Buffer[],
    expected: readonly (string | null)[],
    { first, parse }: { readonly first: number; readonly parse: boolean },
  ): void {
    const hashes = entries.map((entry) => (entry.length === 0 ? erased : sha256Hex(entry)));
    this.#report(align(expected, hashes), entryCodes, first);
    for (const [at, entry] of entries.entries())
      if (entry.length > 0) this.#checkEntry(entry, first + at, parse);
  }

  #checkEntry(entry: Buffer, index: number, parse: boolean): void {
    const recorded = recordedOf(entry);
    if (recorded === null)
      return this.#problems.add("entry_malformed", index, "the entry has no time of recording");
    if (recorded < this.#lastRecorded)
      this.#problems.add("time_backwards", index, `recorded ${recorded}, after ${this.#lastRecorded}`);
    this.#lastRecorded = recorded;
    if (!parse) return;
    const parsed = parseEntry(entry);
    if (parsed === null)
      return this.#problems.add(
        "entry_malformed",
        index,
        "the entry is not canonical JSON with a kind and a time",
      );
    if (parsed.entry.kind.startsWith("log.")) this.#statements.take(index, parsed.entry, sha256Hex(entry));
  }

  #noteErased(leaves: readonly Buffer[], entries: readonly Buffer[], first: number): void {
    for (const [at, leaf] of leaves.entries()) {
      const entry = entries[at];
      if (entry === undefined || (leaf.length > 0 && entry.length > 0)) continue;
      if (leaf.length > 0)
        this.#problems.add("entry_missing", first + at, "the entry is gone and its leaf is not");
      else if (entry.length > 0)
        this.#problems.add("leaf_missing", first + at, "the leaf is gone and its entry is not");
      else this.#addEmpty(first + at);
    }
  }

  #addEmpty(index: number): void {
    const last = this.empty.at(-1);
    if (last?.to === index) this.empty[this.empty.length - 1] = { from: last.from, to: index + 1 };
    else this.empty.push({ from: index, to: index + 1 });
  }

  #report(
    differences: readonly Difference[],
    codes: { readonly [kind in Difference["kind"]]: ProblemCode },
    first: number,
  ): void {
    for (const { kind, at } of differences)
      this.#problems.add(
        codes[kind],
        first + at,
        `${codes[kind].replace("_", " ")} at place ${at} of bundle ${first / tileWidth}`,
      );
  }
}

function hashTexts(hashes: Uint8Array, width: number): readonly string[] {
  const text = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString("latin1");
  return Array.from({ length: width }, (_, at) => text.slice(at * hashBytes, (at + 1) * hashBytes));
}
