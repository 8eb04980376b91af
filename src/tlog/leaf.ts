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

const shape = /^\{"entry":"[0-9a-f]{64}","salt":"[0-9a-f]{32}"\}$/;

/** RFC 8785 text of the two members, in order; hex needs no escaping, so it is written out. */
export function formatLeaf(leaf: Leaf): string {
  return `{"entry":"${leaf.entry}","salt":"${leaf.salt}"}`;
}

export function leafFor(entry: Uint8Array, salt: Uint8Array): string {
  return formatLeaf({ entry: sha256Hex(entry), salt: Buffer.from(salt).toString("hex") });
}

export function parseLeaf(text: string): Leaf | null {
  return shape.test(text) ? { entry: text.slice(10, 74), salt: text.slice(84, 116) } : null;
}
