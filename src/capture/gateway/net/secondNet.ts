import { hash, randomBytes, randomInt } from "node:crypto";

/** Whose value it is, and of which field. */
export interface Caught {
  /** `schema.table`. */
  readonly table: string;
  readonly field: string;
  readonly customer: string;
}

/** Values that one net may hold: some 100 bytes each. Beyond it the rest is not in it, which its owner is told. */
export const netValuesMax = 1_000_000;
/** Customers who may share a value, as a family does. What more of them share (a provider's domain, "unknown") tells of none of them. */
const sharersMax = 10;
/** Shorter values are too often something else: an extension number, a year. */
const valueBytesMin = 6;
const valueBytesMax = 320;
/** Bits of the first sieve: 4 MiB, which a million values fill to 3%. */
const sieveBits = 25;
/** Places that a net has at first; a power of two, as always. It is doubled before it is two thirds full. */
const placesFirst = 1024;
/** Words of a digest, 32 bits each: 128 bits, as many as keep two of a million values apart. */
const words = 4;
/** In place of the first sharer: there is none; there are too many. */
const free = 0;
const common = 0xffff_ffff;
const nobody: readonly Caught[] = [];

/**
 * The second net under the gateway: keyed hashes of customers' contact data, which values of answers that should hold none are held
 * against. It catches what configuration and lineage can't know of: an address that somebody copied into a table nobody protects. No
 * value is kept (I5), and whole values only are found. Plain arrays, because a million small objects would take half a gigabyte.
 */
export class SecondNet {
  readonly #key: Buffer = randomBytes(32);
  readonly #seed: number = randomInt(0x1_0000_0000);
  readonly #sieve: Uint8Array = new Uint8Array(2 ** (sieveBits - 3));
  /** By place: the value's digest, and its first sharer, counted from 1. */
  #digests: Uint32Array = new Uint32Array(placesFirst * words);
  #first: Uint32Array = new Uint32Array(placesFirst);
  #values = 0;
  /** By sharer: who, of which field, and who else shares the value. */
  readonly #customers: string[] = [];
  readonly #fields: number[] = [];
  readonly #next: number[] = [];
  readonly #columns: { readonly table: string; readonly field: string }[] = [];

  /** Values in it. */
  get size(): number {
    return this.#values;
  }

  /** @returns false if the net is full. */
  add(value: Buffer, caught: Caught): boolean {
    if (value.length < valueBytesMin || value.length > valueBytesMax) return true;
    const digest = this.#digest(value);
    let place = this.#placeOf(digest);
    let first = this.#first[place] ?? free;
    if (first === common) return true;
    if (first === free) {
      if (this.#values >= netValuesMax) return false;
      if ((this.#values + 1) * 3 > this.#first.length * 2) {
        this.#double();
        place = this.#placeOf(digest);
        first = free;
      }
      this.#values++;
      this.#digests.set(digest, place * words);
      const bit = this.#mixed(value, 0, value.length);
      this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
    const sharers = this.#sharers(first);
    if (sharers.some((one) => sameCaught(one, caught))) return true;
    this.#first[place] = sharers.length < sharersMax ? this.#share(caught, first) : common;
    return true;
  }

  /** Whose value stands in `bytes` from `start` to `end`; a family may share one. */
  find(bytes: Buffer, start: number, end: number): readonly Caught[] {
    const length = end - start;
    if (length < valueBytesMin || length > valueBytesMax) return nobody;
    const bit = this.#mixed(bytes, start, end);
    if (((this.#sieve[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return nobody;
    const first = this.#first[this.#placeOf(this.#digest(bytes.subarray(start, end)))] ?? free;
    return first === common ? nobody : this.#sharers(first);
  }

  #sharers(first: number): readonly Caught[] {
    if (first === free) return nobody;
    const all: Caught[] = [];
    for (let at = first; at !== free; at = this.#next[at - 1] ?? free) {
      const column = this.#columns[this.#fields[at - 1] ?? 0];
      const customer = this.#customers[at - 1];
      if (column !== undefined && customer !== undefined) all.push({ ...column, customer });
    }
    return all;
  }

  /** @returns the new sharer's number. */
  #share({ customer, field, table }: Caught, next: number): number {
    let column = this.#columns.findIndex((one) => one.table === table && one.field === field);
    if (column < 0) column = this.#columns.push({ table, field }) - 1;
    this.#fields.push(column);
    this.#next.push(next);
    return this.#customers.push(customer);
  }

  /** Where the digest stands, or would. */
  #placeOf(digest: Uint32Array): number {
    const mask = this.#first.length - 1;
    for (let place = (digest[0] ?? 0) & mask; ; place = (place + 1) & mask)
      if (this.#first[place] === free || this.#standsAt(place, digest)) return place;
  }

  #standsAt(place: number, digest: Uint32Array): boolean {
    for (let word = 0; word < words; word++)
      if (this.#digests[place * words + word] !== digest[word]) return false;
    return true;
  }

  #double(): void {
    const [digests, first] = [this.#digests, this.#first];
    this.#digests = new Uint32Array(digests.length * 2);
    this.#first = new Uint32Array(first.length * 2);
    for (const [at, sharer] of first.entries()) {
      if (sharer === free) continue;
      const digest = digests.subarray(at * words, (at + 1) * words);
      const place = this.#placeOf(digest);
      this.#digests.set(digest, place * words);
      this.#first[place] = sharer;
    }
  }

  #digest(value: Buffer): Uint32Array {
    const bytes = hash("sha256", Buffer.concat([this.#key, value]), "buffer");
    return Uint32Array.from({ length: words }, (_, word) => bytes.readUInt32LE(word * 4));
  }

  /** FNV-1a with a seed: cheap enough for every cell of every row. */
  #mixed(bytes: Buffer, start: number, end: number): number {
    let mixed = this.#seed;
    for (let at = start; at < end; at++) mixed = Math.imul(mixed ^ (bytes[at] ?? 0), 0x0100_0193);
    return (mixed ^ (mixed >>> 15)) >>> (32 - sieveBits);
  }
}

function sameCaught(one: Caught, other: Caught): boolean {
  return one.customer === other.customer && one.field === other.field && one.table === other.table;
}
