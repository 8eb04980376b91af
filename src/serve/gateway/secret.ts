import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const secretBytes = 32;

/** What unknown users' salts are made of, the same at every start: else a user's existence could be told from a changing salt. */
export function mockSecret(data: string): Buffer {
  const file = join(data, "keys", "gateway.secret");
  try {
    const found = Buffer.from(readFileSync(file, "latin1").trim(), "base64");
    if (found.length === secretBytes) return found;
  } catch {
    // The first start: it is made now.
  }
  const made = randomBytes(secretBytes);
  writeFileSync(file, `${made.toString("base64")}\n`, { mode: 0o600 });
  return made;
}
