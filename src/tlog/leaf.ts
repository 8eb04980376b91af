import { sha256Hex } from "./hash.ts";

/**
 * A leaf: what the tree commits to. Sixteen random bytes of salt stand beside the entry's hash, so that once entry and
 * leaf are erased nobody can find the entry again by guessing.
 */
export interface Leaf {
  /** Lower-case hex of the entry's SHA-256. */
  readonly entry: string;
  /** Lower-case hex, 32 characters. */
  readonly salt: string;
}

export const saltBytes = 16;

/** Every leaf has this many bytes. */
export const leafBytes: number = '{"entry":"","salt":""}'.length + 64 + 2 * saltBytes;

/** RFC 8785 text of the two members, in order; hex needs no escaping, so it is written out. */
export function formatLeaf(leaf: Leaf): string {
  return `{"entry":"${leaf.entry}","salt":"${leaf.salt}"}`;
}

export function leafFor(entry: Uint8Array, salt: Uint8Array): string {
  return formatLeaf({ entry: sha256Hex(entry), salt: Buffer.from(salt).toString("hex") });
}

/** Null for anything but the exact text. Written out, because a regular expression costs more than the leaf's hash. */
export function parseLeaf(text: string): Leaf | null {
  if (text.length !== leafBytes || !text.startsWith('{"entry":"') || !text.endsWith('"}')) return null;
  if (!text.startsWith('","salt":"', 74) || !isHex(text, 10, 74) || !isHex(text, 84, 116)) return null;
  return { entry: text.slice(10, 74), salt: text.slice(84, 116) };
}

/** Where a leaf holds its entry's hash. */
export const leafEntryAt = 10;

/** A leaf in a bundle: two bytes of length, and the leaf. */
export const leafStride: number = 2 + leafBytes;

// A leaf in a bundle, taken as 16-bit halves: each is itself, or two digits of the salt (0), or two of the entry's hash, which
// aren't looked at. All three parts begin at even places.
const hashHalves = { from: (2 + leafEntryAt) / 2, to: (2 + leafEntryAt + 64) / 2 } as const;
const leafShape = halvesOf(
  Buffer.concat([
    Buffer.of(0, leafBytes),
    Buffer.from(formatLeaf({ entry: "h".repeat(64), salt: "\0".repeat(32) })),
  ]),
);
const digits = [...Buffer.from("0123456789abcdef")];
const hexPairs = new Uint8Array(1 << 16);
for (const one of digits) for (const other of digits) hexPairs[(one << 8) | other] = 1;

/** Bytes as pairs, in whichever order this machine has them: only ever compared with one another. */
export function halvesOf(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/**
 * Whether the bundle's leaf at `place` has its length and form; the entry's hash is left to who compares it. parseLeaf for
 * whole bundles of leaves, none of them erased.
 */
export function hasLeafShape(bundle: Uint16Array, place: number): boolean {
  const first = place * (leafStride / 2);
  for (let at = 0; at < hashHalves.from; at++) if (bundle[first + at] !== leafShape[at]) return false;
  for (let at = hashHalves.to; at < leafStride / 2; at++) {
    const wanted = leafShape[at];
    const half = bundle[first + at] ?? 0;
    if (wanted === 0 ? hexPairs[half] === 0 : half !== wanted) return false;
  }
  return true;
}

function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}
