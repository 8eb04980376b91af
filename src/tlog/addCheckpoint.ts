import { formatCheckpoint, parseCheckpoint, parseSize, type Checkpoint } from "./checkpoint.ts";
import { hashBytes, type Hash } from "./hash.ts";
import { decodeBase64 } from "./note.ts";
import { proofHashesMax } from "./proof.ts";

/** What a log asks of a witness (C2SP tlog-witness, add-checkpoint). */
export interface AddCheckpoint {
  /** The size that the log believes the witness has cosigned last. */
  readonly old: number;
  readonly proof: readonly Hash[];
  readonly checkpoint: Checkpoint;
}

export function formatAddCheckpoint(request: AddCheckpoint): string {
  const lines = [`old ${request.old}`, ...request.proof.map((hash) => Buffer.from(hash).toString("base64"))];
  return `${lines.join("\n")}\n\n${formatCheckpoint(request.checkpoint)}`;
}

/** Null for what isn't a request. */
export function parseAddCheckpoint(text: string): AddCheckpoint | null {
  const split = text.indexOf("\n\n");
  const [first = "", ...hashes] = text.slice(0, Math.max(split, 0)).split("\n");
  const old = first.startsWith("old ") ? parseSize(first.slice("old ".length)) : null;
  const checkpoint = parseCheckpoint(text.slice(split + 2));
  if (old === null || checkpoint === null || hashes.length > proofHashesMax) return null;
  const proof = hashes.map(decodeBase64).filter((hash) => hash?.length === hashBytes);
  return proof.length === hashes.length
    ? { old, proof: proof.filter((hash) => hash !== null), checkpoint }
    : null;
}
