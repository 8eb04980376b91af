/**
 * The texts of SCRAM (RFC 5802 section 5): `letter=value` between commas. Read strictly and in the order that the grammar
 * gives, because every laxness is a second reading of the same bytes.
 */

/** Characters of a nonce: our choice; libpq and the JVM send 24 to 48. A longer one is an attack (CVE-2026-6664, CVE-2026-6665). */
export const nonceCharsMax = 512;
/** Bytes of a salt: our choice; PostgreSQL's are 16. */
export const saltBytesMax = 256;

/** Printable ASCII without the comma, as the grammar's `printable`. */
const printable = /^[\x21-\x2b\x2d-\x7e]+$/;
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The value of the attribute that must stand first in `parts`, which loses it; null if another, or none, stands there. */
export function takeAttribute(parts: string[], letter: string): string | null {
  const first = parts[0];
  if (first === undefined || !first.startsWith(`${letter}=`)) return null;
  parts.shift();
  return first.slice(2);
}

export function isNonce(text: string): boolean {
  return text.length <= nonceCharsMax && printable.test(text);
}

/** The bytes of canonical base64, null for anything else: two texts must not mean the same proof. */
export function base64Bytes(text: string): Buffer | null {
  if (!base64Form.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}
