import { encodeBackend, type Fault, Writer } from "../../../../wire/index.ts";
import { statementRefusal, type StatementRefusal } from "../../plan.ts";

/** Why a client is turned away before it has a session: in PostgreSQL's own words where it has some, so that drivers know them. */
type Denial = StatementRefusal;

function denial(code: string, rule: string, message: string, hint = ""): Denial {
  return statementRefusal({ code, rule, message, hint });
}

/** The same for a wrong password, an unknown user and an expired login: which it was is nobody's business. */
export function wrongPassword(user: string): Denial {
  return denial("28P01", "wrong_password", `password authentication failed for user "${user}"`);
}

export function malformed(rule: string, detail: string): Denial {
  return denial("08P01", rule, `invalid message while logging in: ${detail}`);
}

export function brokenFrame(fault: Fault): Denial {
  if (fault.code === "unsupported_protocol")
    return denial("0A000", fault.code, "unsupported frontend protocol: server supports 3.0 to 3.2");
  if (fault.code === "bytes_before_encryption")
    return denial(
      "08P01",
      fault.code,
      "received unencrypted data after SSL request",
      "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    );
  return malformed(fault.code, fault.code.replaceAll("_", " "));
}

export const denials: {
  readonly [
    Name in
      | "noUser"
      | "tlsRequired"
      | "tokenNeedsTls"
      | "noCertificate"
      | "wrongCertificate"
      | "tooMany"
      | "replication"
      | "authorizationIdentity"
      | "bindingDowngrade"
      | "bindingMismatch"
      | "nonce"
  ]: Denial;
} = {
  noUser: denial("28000", "no_user", "no PostgreSQL user name specified in startup packet"),
  tlsRequired: denial(
    "28000",
    "tls_required",
    "connection requires TLS",
    "Connect with sslmode=verify-full (or require).",
  ),
  tokenNeedsTls: denial(
    "28000",
    "token_without_tls",
    "a token is accepted as a password over TLS only",
    "Connect with sslmode=verify-full (or require).",
  ),
  noCertificate: denial("28000", "no_certificate", "connection requires a valid client certificate"),
  wrongCertificate: denial("28000", "wrong_certificate", "the client certificate is not valid"),
  tooMany: denial("53300", "too_many_connections", "sorry, too many clients already"),
  replication: denial(
    "42501",
    "replication",
    "replication connections are not offered here",
    "whosaw records what a session reads; a replication stream has no statements to record.",
  ),
  authorizationIdentity: denial(
    "0A000",
    "authorization_identity",
    "client uses authorization identity, but it is not supported",
  ),
  bindingDowngrade: denial(
    "28000",
    "binding_downgrade",
    "SCRAM channel binding negotiation error",
    "The client supports SCRAM channel binding but thinks the server does not. However, this server does support channel binding.",
  ),
  bindingMismatch: denial("28000", "binding_mismatch", "SCRAM channel binding check failed"),
  nonce: denial("08P01", "wrong_nonce", "invalid SCRAM response: nonce does not match"),
};

export function repeatedKey(name: string): Denial {
  return denial(
    "42501",
    "duplicate_startup_key",
    `startup parameter "${name}" is given more than once`,
    "Which one counts would be a guess; give it once.",
  );
}

export function noDatabase(name: string): Denial {
  return denial("3D000", "unknown_database", `database "${name}" does not exist`);
}

/** The error as bytes for the client. Its texts are shortened and freed of what the protocol can't carry. */
export function fatalBytes(refused: Denial): Buffer {
  const to = new Writer();
  const { code, message, hint } = refused;
  const fields = {
    severity: "FATAL",
    severityCode: "FATAL",
    sqlstate: code,
    message: carried(message),
    ...(hint === "" ? {} : { hint: carried(hint) }),
    unknown: [],
  };
  encodeBackend({ from: "backend", kind: "ErrorResponse", fields }, to);
  return to.take();
}

function carried(text: string): string {
  return text.slice(0, 1_000).replaceAll("\0", "").toWellFormed();
}
