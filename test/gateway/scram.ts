import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** A client's half of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). */
export interface Scram {
  readonly first: string;
  /** The answer to the server's first message. */
  readonly final: (serverFirst: string) => string;
}

const hmac = (key: Buffer, what: string): Buffer => createHmac("sha256", key).update(what).digest();

export function scram(password: string): Scram {
  const bare = `n=,r=${randomBytes(18).toString("base64")}`;
  return {
    first: `n,,${bare}`,
    final: (serverFirst) => {
      const said = new Map(serverFirst.split(",").map((part) => [part[0], part.slice(2)]));
      const salt = Buffer.from(said.get("s") ?? "", "base64");
      const salted = pbkdf2Sync(password, salt, Number(said.get("i")), 32, "sha256");
      const clientKey = hmac(salted, "Client Key");
      const withoutProof = `c=biws,r=${said.get("r") ?? ""}`;
      const stored = createHash("sha256").update(clientKey).digest();
      const signature = hmac(stored, `${bare},${serverFirst},${withoutProof}`);
      const proof = clientKey.map((byte, at) => byte ^ signature[at]!);
      return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
    },
  };
}
