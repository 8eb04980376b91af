import { emptyRoot, hashBytes, nodeHash, sameBytes, type Hash } from "./hash.ts";

/** The place of a perfect subtree: it covers leaves `index * 2^level` up to `(index + 1) * 2^level`. */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** Reads one perfect subtree's hash; the caller has fetched what the proof needs. */
export type NodeAt = (node: Node) => Hash;

/** The largest tree: the sizes a JavaScript number holds exactly (2^53 - 1). */
export const treeSizeMax: number = Number.MAX_SAFE_INTEGER;

/** More hashes than any proof in a tree of treeSizeMax leaves can hold (C2SP tlog-witness allows 63). */
export const proofHashesMax = 63;

/** The largest power of two below `size` (RFC 6962's k). `size` is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The perfect subtrees, left to right, whose ranges make up [start, end); `start` is aligned to each. */
export function coverOf(start: number, end: number): readonly Node[] {
  const cover: Node[] = [];
  for (let at = start; at < end;) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    cover.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return cover;
}

/** The Merkle Tree Hash of leaves [start, end), from the perfect subtrees that make it up. */
export function rangeHash(start: number, end: number, nodeAt: NodeAt): Hash {
  if (start === end) return emptyRoot;
  return coverOf(start, end)
    .map(nodeAt)
    .reduceRight((right, left) => nodeHash(left, right));
}

/** The ranges whose hashes are the audit path of leaf `index`, leaf's sibling first (RFC 6962 section 2.1.1). */
export function inclusionRanges(index: number, size: number): readonly (readonly [number, number])[] {
  const path: (readonly [number, number])[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    path.push(index < middle ? [middle, end] : [start, middle]);
    if (index < middle) end = middle;
    else start = middle;
  }
  return path.toReversed();
}

/** The ranges whose hashes prove that the tree of `older` leaves starts the tree of `newer` (RFC 6962 section 2.1.2). */
export function consistencyRanges(older: number, newer: number): readonly (readonly [number, number])[] {
  if (older <= 0 || older >= newer) return [];
  const path: (readonly [number, number])[] = [];
  let start = 0;
  let end = newer;
  // Until the old tree's right edge is a whole subtree of the new one; `start` 0 means that subtree is the old root.
  while (older !== end) {
    const middle = start + splitOf(end - start);
    path.push(older <= middle ? [middle, end] : [start, middle]);
    if (older <= middle) end = middle;
    else start = middle;
  }
  if (start > 0) path.push([start, end]);
  return path.toReversed();
}

export function proveInclusion(index: number, size: number, nodeAt: NodeAt): readonly Hash[] {
  return inclusionRanges(index, size).map(([start, end]) => rangeHash(start, end, nodeAt));
}

export function proveConsistency(older: number, newer: number, nodeAt: NodeAt): readonly Hash[] {
  return consistencyRanges(older, newer).map(([start, end]) => rangeHash(start, end, nodeAt));
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.length <= proofHashesMax && hashes.every((hash) => hash.length === hashBytes);
}

/** The claim that an inclusion proof is to support. */
export interface InclusionClaim {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly root: Hash;
}

/** True if `proof` shows that `leaf` stands at `index` of the tree (RFC 9162 section 2.1.3.2's algorithm). */
export function verifyInclusion(claim: InclusionClaim, proof: readonly Hash[]): boolean {
  if (!isSize(claim.index) || !isSize(claim.size) || claim.index >= claim.size) return false;
  if (!areHashes([claim.leaf, claim.root]) || !areHashes(proof)) return false;
  const ranges = inclusionRanges(claim.index, claim.size);
  if (ranges.length !== proof.length) return false;
  const root = proof.reduce(
    (hash, sibling, step) =>
      (ranges[step]?.[0] ?? 0) > claim.index ? nodeHash(hash, sibling) : nodeHash(sibling, hash),
    claim.leaf,
  );
  return sameBytes(root, claim.root);
}

/** The claim that a consistency proof is to support. */
export interface ConsistencyClaim {
  readonly older: number;
  readonly newer: number;
  readonly olderRoot: Hash;
  readonly newerRoot: Hash;
}

/**
 * True if `proof` shows that the older tree is a prefix of the newer one (RFC 9162 section 2.1.4.2).
 * A tree of no leaves is consistent with everything and so proves nothing: it is refused, whatever the roots.
 */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Hash[]): boolean {
  const { older, newer, olderRoot, newerRoot } = claim;
  if (!isSize(older) || !isSize(newer) || older < 1 || older > newer) return false;
  if (older === newer) return proof.length === 0 && sameBytes(olderRoot, newerRoot);
  if (!areHashes([olderRoot, newerRoot]) || !areHashes(proof)) return false;
  const ranges = consistencyRanges(older, newer);
  if (ranges.length !== proof.length) return false;
  const wholeOldTree = Number.isInteger(Math.log2(older));
  const seed = wholeOldTree ? olderRoot : proof[0];
  if (seed === undefined) return false;
  let oldHash = seed;
  let newHash = seed;
  for (let step = wholeOldTree ? 0 : 1; step < proof.length; step++) {
    const [hash, range] = [proof[step], ranges[step]];
    if (hash === undefined || range === undefined) return false;
    // What lies right of the old tree belongs to the new one only; what lies left belongs to both.
    if (range[0] >= older) newHash = nodeHash(newHash, hash);
    else [oldHash, newHash] = [nodeHash(hash, oldHash), nodeHash(hash, newHash)];
  }
  return sameBytes(oldHash, olderRoot) && sameBytes(newHash, newerRoot);
}
