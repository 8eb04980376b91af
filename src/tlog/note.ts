import {
  createPrivateKey,
  createPublicKey,
  hash as digest,
  sign as cryptoSign,
  verify as cryptoVerify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { sameBytes } from "./hash.ts";

/**
 * What a signature line was made with: the byte that C2SP signed-note mixes into the key id. `ed25519` signs the note's
 * text, `cosignature` is a witness's timestamped Ed25519 (tlog-cosignature). A third algorithm is one more row here.
 */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;

export type SignatureType = keyof typeof signatureTypes;

/** A public key as notes name it. */
export interface VerifierKey {
  readonly name: string;
  /** SHA-256(name || "\n" || type || public key)[:4], as a big-endian number. */
  readonly id: number;
  readonly type: SignatureType;
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
}

/** A private key: its verifier key and what signs. */
export interface SignerKey {
  readonly verifier: VerifierKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** One line below a note's text. */
export interface SignatureLine {
  readonly name: string;
  readonly id: number;
  readonly signature: Uint8Array;
}

/** A note taken apart, nothing verified. */
export interface Note {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** The longest note read, in bytes: 16 post-quantum signatures of 5 kB and room for the text (signed-note asks for 16). */
export const noteBytesMax = 131_072;

const rawKeyBytes = 32;
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** Key names: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return name !== "" && !/[\s+\u0000-\u001f\u007f\u0085]/u.test(name) && name.isWellFormed();
}

export function keyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(signatureTypes[type]), publicKey]);
  return digest("sha256", bytes, "buffer").readUInt32BE(0);
}

/** Standard base64 with padding and nothing else: null for any other spelling, so that each value has one text. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

function hexId(id: number): string {
  return id.toString(16).padStart(8, "0");
}

/** `name+hhhhhhhh+base64(type || key)`, the verifier-key text of C2SP signed-note and Go's sumdb/note. */
export function formatVerifierKey(key: VerifierKey): string {
  const body = Buffer.concat([Buffer.of(signatureTypes[key.type]), key.publicKey]);
  return `${key.name}+${hexId(key.id)}+${body.toString("base64")}`;
}

export function parseVerifierKey(text: string): VerifierKey | null {
  const [name = "", id = "", ...rest] = text.trim().split("+");
  const body = decodeBase64(rest.join("+"));
  if (body === null || body.length !== 1 + rawKeyBytes || !isKeyName(name)) return null;
  const type = typeOf(body[0] ?? 0);
  if (type === null) return null;
  const key = { name, id: keyId(name, type, body.subarray(1)), type, publicKey: body.subarray(1) };
  return hexId(key.id) === id ? key : null;
}

function typeOf(byte: number): SignatureType | null {
  if (byte === signatureTypes.ed25519) return "ed25519";
  return byte === signatureTypes.cosignature ? "cosignature" : null;
}

/** A signer from an Ed25519 seed of 32 bytes. */
export function signerFromSeed(name: string, seed: Uint8Array, type: SignatureType = "ed25519"): SignerKey {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = spki.subarray(spkiPrefix.length);
  return {
    verifier: { name, id: keyId(name, type, publicKey), type, publicKey },
    sign: (message) => cryptoSign(null, message, key),
  };
}

/** `PRIVATE+KEY+name+hhhhhhhh+base64(type || seed)`, as Go's sumdb/note writes it. */
export function formatSignerKey(signer: SignerKey, seed: Uint8Array): string {
  const { name, id, type } = signer.verifier;
  const body = Buffer.concat([Buffer.of(signatureTypes[type]), seed]);
  return `PRIVATE+KEY+${name}+${hexId(id)}+${body.toString("base64")}`;
}

export function parseSignerKey(text: string): SignerKey | null {
  const [first, second, name = "", id = "", ...rest] = text.trim().split("+");
  const body = decodeBase64(rest.join("+"));
  if (first !== "PRIVATE" || second !== "KEY" || body?.length !== 1 + rawKeyBytes || !isKeyName(name))
    return null;
  const type = typeOf(body[0] ?? 0);
  if (type === null) return null;
  const signer = signerFromSeed(name, body.subarray(1), type);
  return hexId(signer.verifier.id) === id ? signer : null;
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** Ed25519 over the bytes as they stand (RFC 8032). False for anything that isn't a good signature. */
export function verifyBytes(key: VerifierKey, message: Uint8Array, signature: Uint8Array): boolean {
  let publicKey = keyObjects.get(key.publicKey);
  try {
    publicKey ??= createPublicKey({
      key: Buffer.concat([spkiPrefix, key.publicKey]),
      format: "der",
      type: "spki",
    });
  } catch {
    return false;
  }
  keyObjects.set(key.publicKey, publicKey);
  return cryptoVerify(null, message, publicKey, signature);
}

/** Takes a note apart (C2SP signed-note). Null for what isn't one; signatures are not looked at. */
export function parseNote(text: string): Note | null {
  if (
    Buffer.byteLength(text) > noteBytesMax ||
    !text.isWellFormed() ||
    /[\u0000-\u0009\u000b-\u001f]/.test(text)
  )
    return null;
  const split = text.lastIndexOf("\n\n");
  if (split < 0 || !text.endsWith("\n")) return null;
  const lines = text.slice(split + 2, -1).split("\n");
  const signatures = lines.map(parseSignatureLine);
  const parsed = signatures.filter((line) => line !== null);
  return parsed.length === lines.length ? { text: text.slice(0, split + 1), signatures: parsed } : null;
}

export function parseSignatureLine(line: string): SignatureLine | null {
  const [dash, name = "", encoded = "", ...more] = line.split(" ");
  const body = decodeBase64(encoded);
  if (dash !== "\u2014" || more.length > 0 || !isKeyName(name) || body === null || body.length < 5)
    return null;
  return { name, id: body.readUInt32BE(0), signature: body.subarray(4) };
}

export function formatSignatureLine(line: SignatureLine): string {
  const body = Buffer.alloc(4 + line.signature.length);
  body.writeUInt32BE(line.id, 0);
  body.set(line.signature, 4);
  return `\u2014 ${line.name} ${body.toString("base64")}\n`;
}

export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join("")}`;
}

/** Adds a plain Ed25519 signature over the text. */
export function signNote(text: string, signer: SignerKey): SignatureLine {
  const { name, id } = signer.verifier;
  return { name, id, signature: signer.sign(Buffer.from(text)) };
}

/** What a known key says of a note. `absent` if no line bears its name and id. */
export type SignatureVerdict = "good" | "bad" | "absent";

/** Every line that bears the key's name and id must verify: one bad line makes the note bad (signed-note, "Signatures"). */
export function checkSignature(note: Note, key: VerifierKey): SignatureVerdict {
  const lines = note.signatures.filter((line) => line.name === key.name && line.id === key.id);
  if (lines.length === 0) return "absent";
  const text = Buffer.from(note.text);
  return lines.every((line) => key.type === "ed25519" && verifyBytes(key, text, line.signature))
    ? "good"
    : "bad";
}

export function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && sameBytes(a.publicKey, b.publicKey);
}
