import { hash, randomBytes, randomInt } from "node:crypto";

/** Whose value it is, and of which field. */
export interface Caught {
  /** `schema.table`. */
  readonly table: string;
  readonly field: string;
  readonly customer: string;
}

/** Values that one net may hold: some 150 bytes each. Beyond it the rest is not in it, which its owner is told. */
export const netValuesMax = 1_000_000;
/** Shorter values are too often something else: an extension number, a year. */
const valueBytesMin = 6;
const valueBytesMax = 320;
/** Bits of the first sieve: 4 MiB, which a million values fill to 3%. */
const sieveBits = 25;

const nobody: readonly Caught[] = [];

/**
 * The second net under the gateway: keyed hashes of customers' contact data, which values of answers that should hold none are held
 * against. It catches what configuration and lineage can't know of: an address that somebody copied into a table nobody protects. No
 * value is kept (I5), and whole values only are found.
 */
export class SecondNet {
  readonly #key: Buffer = randomBytes(32);
  readonly #seed: number = randomInt(0x1_0000_0000);
  readonly #sieve: Uint8Array = new Uint8Array(2 ** (sieveBits - 3));
  readonly #byDigest: Map<string, readonly Caught[]> = new Map();

  get size(): number {
    return this.#byDigest.size;
  }

  /** @returns false if the net is full. */
  add(value: Buffer, caught: Caught): boolean {
    if (value.length < valueBytesMin || value.length > valueBytesMax) return true;
    if (this.#byDigest.size >= netValuesMax) return false;
    const bit = this.#mixed(value, 0, value.length);
    this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    const digest = this.#digest(value);
    this.#byDigest.set(digest, [...(this.#byDigest.get(digest) ?? []), caught]);
    return true;
  }

  /** Whose value stands in `bytes` from `start` to `end`; a family may share one. */
  find(bytes: Buffer, start: number, end: number): readonly Caught[] {
    const length = end - start;
    if (length < valueBytesMin || length > valueBytesMax) return nobody;
    const bit = this.#mixed(bytes, start, end);
    if (((this.#sieve[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return nobody;
    return this.#byDigest.get(this.#digest(bytes.subarray(start, end))) ?? nobody;
  }

  #digest(value: Buffer): string {
    return hash("sha256", Buffer.concat([this.#key, value]), "base64").slice(0, 24);
  }

  /** FNV-1a with a seed: cheap enough for every cell of every row. */
  #mixed(bytes: Buffer, start: number, end: number): number {
    let mixed = this.#seed;
    for (let at = start; at < end; at++) mixed = Math.imul(mixed ^ (bytes[at] ?? 0), 0x0100_0193);
    return (mixed ^ (mixed >>> 15)) >>> (32 - sieveBits);
  }
}
