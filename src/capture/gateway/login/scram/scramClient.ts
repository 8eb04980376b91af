import { base64Bytes, isNonce, saltBytesMax, takeAttribute } from "./attributes.ts";
import { hmac, sameBytes, storedKeyOf, xored } from "./verifier.ts";

/** Iterations that a server may ask for. The floor is RFC 7677's; the ceiling is our choice: a second of one core. */
export const iterationsMin = 4_096;
export const iterationsMax = 2_000_000;

/** How the client binds: by this data; it could, but the server doesn't offer it; or there is nothing to bind to. */
export type ClientBinding = { readonly flag: "p"; readonly data: Buffer } | { readonly flag: "y" | "n" };

export interface ScramClient {
  /** Empty towards PostgreSQL, which takes the name from the startup packet. */
  readonly name: string;
  readonly binding: ClientBinding;
  /** The client's nonce: base64 of 18 bytes of chance. */
  readonly nonce: string;
}

/** A server's challenge that is within its limits. */
export interface ServerChallenge {
  readonly kind: "challenge";
  readonly salt: Buffer;
  readonly iterations: number;
  readonly nonce: string;
  readonly text: string;
}

export interface ClientProof {
  readonly clientFinal: string;
  /** What the server must show in return. */
  readonly serverSignature: Buffer;
}

function gs2Header(binding: ClientBinding): string {
  return binding.flag === "p" ? "p=tls-server-end-point,," : `${binding.flag},,`;
}

function bare(client: ScramClient): string {
  return `n=${client.name},r=${client.nonce}`;
}

/** client-first-message. */
export function scramFirst(client: ScramClient): string {
  return gs2Header(client.binding) + bare(client);
}

/** Reads server-first-message; null if it is malformed, not an answer to this client, or beyond a limit. */
export function serverChallenge(client: ScramClient, message: Buffer): ServerChallenge | null {
  const text = message.toString("latin1");
  const parts = text.split(",");
  const nonce = takeAttribute(parts, "r");
  const salt = base64Bytes(takeAttribute(parts, "s") ?? "");
  const iterationsText = takeAttribute(parts, "i") ?? "";
  if (nonce === null || salt === null || !/^[1-9][0-9]{0,9}$/.test(iterationsText)) return null;
  // The server must add to the nonce, or an old exchange could be replayed to us.
  if (!isNonce(nonce) || !nonce.startsWith(client.nonce) || nonce.length === client.nonce.length) return null;
  const iterations = Number(iterationsText);
  if (salt.length === 0 || salt.length > saltBytesMax) return null;
  if (iterations < iterationsMin || iterations > iterationsMax) return null;
  return { kind: "challenge", salt, iterations, nonce, text };
}

/** client-final-message. `salted` is SaltedPassword for the challenge's salt and iterations. */
export function scramProof(client: ScramClient, challenge: ServerChallenge, salted: Buffer): ClientProof {
  const header = Buffer.from(gs2Header(client.binding));
  const bound = client.binding.flag === "p" ? Buffer.concat([header, client.binding.data]) : header;
  const withoutProof = `c=${bound.toString("base64")},r=${challenge.nonce}`;
  const signed = `${bare(client)},${challenge.text},${withoutProof}`;
  const clientKey = hmac(salted, "Client Key");
  const proof = xored(clientKey, hmac(storedKeyOf(clientKey), signed));
  return {
    clientFinal: `${withoutProof},p=${proof.toString("base64")}`,
    serverSignature: hmac(hmac(salted, "Server Key"), signed),
  };
}

/** Whether server-final-message proves that the server knows the verifier. */
export function serverProved(proof: ClientProof, message: Buffer): boolean {
  const parts = message.toString("latin1").split(",");
  const signature = base64Bytes(takeAttribute(parts, "v") ?? "");
  return signature !== null && sameBytes(signature, proof.serverSignature);
}
