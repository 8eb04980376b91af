import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";

/** Bytes of a nonce and of a tag (C2SP XAES-256-GCM). */
export const xaesNonceBytes = 24;
export const xaesTagBytes = 16;

const blockBytes = 16;

/** A key made ready: the key itself, and the CMAC subkey that every message needs. */
export interface XaesKey {
  readonly key: KeyObject;
  /** K1 of NIST SP 800-38B: AES-256(key, 0) doubled in GF(2^128). */
  readonly subkey: Uint8Array;
}

export function xaesKey(bytes: Uint8Array): XaesKey {
  const key = createSecretKey(bytes);
  const zero = encryptBlocks(key, Buffer.alloc(blockBytes));
  const subkey = Buffer.alloc(blockBytes);
  for (let at = 0; at < blockBytes; at++) subkey[at] = ((zero[at] ?? 0) << 1) | ((zero[at + 1] ?? 0) >>> 7);
  if ((zero[0] ?? 0) >= 0x80) subkey[blockBytes - 1] = (subkey[blockBytes - 1] ?? 0) ^ 0x87;
  return { key, subkey };
}

// The blocks are two inputs of a CMAC that differ in their counter, so ECB is the cipher itself here, not a mode.
function encryptBlocks(key: KeyObject, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

/** The key of one message: NIST SP 800-108r1 in counter mode with CMAC, over the first half of the nonce. */
function messageKey({ key, subkey }: XaesKey, nonce: Uint8Array): Buffer {
  const blocks = Buffer.alloc(2 * blockBytes);
  for (const counter of [1, 2]) {
    const block = blocks.subarray((counter - 1) * blockBytes, counter * blockBytes);
    block.set([0, counter, 0x58, 0]);
    block.set(nonce.subarray(0, 12), 4);
    for (let at = 0; at < blockBytes; at++) block[at] = (block[at] ?? 0) ^ (subkey[at] ?? 0);
  }
  return encryptBlocks(key, blocks);
}

/** What is encrypted, and what is bound to it without being encrypted. */
export interface Message {
  readonly text: Uint8Array;
  readonly additional: Uint8Array;
}

/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM whose nonce is long enough to be drawn at random for any number of
 * messages, which the 12 bytes of plain GCM are not beyond 2^32. Gives ciphertext and tag.
 */
export function xaesSeal(key: XaesKey, nonce: Uint8Array, { text, additional }: Message): Buffer {
  const cipher = createCipheriv("aes-256-gcm", messageKey(key, nonce), nonce.subarray(12));
  cipher.setAAD(additional);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** The text; null if key, nonce, ciphertext, tag or the additional bytes are not those of the sealing. */
export function xaesOpen(key: XaesKey, nonce: Uint8Array, { text, additional }: Message): Buffer | null {
  if (text.length < xaesTagBytes || nonce.length !== xaesNonceBytes) return null;
  const decipher = createDecipheriv("aes-256-gcm", messageKey(key, nonce), nonce.subarray(12), {
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
