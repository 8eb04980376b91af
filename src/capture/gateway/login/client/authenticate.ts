import { createHmac, randomBytes } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { Duplex } from "node:stream";
import {
  type BackendMessage,
  decodeLogin,
  encodeBackend,
  type Fault,
  type Frame,
  isFault,
  type LoginMessage,
  type StartupFrame,
  Writer,
} from "../../../../wire/index.ts";
import { statementRefusal, type StatementRefusal } from "../../plan.ts";
import type { Ended, FrameReader } from "../frames.ts";
import type { UserOptions } from "../options.ts";
import {
  scramChallenge,
  type ScramFailure,
  scramPlain,
  scramPlus,
  type ScramServer,
  scramVerdict,
} from "../scram/scramServer.ts";
import type { ScramVerifier } from "../scram/verifier.ts";
import { certificateNames, certificateState } from "./certificate.ts";
import { brokenFrame, denials, malformed, wrongPassword } from "./denials.ts";
import type { Door } from "./door.ts";

export type ClientReader = FrameReader<Frame<"frontend"> | StartupFrame>;

/** A client that has said who it is, and not yet proved it. */
export interface Claimant {
  readonly name: string;
  /** Null if there is no such user, which the client must not learn. */
  readonly user: UserOptions | null;
  readonly stream: Duplex;
  readonly reader: ClientReader;
}

/** How a client proved who it is. `last` is what the method still has to say, to be sent just before AuthenticationOk. */
export interface Proved {
  readonly kind: "proved";
  readonly method: string;
  readonly last: BackendMessage | null;
}

type Outcome = Proved | StatementRefusal | Ended;

/** Lets a client prove who it is by its user's method; unknown users go through SCRAM, as most do. */
export async function authenticate(claimant: Claimant, door: Door): Promise<Outcome> {
  switch (claimant.user?.method.kind) {
    case "certificate":
      return byCertificate(claimant, claimant.user.method.name);
    case "token":
      return byToken(claimant, claimant.user.method.subject, door);
    case "scram":
    case undefined:
      return byScram(claimant, door);
  }
}

export function send(stream: Duplex, message: BackendMessage): void {
  const to = new Writer();
  encodeBackend(message, to);
  stream.write(to.take());
}

async function byScram(claimant: Claimant, door: Door): Promise<Outcome> {
  const { stream, name } = claimant;
  const server = scramServer(claimant, door);
  const mechanisms = server.binding === null ? [scramPlain] : [scramPlus, scramPlain];
  send(stream, { from: "backend", kind: "AuthenticationSASL", mechanisms });
  const first = await answer(claimant, "SASLInitialResponse");
  if (first.kind !== "SASLInitialResponse") return first;
  const challenge = scramChallenge(server, first.mechanism, first.response ?? Buffer.alloc(0));
  if (challenge.kind === "failed") return scramDenial(challenge.why, name);
  const data = Buffer.from(challenge.serverFirst);
  send(stream, { from: "backend", kind: "AuthenticationSASLContinue", data });
  const last = await answer(claimant, "SASLResponse");
  if (last.kind !== "SASLResponse") return last;
  const verdict = scramVerdict(server, challenge, last.data);
  if (verdict.kind === "failed") return scramDenial(verdict.why, name);
  return {
    kind: "proved",
    method: first.mechanism === scramPlus ? "scram-sha-256-plus" : "scram-sha-256",
    last: { from: "backend", kind: "AuthenticationSASLFinal", data: Buffer.from(verdict.serverFinal) },
  };
}

function scramServer(claimant: Claimant, door: Door): ScramServer {
  const { settings, services } = door;
  const { user, name, stream } = claimant;
  const known = user === null ? undefined : settings.verifiers.get(user.name);
  const expired = user?.validUntil != null && services.clock() >= user.validUntil;
  return {
    verifier: known ?? mockVerifier(name, services.mockSecret, settings.mockIterations),
    mock: known === undefined || expired,
    binding: stream instanceof TLSSocket ? (settings.tls?.binding ?? null) : null,
    nonce: randomBytes(18).toString("base64"),
  };
}

/** The same salt each time the same unknown name is tried, as a real user's would be. */
function mockVerifier(name: string, secret: Buffer, iterations: number): ScramVerifier {
  const of = (what: string): Buffer => createHmac("sha256", secret).update(`${what} ${name}`).digest();
  return {
    iterations,
    salt: of("salt").subarray(0, 16),
    storedKey: of("stored key"),
    serverKey: of("server key"),
  };
}

function scramDenial(why: ScramFailure, user: string): StatementRefusal {
  switch (why) {
    case "wrong_proof":
      return wrongPassword(user);
    case "authorization_identity":
      return denials.authorizationIdentity;
    case "binding_downgrade":
      return denials.bindingDowngrade;
    case "binding_mismatch":
      return denials.bindingMismatch;
    case "wrong_nonce":
      return denials.nonce;
    case "unknown_mechanism":
      return malformed(why, "the SASL mechanism was not offered");
    case "malformed":
      return malformed("malformed_scram", "malformed SCRAM message");
  }
}

function byCertificate(claimant: Claimant, name: string): Outcome {
  const { stream } = claimant;
  if (!(stream instanceof TLSSocket) || certificateState(stream) !== "good") return denials.noCertificate;
  if (!certificateNames(stream).includes(name))
    return statementRefusal({
      code: "28000",
      rule: "certificate_of_another",
      message: `certificate authentication failed for user "${claimant.name}"`,
      hint: "",
    });
  return { kind: "proved", method: "certificate", last: null };
}

async function byToken(claimant: Claimant, subject: string, door: Door): Promise<Outcome> {
  const { oidc, options } = door.settings;
  if (!(claimant.stream instanceof TLSSocket)) return denials.tokenNeedsTls;
  send(claimant.stream, { from: "backend", kind: "AuthenticationCleartextPassword" });
  const given = await answer(claimant, "PasswordMessage");
  if (given.kind !== "PasswordMessage") return given;
  const token = given.password.toString("latin1");
  given.password.fill(0);
  const checked = await oidc?.(token);
  const believed =
    checked?.kind === "token" && options.oidc !== null && says(checked.claims, options.oidc.claim, subject);
  if (believed) return { kind: "proved", method: "token", last: null };
  const rule = checked?.kind === "token_refusal" ? checked.rule : "token_of_another";
  return { ...wrongPassword(claimant.name), rule };
}

/** OpenID Connect Core 5.1: an address that its issuer says it hasn't verified is anybody's who typed it in. */
function says(claims: Readonly<Record<string, unknown>>, claim: string, subject: string): boolean {
  return claims[claim] === subject && !(claim === "email" && claims["email_verified"] === false);
}

/** The client's next message, which must be this one. */
async function answer<Kind extends LoginMessage["kind"]>(
  claimant: Claimant,
  kind: Kind,
): Promise<Extract<LoginMessage, { readonly kind: Kind }> | StatementRefusal | Ended> {
  const frame = await claimant.reader.next();
  if (frame.kind === "Ended") return frame;
  if (isFault(frame)) return brokenFrame(frame);
  const message: LoginMessage | Fault = decodeLogin(frame, kind);
  if (isFault(message)) return brokenFrame(message);
  return isKind(message, kind) ? message : malformed("unexpected_type", "another message was expected");
}

function isKind<Kind extends LoginMessage["kind"]>(
  message: LoginMessage,
  kind: Kind,
): message is Extract<LoginMessage, { readonly kind: Kind }> {
  return message.kind === kind;
}
