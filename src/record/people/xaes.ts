import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";

/** Bytes of a nonce and of a tag (C2SP XAES-256-GCM). */
export const xaesNonceBytes = 24;
export const xaesTagBytes = 16;

const blockBytes = 16;
const nonceHalf: number = xaesNonceBytes / 2;

/** A key made ready. */
export interface XaesKey {
  /** AES-256 of whole blocks, each by itself. */
  readonly encrypt: (blocks: Uint8Array) => Buffer;
  /**
   * The two blocks whose encryption is a message's key (NIST SP 800-108r1 in counter mode with CMAC) but for the half of the nonce
   * that stands in each: counter, "X" and zero, with K1 of NIST SP 800-38B added: AES-256(key, 0) doubled in GF(2^128).
   */
  readonly blocks: Uint8Array;
}

export function xaesKey(bytes: Uint8Array): XaesKey {
  // The blocks are two inputs of a CMAC that differ in their counter, so ECB is the cipher itself here, not a mode, and one cipher serves all.
  const cipher = createCipheriv("aes-256-ecb", createSecretKey(bytes), null).setAutoPadding(false);
  const encrypt = (blocks: Uint8Array): Buffer => cipher.update(blocks);
  const zero = encrypt(Buffer.alloc(blockBytes));
  const subkey = Buffer.alloc(blockBytes);
  for (let at = 0; at < blockBytes; at++) subkey[at] = ((zero[at] ?? 0) << 1) | ((zero[at + 1] ?? 0) >>> 7);
  if ((zero[0] ?? 0) >= 0x80) subkey[blockBytes - 1] = (subkey[blockBytes - 1] ?? 0) ^ 0x87;
  const blocks = Buffer.concat([subkey, subkey]);
  for (const counter of [1, 2]) {
    const at = (counter - 1) * blockBytes;
    blocks[at + 1] = (blocks[at + 1] ?? 0) ^ counter;
    blocks[at + 2] = (blocks[at + 2] ?? 0) ^ 0x58;
  }
  return { encrypt, blocks };
}

/** The key of one message, of the first half of its nonce. */
function messageKey({ encrypt, blocks }: XaesKey, nonce: Uint8Array): Buffer {
  const both = Uint8Array.from(blocks);
  for (let at = 0; at < nonceHalf; at++) {
    const byte = nonce[at] ?? 0;
    both[at + 4] = (both[at + 4] ?? 0) ^ byte;
    both[at + 4 + blockBytes] = (both[at + 4 + blockBytes] ?? 0) ^ byte;
  }
  return encrypt(both);
}

/** What is encrypted, and what is bound to it without being encrypted. */
export interface Message {
  readonly text: Uint8Array;
  readonly additional: Uint8Array;
}

/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM whose nonce is long enough to be drawn at random for any number of
 * messages, which the 12 bytes of plain GCM are not beyond 2^32. Gives nonce, ciphertext and tag.
 */
export function xaesSeal(key: XaesKey, nonce: Uint8Array, { text, additional }: Message): Buffer {
  const cipher = createCipheriv("aes-256-gcm", messageKey(key, nonce), nonce.subarray(nonceHalf));
  cipher.setAAD(additional);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** The text; null if key, nonce, ciphertext, tag or the additional bytes are not those of the sealing. */
export function xaesOpen(key: XaesKey, nonce: Uint8Array, { text, additional }: Message): Buffer | null {
  if (text.length < xaesTagBytes || nonce.length !== xaesNonceBytes) return null;
  const decipher = createDecipheriv("aes-256-gcm", messageKey(key, nonce), nonce.subarray(nonceHalf), {
    authTagLength: xaesTagBytes,
  });
  decipher.setAAD(additional);
  decipher.setAuthTag(text.subarray(text.length - xaesTagBytes));
  const plain = decipher.update(text.subarray(0, text.length - xaesTagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}
