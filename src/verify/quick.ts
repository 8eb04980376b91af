import {
  entryBytesMax,
  followsEntry,
  halvesOf,
  hasEntryShape,
  hashBytes,
  hasLeafShape,
  leafEntryAt,
  leafStride,
  prefixedLeafHashText,
  recordedPlace,
  sha256Hex,
  tileWidth,
} from "../tlog/index.ts";
import type { TileFiles } from "./bundles.ts";

/** A statement's kind can't be written otherwise in canonical JSON; that an entry holds this text elsewhere costs a second look. */
export const statementMark = '"kind":"log.';

/**
 * Answers one question of a tile, fast: is everything in it as it should be? Every check is made that the slow way makes
 * (bundles.ts), on the text of whole bundles instead of single records, so that most of the time goes into SHA-256. A
 * tile with anything in it to be told (damage, an erasure, a statement of the log's own) is left to the slow way, which can
 * say what.
 */
export class QuickCheck {
  // The leaves of a tile; the byte before each is set to 0x00 once it has been looked at, and what RFC 6962 hashes then lies there as it is.
  readonly #work = Buffer.alloc(tileWidth * leafStride);
  readonly #halves = halvesOf(this.#work);
  readonly #prefixed: readonly Buffer[] = Array.from({ length: tileWidth }, (_, at) =>
    this.#work.subarray(at * leafStride + 1, (at + 1) * leafStride),
  );

  /** The last `recorded` of the tile if all is well and none is before `last`; else null. */
  check({ width, ...files }: TileFiles, last: string): string | null {
    const { hashes, leaves, entries } = files;
    if (hashes === null || leaves === null || entries === null) return null;
    if (hashes.length !== width * hashBytes || leaves.length !== width * leafStride) return null;
    if (hasStatement(entries) || !this.#areLeaves(leaves, textOf(hashes), width)) return null;
    return checkEntries(entries, textOf(leaves), { width, last });
  }

  /** Each leaf has its length, its form and the tile's hash. */
  #areLeaves(leaves: Uint8Array, hashes: string, width: number): boolean {
    const work = this.#work;
    // Compared at once: to look each up in the tile's text costs a third of hashing it.
    let found = "";
    work.set(leaves);
    for (let place = 0; place < width; place++) {
      if (!hasLeafShape(this.#halves, place)) return false;
      work[place * leafStride + 1] = 0;
      found += prefixedLeafHashText(this.#prefixed[place] ?? work);
    }
    return found === hashes;
  }
}

/** Each entry is the one its leaf commits to, and was not recorded before the one before it. */
function checkEntries(
  bytes: Uint8Array,
  leaves: string,
  { width, last }: { readonly width: number; readonly last: string },
): string | null {
  let at = 0;
  for (let place = 0; place < width; place++) {
    const from = at + 4;
    const to = from + lengthAt(bytes, at);
    if (to - from > entryBytesMax) return null;
    if (place > 0 ? !followsEntry(bytes, { from, to, before: at }) : !hasEntryShape(bytes, from, to))
      return null;
    if (place === 0 && recordedBefore(bytes, to) < last) return null;
    const hash = sha256Hex(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from));
    const hashAt = place * leafStride + 2 + leafEntryAt;
    if (leaves.slice(hashAt, hashAt + hash.length) !== hash) return null;
    at = to;
  }
  return at === bytes.length ? recordedBefore(bytes, at) : null;
}

/** The time of recording of the entry that ends at `end`. */
function recordedBefore(bytes: Uint8Array, end: number): string {
  const at = end - recordedPlace.fromEnd;
  return textOf(bytes.subarray(at, at + recordedPlace.bytes));
}

/** The short text first: a search for one rare letter costs a fifteenth of a search that begins with a quotation mark. */
function hasStatement(entries: Uint8Array): boolean {
  const bytes = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength);
  return bytes.includes("log.") && bytes.includes(statementMark);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) * 0x100_0000 +
    (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  );
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
