import { createHash, randomBytes } from "node:crypto";
import { TLSSocket } from "node:tls";
import { refusal } from "../../../../base/index.ts";
import {
  type AuthenticationSASL,
  type BackendMessage,
  decodeBackend,
  isFault,
  type LoginMessage,
} from "../../../../wire/index.ts";
import type { UpstreamLogin, UpstreamOptions, WeakMethod } from "../options.ts";
import { serverEndPoint } from "../scram/channelBinding.ts";
import {
  type ClientBinding,
  iterationsMax,
  iterationsMin,
  type ScramClient,
  scramFirst,
  scramProof,
  serverChallenge,
  serverProved,
} from "../scram/scramClient.ts";
import { scramPlain, scramPlus } from "../scram/scramServer.ts";
import { saltedPassword } from "../scram/verifier.ts";
import { serverRefused, upstreamRefusal, type UpstreamRefusal } from "./upstreamRefusal.ts";
import { addressText, type UpstreamStream, write } from "./upstreamStream.ts";

/** One login at the server, while it is under way. */
export interface Login {
  readonly options: UpstreamOptions;
  readonly name: string;
  readonly login: UpstreamLogin;
  readonly connection: UpstreamStream;
}

/** The server's next message. Notices are skipped: nobody is there yet to read them. */
export async function nextMessage(login: Login): Promise<BackendMessage | UpstreamRefusal> {
  for (;;) {
    const frame = await login.connection.reader.next();
    if (frame.kind === "Ended") return broken(login, "the connection was closed");
    if (isFault(frame)) return broken(login, frame.code);
    if (frame.kind === "EncryptionAnswer") return broken(login, "unexpected_type");
    const message = decodeBackend(frame);
    if (isFault(message)) return broken(login, message.code);
    if (message.kind === "ErrorResponse") return serverRefused(login.options, message.fields);
    if (message.kind !== "NoticeResponse") return message;
  }
}

export function broken(login: Login, why: string): UpstreamRefusal {
  return upstreamRefusal(
    "08001",
    refusal(
      "connection",
      `logging in at ${addressText(login.options)} as "${login.name}" failed: ${why}`,
      "check that a PostgreSQL server of version 14 or later answers there",
    ),
  );
}

/** Answers what the server asks until it says AuthenticationOk. @param asked its first question. */
export async function proveTo(login: Login, asked: BackendMessage): Promise<null | UpstreamRefusal> {
  const { stream } = login.connection;
  switch (asked.kind) {
    case "AuthenticationOk":
      return certified(login) ? null : weak(login, "trust");
    case "AuthenticationSASL":
      return scram(login, asked);
    case "AuthenticationMD5Password": {
      const password = passwordOf(login);
      if (typeof password !== "string") return password;
      return weak(login, "md5") ?? answerWith(login, md5Answer(login.name, password, asked.salt));
    }
    case "AuthenticationCleartextPassword": {
      const password = passwordOf(login);
      if (typeof password !== "string") return password;
      if (!(stream instanceof TLSSocket)) return broken(login, "it asks for the password without TLS");
      return weak(login, "cleartext") ?? answerWith(login, Buffer.from(password));
    }
    default:
      return broken(login, `it asks for ${asked.kind}`);
  }
}

/** A certificate of ours, shown through TLS, is a proof that needs no question. */
function certified(login: Login): boolean {
  return login.login.certificate !== null && login.connection.stream instanceof TLSSocket;
}

function weak(login: Login, method: WeakMethod): UpstreamRefusal | null {
  if (login.options.weak.includes(method)) return null;
  return broken(
    login,
    `it asks for ${method}, which upstream.weak doesn't list; use scram-sha-256 in pg_hba.conf`,
  );
}

function passwordOf(login: Login): string | UpstreamRefusal {
  return (
    login.login.password ?? broken(login, "it asks for a password, and none is configured for this login")
  );
}

async function answerWith(login: Login, password: Buffer): Promise<null | UpstreamRefusal> {
  write(login.connection.stream, { from: "frontend", kind: "PasswordMessage", password });
  return awaitOk(login);
}

async function awaitOk(login: Login): Promise<null | UpstreamRefusal> {
  const message = await nextMessage(login);
  if (message.kind === "upstream_refusal") return message;
  return message.kind === "AuthenticationOk" ? null : broken(login, `it says ${message.kind}`);
}

function md5Answer(name: string, password: string, salt: Buffer): Buffer {
  const inner = createHash("md5").update(`${password}${name}`).digest("hex");
  return Buffer.from(`md5${createHash("md5").update(inner).update(salt).digest("hex")}`);
}

async function scram(login: Login, asked: AuthenticationSASL): Promise<null | UpstreamRefusal> {
  const password = passwordOf(login);
  if (typeof password !== "string") return password;
  const binding = bindingTo(login, asked.mechanisms);
  const mechanism = binding.flag === "p" ? scramPlus : scramPlain;
  if (!asked.mechanisms.includes(mechanism)) return broken(login, "it offers no SCRAM-SHA-256");
  const client: ScramClient = { name: "", binding, nonce: randomBytes(18).toString("base64") };
  const opening = Buffer.from(scramFirst(client));
  const first: LoginMessage = { from: "frontend", kind: "SASLInitialResponse", mechanism, response: opening };
  write(login.connection.stream, first);
  const answer = await nextMessage(login);
  if (answer.kind === "upstream_refusal") return answer;
  if (answer.kind !== "AuthenticationSASLContinue") return broken(login, `it says ${answer.kind}`);
  const challenge = serverChallenge(client, answer.data);
  if (challenge === null)
    return broken(
      login,
      `its SCRAM challenge is malformed, or not within ${iterationsMin} to ${iterationsMax} iterations`,
    );
  const salted = await saltedPassword(password, challenge.salt, challenge.iterations);
  const proof = scramProof(client, challenge, salted);
  const data = Buffer.from(proof.clientFinal);
  write(login.connection.stream, { from: "frontend", kind: "SASLResponse", data });
  const last = await nextMessage(login);
  if (last.kind === "upstream_refusal") return last;
  // Without the server's own proof, anybody could have said OK to us.
  if (last.kind !== "AuthenticationSASLFinal" || !serverProved(proof, last.data))
    return broken(login, "it could not prove that it knows this login's password");
  return awaitOk(login);
}

function bindingTo(login: Login, mechanisms: readonly string[]): ClientBinding {
  const { stream } = login.connection;
  if (!(stream instanceof TLSSocket)) return { flag: "n" };
  const certificate = stream.getPeerX509Certificate();
  const data = certificate === undefined ? null : serverEndPoint(certificate.raw);
  if (data === null) return { flag: "n" };
  return mechanisms.includes(scramPlus) ? { flag: "p", data } : { flag: "y" };
}
