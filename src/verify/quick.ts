import {
  entryBytesMax,
  hasEntryShape,
  hashBytes,
  hasLeafShape,
  leafBytes,
  leafEntryAt,
  prefixedLeafHashText,
  recordedPlace,
  sha256Hex,
  tileWidth,
} from "../tlog/index.ts";
import type { TileFiles } from "./bundles.ts";

/** Length prefix and leaf, as a leaf bundle holds them. */
const strideBytes = 2 + leafBytes;

/** A statement's kind can't be written otherwise in canonical JSON; that an entry holds this text elsewhere costs a second look. */
export const statementMark = '"kind":"log.';

/**
 * Answers one question of a tile, fast: is everything in it as it should be? Every check is made that the slow way makes
 * (bundles.ts), on the text of whole bundles instead of single records, so that most of the time goes into SHA-256. A
 * tile with anything in it to be told (damage, an erasure, a statement of the log's own) is left to the slow way, which can
 * say what.
 */
export class QuickCheck {
  // The leaves of a tile with the byte before each set to 0x00: what RFC 6962 hashes then lies there as it is.
  readonly #work = Buffer.alloc(tileWidth * strideBytes);
  readonly #prefixed: readonly Buffer[] = Array.from({ length: tileWidth }, (_, at) =>
    this.#work.subarray(at * strideBytes + 1, (at + 1) * strideBytes),
  );

  /** The last `recorded` of the tile if all is well and none is before `last`; else null. */
  check({ width, ...files }: TileFiles, last: string): string | null {
    const { hashes, leaves, entries } = files;
    if (hashes === null || leaves === null || entries === null) return null;
    if (hashes.length !== width * hashBytes || leaves.length !== width * strideBytes) return null;
    if (hasStatement(entries) || !this.#areLeaves(leaves, textOf(hashes), width)) return null;
    return checkEntries(entries, textOf(leaves), { width, last });
  }

  /** Each leaf has its length and the tile's hash. */
  #areLeaves(leaves: Uint8Array, hashes: string, width: number): boolean {
    const work = this.#work;
    work.set(leaves);
    for (let place = 0; place < width; place++) {
      const start = place * strideBytes;
      if (work[start] !== 0 || work[start + 1] !== leafBytes || !hasLeafShape(work, start + 2)) return false;
      work[start + 1] = 0;
      const hash = prefixedLeafHashText(this.#prefixed[place] ?? work);
      if (!hashes.startsWith(hash, place * hashBytes)) return false;
    }
    return true;
  }
}

/** Each entry is the one its leaf commits to, and was not recorded before the one before it. */
function checkEntries(
  bytes: Uint8Array,
  leaves: string,
  { width, last }: { readonly width: number; readonly last: string },
): string | null {
  let before: Stamp = { bytes: Buffer.from(last), at: 0 };
  let at = 0;
  for (let place = 0; place < width; place++) {
    const from = at + 4;
    const to = from + lengthAt(bytes, at);
    if (to - from > entryBytesMax || !hasEntryShape(bytes, from, to)) return null;
    const hash = sha256Hex(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from));
    const hashAt = place * strideBytes + 2 + leafEntryAt;
    if (leaves.slice(hashAt, hashAt + hash.length) !== hash) return null;
    const stamp = { bytes, at: to - recordedPlace.fromEnd };
    if ((place > 0 || last !== "") && isBefore(stamp, before)) return null;
    before = stamp;
    at = to;
  }
  return at === bytes.length
    ? textOf(before.bytes.subarray(before.at, before.at + recordedPlace.bytes))
    : null;
}

/** A time of recording where it stands. */
interface Stamp {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Text order is time order. */
function isBefore(one: Stamp, other: Stamp): boolean {
  for (let place = 0; place < recordedPlace.bytes; place++) {
    const difference = (one.bytes[one.at + place] ?? 0) - (other.bytes[other.at + place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
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
