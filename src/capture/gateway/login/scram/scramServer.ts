import { base64Bytes, isNonce, takeAttribute } from "./attributes.ts";
import { hmac, sameBytes, type ScramVerifier, storedKeyOf, xored } from "./verifier.ts";

export const scramPlain = "SCRAM-SHA-256";
export const scramPlus = "SCRAM-SHA-256-PLUS";

/** Why a SCRAM exchange failed. `wrong_proof` is the only one that says anything of the password. */
export type ScramFailure =
  | "malformed"
  | "unknown_mechanism"
  | "authorization_identity"
  | "binding_mismatch"
  | "binding_downgrade"
  | "wrong_nonce"
  | "wrong_proof";

export interface ScramFailed {
  readonly kind: "failed";
  readonly why: ScramFailure;
}

/** The server waits for the client's last message. */
export interface ScramChallenge {
  readonly kind: "challenge";
  readonly serverFirst: string;
  readonly gs2Header: string;
  readonly nonce: string;
  readonly clientFirstBare: string;
}

export interface ScramProved {
  readonly kind: "proved";
  readonly serverFinal: string;
}

/** What the server knows before the client speaks. `binding` is null where no channel binding is offered. */
export interface ScramServer {
  readonly verifier: ScramVerifier;
  /** True for a user who doesn't exist: the exchange goes on as for any other, and no proof is right. */
  readonly mock: boolean;
  readonly binding: Buffer | null;
  /** The server's part of the nonce: base64 of 18 bytes of chance, as PostgreSQL's. */
  readonly nonce: string;
}

/** gs2-header: channel binding flag, an authorization identity or none (RFC 5802 section 7). */
const gs2Form = /^(?:(n)|(y)|p=([A-Za-z0-9.-]{1,64})),((?:a=[^,]*)?),/;

/** Answers client-first-message with server-first-message. */
export function scramChallenge(
  server: ScramServer,
  mechanism: string,
  message: Buffer,
): ScramChallenge | ScramFailed {
  const plus = mechanism === scramPlus;
  if (!plus && mechanism !== scramPlain) return failed("unknown_mechanism");
  if (plus && server.binding === null) return failed("unknown_mechanism");
  const text = strictText(message);
  const header = text === null ? null : gs2Form.exec(text);
  if (text === null || header === null) return failed("malformed");
  const [gs2Header, none, unsupported, bindingName, identity] = header;
  if (identity !== "") return failed("authorization_identity");
  // With "n" a client says it can't bind; to choose PLUS then, or to bind without it, is a message at odds with itself.
  if (plus !== (bindingName !== undefined)) return failed("malformed");
  if (plus && bindingName !== "tls-server-end-point") return failed("binding_mismatch");
  // "y": the client would bind but believes that the server can't. If we offered it, somebody struck it out on the way.
  if (unsupported !== undefined && server.binding !== null) return failed("binding_downgrade");
  if (none === undefined && unsupported === undefined && bindingName === undefined)
    return failed("malformed");
  const clientFirstBare = text.slice(gs2Header.length);
  const parts = clientFirstBare.split(",");
  // The name is ignored, as PostgreSQL does: the startup packet says who it is. "m=" would come first: mandatory extensions, refused.
  const name = takeAttribute(parts, "n");
  const clientNonce = takeAttribute(parts, "r");
  if (name === null || clientNonce === null || !isNonce(clientNonce)) return failed("malformed");
  const nonce = clientNonce + server.nonce;
  const { salt, iterations } = server.verifier;
  const serverFirst = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
  return { kind: "challenge", serverFirst, gs2Header, nonce, clientFirstBare };
}

/** Judges client-final-message, and proves in turn that the server knows the verifier. */
export function scramVerdict(
  server: ScramServer,
  challenge: ScramChallenge,
  message: Buffer,
): ScramProved | ScramFailed {
  const text = strictText(message);
  const proofAt = text?.lastIndexOf(",p=") ?? -1;
  if (text === null || proofAt < 0) return failed("malformed");
  const withoutProof = text.slice(0, proofAt);
  const proof = base64Bytes(text.slice(proofAt + 3));
  const parts = withoutProof.split(",");
  const bound = takeAttribute(parts, "c");
  const nonce = takeAttribute(parts, "r");
  if (proof?.length !== 32 || bound === null || nonce === null) return failed("malformed");
  if (bound !== expectedBinding(server, challenge)) return failed("binding_mismatch");
  if (nonce !== challenge.nonce) return failed("wrong_nonce");
  const signed = `${challenge.clientFirstBare},${challenge.serverFirst},${withoutProof}`;
  const { storedKey, serverKey } = server.verifier;
  const clientKey = xored(proof, hmac(storedKey, signed));
  const right = sameBytes(storedKeyOf(clientKey), storedKey);
  // The mock is looked at last, so that an unknown user takes as long as a wrong password.
  if (!right || server.mock) return failed("wrong_proof");
  return { kind: "proved", serverFinal: `v=${hmac(serverKey, signed).toString("base64")}` };
}

/** cbind-input: the header that the client sent first, and the binding's data if it binds. */
function expectedBinding(server: ScramServer, challenge: ScramChallenge): string {
  const header = Buffer.from(challenge.gs2Header);
  const data = challenge.gs2Header.startsWith("p=") && server.binding !== null ? [server.binding] : [];
  return Buffer.concat([header, ...data]).toString("base64");
}

function strictText(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  return text.includes("\0") || !Buffer.from(text).equals(bytes) ? null : text;
}

function failed(why: ScramFailure): ScramFailed {
  return { kind: "failed", why };
}
