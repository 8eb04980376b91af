import { readFileSync, writeFileSync } from "node:fs";
import { type Refusal, isRefusal, refusal } from "../../../base/index.ts";
import { type ApproverKey, isEncryptedKey, makeApproverKey, readApproverKey } from "../../../serve/index.ts";
import { askPassphrase } from "../../terminal/passphrase.ts";

/** Reads an approver's key from a PEM file, asking for its passphrase if it has one. */
export async function keyFrom(file: string): Promise<ApproverKey | Refusal> {
  const pem = textOf(file);
  if (pem === null) return refusal("input", `can't read ${file}`, "Name a key file that exists.");
  if (!isEncryptedKey(pem)) return readApproverKey(pem, null);
  const passphrase = await askPassphrase(`passphrase of ${file}: `);
  return isRefusal(passphrase) ? passphrase : readApproverKey(pem, passphrase);
}

/** Makes a key file that only its owner may read. One that is there is never overwritten. */
export async function newKeyIn(file: string): Promise<ApproverKey | Refusal> {
  const passphrase = await askPassphrase(`a passphrase for ${file} (empty: none): `);
  if (isRefusal(passphrase)) return passphrase;
  const pem = makeApproverKey(passphrase === "" ? null : passphrase);
  try {
    writeFileSync(file, pem, { flag: "wx", mode: 0o600 });
  } catch (error) {
    return refusal(
      "input",
      `can't write ${file}: ${error instanceof Error ? error.message : String(error)}`,
      "Name a file that isn't there yet.",
    );
  }
  return readApproverKey(pem, passphrase);
}

const signatureBytes = 64;

/** A signature made elsewhere: 64 raw bytes as openssl writes them, or their base64. Gives base64. */
export function signatureFrom(file: string): string | Refusal {
  try {
    const bytes = readFileSync(file);
    const signature =
      bytes.length === signatureBytes ? bytes : Buffer.from(bytes.toString("latin1").trim(), "base64");
    return signature.length === signatureBytes
      ? signature.toString("base64")
      : refusal("input", `${file} holds no Ed25519 signature`, "It has 64 bytes, or is their base64.");
  } catch {
    return refusal("input", `can't read ${file}`, "Name a file that exists.");
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
