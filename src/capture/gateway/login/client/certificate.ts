import type { TLSSocket } from "node:tls";

/**
 * The names that a client's certificate gives its bearer: the common name, and alternative names of the kinds that name somebody.
 * A certificate with two common names, or with names that need quoting, has none of them: they are ways to be read differently.
 */
export function certificateNames(stream: TLSSocket): readonly string[] {
  const certificate = stream.getPeerCertificate();
  const commonName: unknown = certificate.subject?.CN;
  const alternatives = certificate.subjectaltname ?? "";
  const names = alternatives.includes('"') ? [] : alternatives.split(", ").flatMap(alternativeName);
  return typeof commonName === "string" ? [commonName, ...names] : names;
}

function alternativeName(entry: string): readonly string[] {
  const match = /^(?:DNS|email|URI):(.+)$/.exec(entry);
  return match?.[1] === undefined ? [] : [match[1]];
}

/** Whether the client showed a certificate: `none`, one that our authority signed, or another. */
export function certificateState(stream: TLSSocket): "none" | "good" | "bad" {
  if (stream.getPeerX509Certificate() === undefined) return "none";
  return stream.authorized ? "good" : "bad";
}
