import { hashBytes, type Hash } from "./hash.ts";
import { decodeBase64, formatNote, parseNote, signNote, type Note, type SignerKey } from "./note.ts";

/** What a log promises at one size (C2SP tlog-checkpoint). */
export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** A checkpoint as read: its head and the note it came in, so that nothing is signed or checked but those bytes. */
export interface Checkpoint extends TreeHead {
  readonly note: Note;
}

/** The three lines that are signed. */
export function headText(head: TreeHead): string {
  return `${head.origin}\n${head.size}\n${Buffer.from(head.root).toString("base64")}\n`;
}

export function signCheckpoint(head: TreeHead, signers: readonly SignerKey[]): Checkpoint {
  const text = headText(head);
  return { ...head, note: { text, signatures: signers.map((signer) => signNote(text, signer)) } };
}

export function formatCheckpoint(checkpoint: Checkpoint): string {
  return formatNote(checkpoint.note);
}

/** Null for what isn't a checkpoint. Extension lines are kept in the note, as the format allows; none are written. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const note = parseNote(text);
  if (note === null) return null;
  const [origin = "", sizeText = "", rootText = "", ...extensions] = note.text.slice(0, -1).split("\n");
  const size = parseSize(sizeText);
  const root = decodeBase64(rootText);
  if (origin === "" || size === null || root?.length !== hashBytes || extensions.includes("")) return null;
  return { origin, size, root, note };
}

/** ASCII decimal, no leading zero, no more than a number holds exactly. */
export function parseSize(text: string): number | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return null;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : null;
}
