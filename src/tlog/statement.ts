import { canonicalJson, type Json } from "../base/index.ts";
import {
  decodeBase64,
  formatVerifierKey,
  parseVerifierKey,
  verifyBytes,
  type SignerKey,
  type VerifierKey,
} from "./note.ts";

/**
 * What the log says about itself, as an entry like any other: its `kind` starts with `log.`, and it carries the log's
 * own signature besides the checkpoint's, so that it convinces even when taken out of the log.
 */
export interface Statement {
  readonly kind: `log.${string}`;
  readonly [member: string]: Json;
}

const domain = "whosaw-log-statement/v1";

function signedBytes(origin: string, unsigned: { readonly [member: string]: Json }): Uint8Array {
  return Buffer.from(`${domain}\n${origin}\n${canonicalJson(unsigned)}\n`);
}

/** Adds `key` (the verifier key) and `signature` (base64 Ed25519 over domain, origin and the rest as canonical JSON). */
export function signStatement(origin: string, statement: Statement, signer: SignerKey): Statement {
  const unsigned = { ...statement, key: formatVerifierKey(signer.verifier) };
  const signature = Buffer.from(signer.sign(signedBytes(origin, unsigned))).toString("base64");
  return { ...unsigned, signature };
}

/** The key that signed the statement, or null if none did. Whether that key is to be trusted is the caller's question. */
export function statementKey(origin: string, entry: { readonly [member: string]: Json }): VerifierKey | null {
  const { signature, ...unsigned } = entry;
  const key = typeof unsigned["key"] === "string" ? parseVerifierKey(unsigned["key"]) : null;
  const bytes = typeof signature === "string" ? decodeBase64(signature) : null;
  if (key === null || bytes === null) return null;
  return verifyBytes(key, signedBytes(origin, unsigned), bytes) ? key : null;
}
