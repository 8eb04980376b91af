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

function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}
