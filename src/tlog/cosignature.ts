import type { Note, SignatureLine, SignatureVerdict, SignerKey, VerifierKey } from "./note.ts";
import { verifyBytes } from "./note.ts";

/** A witness's word: at this time it had seen no larger tree of this log, and this one is consistent with the last. */
export interface Cosignature {
  /** Seconds since 1970. */
  readonly time: number;
}

const timeBytes = 8;

function cosignedMessage(text: string, time: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/** A cosignature line over a checkpoint's text (C2SP tlog-cosignature, Ed25519 type 0x04). `time` in seconds. */
export function cosign(text: string, signer: SignerKey, time: number): SignatureLine {
  const stamp = Buffer.alloc(timeBytes);
  stamp.writeBigUInt64BE(BigInt(time));
  const signature = Buffer.concat([stamp, signer.sign(cosignedMessage(text, time))]);
  return { name: signer.verifier.name, id: signer.verifier.id, signature };
}

/** What a witness's key says of a checkpoint; `cosignature` is the latest good one. */
export interface CosignatureCheck {
  readonly verdict: SignatureVerdict;
  readonly cosignature: Cosignature | null;
}

export function checkCosignature(note: Note, key: VerifierKey): CosignatureCheck {
  const lines = note.signatures.filter((line) => line.name === key.name && line.id === key.id);
  if (lines.length === 0) return { verdict: "absent", cosignature: null };
  const times = lines.map((line) => (key.type === "cosignature" ? timeOf(note.text, key, line) : null));
  const good = times.filter((time) => time !== null);
  if (good.length < lines.length) return { verdict: "bad", cosignature: null };
  return { verdict: "good", cosignature: { time: Math.max(...good) } };
}

function timeOf(text: string, key: VerifierKey, line: SignatureLine): number | null {
  if (line.signature.length < timeBytes) return null;
  const time = Number(Buffer.from(line.signature).readBigUInt64BE(0));
  if (!Number.isSafeInteger(time)) return null;
  return verifyBytes(key, cosignedMessage(text, time), line.signature.subarray(timeBytes)) ? time : null;
}
