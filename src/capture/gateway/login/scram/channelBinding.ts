import { createHash, X509Certificate } from "node:crypto";

/**
 * `tls-server-end-point` (RFC 5929 section 4.1): the hash of the server's certificate by the hash of its own signature
 * algorithm, SHA-256 in place of MD5 and SHA-1. Null where the signature has no such hash (Ed25519), and then channel
 * binding can't be offered: OpenSSL and PostgreSQL say the same.
 */
export function serverEndPoint(certificate: Buffer): Buffer | null {
  const hash = signatureHash(certificate);
  return hash === null ? null : createHash(hash).update(certificate).digest();
}

/** The same for the first certificate of a PEM text. */
export function pemEndPoint(pem: string): Buffer | null {
  return serverEndPoint(new X509Certificate(pem).raw);
}

/** Object identifiers in DER, by what they stand for (RFC 4055, RFC 5758, RFC 8017). */
const hashByOid: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010104", "sha256"], // md5WithRSAEncryption
  ["2a864886f70d010105", "sha256"], // sha1WithRSAEncryption
  ["2a864886f70d01010e", "sha224"],
  ["2a864886f70d01010b", "sha256"],
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d0401", "sha256"], // ecdsa-with-SHA1
  ["2a8648ce3d040301", "sha224"],
  ["2a8648ce3d040302", "sha256"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
  ["608648016503040201", "sha256"], // the hashes themselves, as RSASSA-PSS names them
  ["608648016503040202", "sha384"],
  ["608648016503040203", "sha512"],
  ["608648016503040204", "sha224"],
]);
const rsassaPss = "2a864886f70d01010a";
const sequenceTag = 0x30;
const oidTag = 0x06;
const firstFieldTag = 0xa0;

interface Element {
  readonly tag: number;
  readonly body: Buffer;
  readonly after: Buffer;
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, parameters }, signature }. */
function signatureHash(certificate: Buffer): string | null {
  const whole = element(certificate, sequenceTag);
  const signed = whole === null ? null : element(whole.body, sequenceTag);
  const algorithm = signed === null ? null : element(signed.after, sequenceTag);
  const oid = algorithm === null ? null : element(algorithm.body, oidTag);
  if (oid === null) return null;
  const name = oid.body.toString("hex");
  return name === rsassaPss ? pssHash(oid.after) : (hashByOid.get(name) ?? null);
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] SEQUENCE { OBJECT IDENTIFIER }, ... }; without [0] it is SHA-1. */
function pssHash(parameters: Buffer): string | null {
  const fields = element(parameters, sequenceTag);
  if (fields === null) return null;
  const field = element(fields.body, firstFieldTag);
  if (field === null) return "sha256";
  const algorithm = element(field.body, sequenceTag);
  const oid = algorithm === null ? null : element(algorithm.body, oidTag);
  return oid === null ? null : (hashByOid.get(oid.body.toString("hex")) ?? null);
}

/** One DER element of this tag at the start of `from`; null if there is none, or it is longer than what is there. */
function element(from: Buffer, tag: number): Element | null {
  if (from.length < 2 || from[0] !== tag) return null;
  const short = from.readUInt8(1);
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  const start = 2 + lengthBytes;
  if (lengthBytes > 4 || from.length < start) return null;
  const length = lengthBytes === 0 ? short : from.readUIntBE(2, lengthBytes);
  if (short === 0x80 || from.length < start + length) return null;
  return { tag, body: from.subarray(start, start + length), after: from.subarray(start + length) };
}
