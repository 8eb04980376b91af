import { formatCheckpoint, parseCheckpoint, parseSize, type Checkpoint } from "./checkpoint.ts";
import { hashBytes, type Hash } from "./hash.ts";
import { decodeBase64 } from "./note.ts";
import { proofHashesMax } from "./proof.ts";

/** A proof that stands alone (C2SP tlog-proof, version 1): an index, its audit path, and the checkpoint they lead to. */
export interface ProofFile {
  /** Not authenticated: whoever reads it must check it against the leaf hash. */
  readonly extra: Uint8Array | null;
  readonly index: number;
  readonly path: readonly Hash[];
  readonly checkpoint: Checkpoint;
}

const firstLine = "c2sp.org/tlog-proof@v1";

export function formatProofFile(proof: ProofFile): string {
  const lines = [firstLine];
  if (proof.extra !== null) lines.push(`extra ${Buffer.from(proof.extra).toString("base64")}`);
  lines.push(`index ${proof.index}`, ...proof.path.map((hash) => Buffer.from(hash).toString("base64")));
  return `${lines.join("\n")}\n\n${formatCheckpoint(proof.checkpoint)}`;
}

/** Null for what isn't a proof file. Whether it proves anything is for verifyInclusion and the checkpoint's keys. */
export function parseProofFile(text: string): ProofFile | null {
  const split = text.indexOf("\n\n");
  if (split < 0) return null;
  const [first, ...lines] = text.slice(0, split).split("\n");
  const extraText = lines[0]?.startsWith("extra ") === true ? lines.shift() : undefined;
  const extra = extraText === undefined ? null : decodeBase64(extraText.slice("extra ".length));
  if (first !== firstLine || (extraText !== undefined && extra === null)) return null;
  const indexText = lines.shift() ?? "";
  const index = indexText.startsWith("index ") ? parseSize(indexText.slice("index ".length)) : null;
  const checkpoint = parseCheckpoint(text.slice(split + 2));
  const path = lines.map(decodeBase64).filter((hash) => hash?.length === hashBytes);
  if (index === null || checkpoint === null || path.length !== lines.length || path.length > proofHashesMax)
    return null;
  return { extra, index, path: path.filter((hash) => hash !== null), checkpoint };
}
