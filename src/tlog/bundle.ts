/**
 * Two bundles stand beside each level-0 tile, one record for each of its hashes:
 * `tile/entries/N`, the leaves, as C2SP tlog-tiles has it (big-endian uint16 length, then the leaf), and
 * `entries/N`, the entries whose hashes those leaves hold (big-endian uint32 length, then the entry).
 * An erased record has length 0 in both: a leaf and an entry are never empty, so nothing else looks like it.
 */
export type BundleKind = "leaves" | "entries";

/** The longest entry, in bytes of canonical JSON: a list of about 10,000 customers. Longer reads are several entries. */
export const entryBytesMax = 262_144;

const prefixBytes = { leaves: 2, entries: 4 } as const;
const recordBytesMax = { leaves: 0xffff, entries: entryBytesMax } as const;

export function encodeBundle(kind: BundleKind, records: readonly Uint8Array[]): Buffer {
  const prefix = prefixBytes[kind];
  const bundle = Buffer.allocUnsafe(records.reduce((total, record) => total + prefix + record.length, 0));
  let at = 0;
  for (const record of records) {
    bundle.writeUIntBE(record.length, at, prefix);
    bundle.set(record, at + prefix);
    at += prefix + record.length;
  }
  return bundle;
}

/** Null if the bytes are not whole records, nothing left over. The records share the bundle's memory. */
export function decodeBundle(kind: BundleKind, bundle: Uint8Array): readonly Buffer[] | null {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const prefix = prefixBytes[kind];
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + prefix > bytes.length) return null;
    const length = bytes.readUIntBE(at, prefix);
    at += prefix + length;
    if (length > recordBytesMax[kind] || at > bytes.length) return null;
    records.push(bytes.subarray(at - length, at));
  }
  return records;
}

/** The bundle's first `count` records, as a narrower bundle of the same tile holds them. Null if it isn't a bundle. */
export function narrowBundle(kind: BundleKind, bundle: Uint8Array, count: number): Uint8Array | null {
  const records = decodeBundle(kind, bundle);
  return records === null ? null : encodeBundle(kind, records.slice(0, count));
}
