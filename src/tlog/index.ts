/**
 * RFC 6962 trees, and the C2SP formats around them: tiles, checkpoints, signed notes, cosignatures, proof files.
 * No storage, no clock, nothing that waits.
 */
export {
  emptyRoot,
  foldPerfect,
  hashBytes,
  leafHash,
  leafHashText,
  nodeHash,
  prefixedLeafHashText,
  sameBytes,
  sha256Hex,
  type Hash,
} from "./hash.ts";
export {
  consistencyRanges,
  coverOf,
  inclusionRanges,
  proofHashesMax,
  proveConsistency,
  proveInclusion,
  rangeHash,
  treeSizeMax,
  verifyConsistency,
  verifyInclusion,
  type ConsistencyClaim,
  type InclusionClaim,
  type Node,
  type NodeAt,
} from "./proof.ts";
export {
  edgeTiles,
  entryBundlePath,
  levelSize,
  nodesFromTiles,
  tileForNode,
  tileNumberPath,
  tileOf,
  tilePath,
  tileWidth,
  type Tile,
} from "./tile.ts";
export { Edge, rootOf, type FullTile } from "./edge.ts";
export {
  checkSignature,
  decodeBase64,
  formatNote,
  formatSignatureLine,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  keyId,
  noteBytesMax,
  parseNote,
  parseSignatureLine,
  parseSignerKey,
  parseVerifierKey,
  sameKey,
  signatureTypes,
  signerFromSeed,
  signNote,
  verifyBytes,
  type Note,
  type SignatureLine,
  type SignatureType,
  type SignatureVerdict,
  type SignerKey,
  type VerifierKey,
} from "./note.ts";
export {
  formatCheckpoint,
  headText,
  parseCheckpoint,
  parseSize,
  signCheckpoint,
  type Checkpoint,
  type TreeHead,
} from "./checkpoint.ts";
export { checkCosignature, cosign, type Cosignature, type CosignatureCheck } from "./cosignature.ts";
export { formatProofFile, parseProofFile, type ProofFile } from "./proofFile.ts";
export {
  formatLeaf,
  halvesOf,
  hasLeafShape,
  leafBytes,
  leafEntryAt,
  leafStride,
  leafFor,
  parseLeaf,
  saltBytes,
  type Leaf,
} from "./leaf.ts";
export { decodeBundle, encodeBundle, entryBytesMax, narrowBundle, type BundleKind } from "./bundle.ts";
export { signStatement, statementKey, type Statement } from "./statement.ts";
export {
  canonicalText,
  decodeEntry,
  formatEntry,
  followsEntry,
  hasEntryShape,
  parseEntry,
  recordedOf,
  recordedPlace,
  type LogEntry,
  type Said,
} from "./entry.ts";
export { approvalText } from "./approval.ts";
export { formatAddCheckpoint, parseAddCheckpoint, type AddCheckpoint } from "./addCheckpoint.ts";
