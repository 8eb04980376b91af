import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { base64Bytes, saltBytesMax } from "./attributes.ts";
import { preparedPassword } from "./saslprep.ts";

/** What a server keeps of a password (RFC 5802 section 3): enough to check it, too little to log in with. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const verifierForm =
  /^SCRAM-SHA-256\$([1-9][0-9]{0,9}):([A-Za-z0-9+/=]{1,400})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
const iterationsCeiling = 0x7fff_ffff;

/** Reads pg_authid's form, `SCRAM-SHA-256$4096:salt$stored:server`; null for anything else. */
export function parseVerifier(text: string): ScramVerifier | null {
  const [, iterationsText, saltText, storedText, serverText] = verifierForm.exec(text) ?? [];
  const salt = base64Bytes(saltText ?? "");
  const storedKey = base64Bytes(storedText ?? "");
  const serverKey = base64Bytes(serverText ?? "");
  const iterations = Number(iterationsText);
  if (salt === null || storedKey?.length !== 32 || serverKey?.length !== 32) return null;
  if (salt.length === 0 || salt.length > saltBytesMax || iterations > iterationsCeiling) return null;
  return { iterations, salt, storedKey, serverKey };
}

/** What the configuration keeps for a password, in pg_authid's form. `salt` is chance: 16 bytes, as PostgreSQL's. */
export async function scramVerifier(password: string, salt: Buffer, iterations = 4096): Promise<string> {
  const salted = await saltedPassword(password, salt, iterations);
  const stored = storedKeyOf(hmac(salted, "Client Key")).toString("base64");
  const server = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${server}`;
}

const derive = promisify(pbkdf2);

/** SaltedPassword: PBKDF2 of the prepared password, off the main thread. */
export async function saltedPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return derive(preparedPassword(password), salt, iterations, 32, "sha256");
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function storedKeyOf(clientKey: Buffer): Buffer {
  return createHash("sha256").update(clientKey).digest();
}

export function xored(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)));
}

export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
