import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { refusal, type Refusal } from "../../base/index.ts";
import { formatVerifierKey, isKeyName, keyId } from "../../tlog/index.ts";

/** An approver's key as its owner holds it: Ed25519 in PEM, as `openssl genpkey -algorithm ed25519` makes it too. */
export interface ApproverKey {
  /** The public half under the approver's name, as entries hold it. Null for a name that no key can have. */
  readonly textFor: (name: string) => string | null;
  /** Base64 of the signature; null for a public key. */
  readonly agree: (text: string) => string | null;
}

const rawKeyBytes = 32;

/** Reads a private or a public key. A private one may be encrypted under a passphrase. */
export function readApproverKey(pem: string, passphrase: string | null): ApproverKey | Refusal {
  const key = keyIn(pem, passphrase);
  if (key?.asymmetricKeyType !== "ed25519")
    return isEncryptedKey(pem)
      ? refusal("input", "that passphrase does not open the key", "Give the one that it was made with.")
      : refusal(
          "input",
          "that is no Ed25519 key in PEM",
          "make one with `whosaw approver NAME --new FILE`, or `openssl genpkey -algorithm ed25519`",
        );
  const publicKey = (key.type === "private" ? createPublicKey(key) : key)
    .export({ format: "der", type: "spki" })
    .subarray(-rawKeyBytes);
  return {
    textFor: (name) =>
      isKeyName(name)
        ? formatVerifierKey({ name, type: "ed25519", id: keyId(name, "ed25519", publicKey), publicKey })
        : null,
    agree: (text) => (key.type === "private" ? sign(null, Buffer.from(text), key).toString("base64") : null),
  };
}

/** Whether a passphrase must be asked for. */
export function isEncryptedKey(pem: string): boolean {
  return pem.includes("ENCRYPTED");
}

function keyIn(pem: string, passphrase: string | null): KeyObject | null {
  try {
    return pem.includes("PRIVATE KEY")
      ? createPrivateKey({ key: pem, format: "pem", ...(passphrase === null ? {} : { passphrase }) })
      : createPublicKey({ key: pem, format: "pem" });
  } catch {
    return null;
  }
}

/** A new private key in PEM, encrypted if a passphrase is given. */
export function makeApproverKey(passphrase: string | null): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  const protection = passphrase === null ? {} : { cipher: "aes-256-cbc", passphrase };
  return privateKey.export({ format: "pem", type: "pkcs8", ...protection }).toString();
}
