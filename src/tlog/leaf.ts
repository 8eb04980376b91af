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

// What each byte of a leaf must be: itself, or a digit of the salt (0), or a digit of the entry's hash (-1, not looked at).
const leafShape = Int8Array.from(`{"entry":"${"h".repeat(64)}","salt":"${"s".repeat(32)}"}`, (sign, at) => {
  if (at >= 10 && at < 74) return -1;
  return at >= 84 && at < 116 ? 0 : sign.charCodeAt(0);
});
const hexDigits = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-f]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Where a leaf holds its entry's hash. */
export const leafEntryAt = 10;

/** Whether a leaf's bytes from `at` on have its form; the entry's hash is left to who compares it. parseLeaf for whole bundles. */
export function hasLeafShape(bytes: Uint8Array, at: number): boolean {
  for (let place = 0; place < leafBytes; place++) {
    const wanted = leafShape[place] ?? 0;
    const byte = bytes[at + place] ?? 0;
    if (wanted > 0 ? byte !== wanted : wanted === 0 && hexDigits[byte] === 0) return false;
    if (place === leafEntryAt) place = leafEntryAt + 63;
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
