import { join } from "node:path";
import { isThere, refusal, type Refusal } from "../base/index.ts";
import {
  checkSignature,
  formatCheckpoint,
  formatNote,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type SignatureLine,
  type SignerKey,
  type TreeHead,
} from "../tlog/index.ts";
import type { Disk } from "./disk.ts";

export const checkpointFile = "log/checkpoint";

/** Null where a data directory has a log. Fails where that can't be known, for want of rights. */
export function missingLog(dir: string): Refusal | null {
  return isThere(join(dir, checkpointFile)) ? null : noLog(dir);
}

export function noLog(dir: string): Refusal {
  return refusal("input", `there is no log in ${dir}`, "Name the data directory with --data or WHOSAW_DATA.");
}

/** The last checkpoint the key has signed. It stands with the key, so that a log put back from a copy is noticed. */
export const signedFile = "keys/log.signed";

/**
 * The signed head, and the compare-and-swap that guards it: before anything is signed, the file beside the key must
 * hold the very bytes this recorder put there. Whoever else has signed since, or put an older copy back, stops the log
 * before it can sign a second history.
 */
export class Head {
  readonly #disk: Disk;
  #signed: string;

  constructor(disk: Disk, signed: string) {
    this.#disk = disk;
    this.#signed = signed;
  }

  /** Signs and publishes. The tree's files must be durable already. */
  async publish(head: TreeHead, signers: readonly SignerKey[]): Promise<Checkpoint | Refusal> {
    const found = (await this.#disk.read(signedFile))?.toString() ?? "";
    if (found !== this.#signed)
      return refusal(
        "verification",
        `${signedFile} was changed by someone else`,
        "make sure that one recorder alone uses this key, then run `whosaw verify`",
      );
    const checkpoint = signCheckpoint(head, signers);
    const text = formatCheckpoint(checkpoint);
    await this.#disk.put(signedFile, text);
    await this.#disk.settle();
    this.#signed = text;
    await this.#disk.put(checkpointFile, text);
    await this.#disk.settle();
    return checkpoint;
  }

  /** Publishes the checkpoint again with cosignatures under it, unless a newer one has been published since. */
  async attach(checkpoint: Checkpoint, lines: readonly SignatureLine[]): Promise<null> {
    if (formatCheckpoint(checkpoint) !== this.#signed) return null;
    const { text, signatures } = checkpoint.note;
    await this.#disk.put(checkpointFile, formatNote({ text, signatures: [...signatures, ...lines] }));
    await this.#disk.settle();
    return null;
  }
}

/** What the two files say: the newest signed head, and the one whose prefix it must be. */
export interface FoundHeads {
  readonly newest: Checkpoint | null;
  readonly older: Checkpoint | null;
  /** The bytes of the file beside the key, for the next compare-and-swap. */
  readonly signed: string;
}

/** Reads both heads; each must be this key's, or that of the key it takes over from. */
export async function findHeads(disk: Disk, keys: readonly SignerKey[]): Promise<FoundHeads | Refusal> {
  const texts = [await disk.read(signedFile), await disk.read(checkpointFile)].map(
    (text) => text?.toString() ?? null,
  );
  const heads: Checkpoint[] = [];
  for (const [at, text] of texts.entries()) {
    if (text === null) continue;
    const name = at === 0 ? signedFile : checkpointFile;
    const head = parseCheckpoint(text);
    if (head === null || !keys.some(({ verifier }) => checkSignature(head.note, verifier) === "good"))
      return refusal(
        "verification",
        `${name} does not bear this log's signature`,
        "restore the key that belongs to this log; `whosaw verify` names the key that signed",
      );
    heads.push(head);
  }
  const [newest = null, older = null] = heads.sort((a, b) => b.size - a.size);
  return { newest, older, signed: texts[0] ?? "" };
}
