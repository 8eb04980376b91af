import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nonceCharsMax, saltBytesMax } from "./attributes.ts";
import { pemEndPoint, serverEndPoint } from "./channelBinding.ts";
import { preparedPassword } from "./saslprep.ts";
import {
  type ClientBinding,
  iterationsMax,
  iterationsMin,
  scramFirst,
  scramProof,
  serverChallenge,
  serverProved,
} from "./scramClient.ts";
import { scramChallenge, scramPlain, scramPlus, type ScramServer, scramVerdict } from "./scramServer.ts";
import { parseVerifier, saltedPassword, scramVerifier, type ScramVerifier } from "./verifier.ts";

/** The exchange of RFC 7677 section 3. */
const rfc = {
  clientNonce: "rOprNGfwEbeRWgbNEkqO",
  serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  salt: Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"),
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  clientFinal:
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

async function verifierOf(password: string, salt = rfc.salt): Promise<ScramVerifier> {
  const verifier = parseVerifier(await scramVerifier(password, salt));
  if (verifier === null) throw new Error("the verifier that was just made can't be read");
  return verifier;
}

async function serverOf(changed: Partial<ScramServer> = {}): Promise<ScramServer> {
  return {
    verifier: await verifierOf("pencil"),
    mock: false,
    binding: null,
    nonce: rfc.serverNonce,
    ...changed,
  };
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe("SCRAM-SHA-256", () => {
  it("says what RFC 7677's server says, and believes its client", async () => {
    const server = await serverOf();
    const challenge = scramChallenge(server, scramPlain, bytes(rfc.clientFirst));
    if (challenge.kind === "failed") throw new Error(challenge.why);
    expect(challenge.serverFirst).toBe(rfc.serverFirst);
    expect(scramVerdict(server, challenge, bytes(rfc.clientFinal))).toEqual({
      kind: "proved",
      serverFinal: rfc.serverFinal,
    });
  });

  it("says what RFC 7677's client says, and believes its server", async () => {
    const client = { name: "user", binding: { flag: "n" }, nonce: rfc.clientNonce } as const;
    expect(scramFirst(client)).toBe(rfc.clientFirst);
    const challenge = serverChallenge(client, bytes(rfc.serverFirst));
    if (challenge === null) throw new Error("refused");
    const proof = scramProof(
      client,
      challenge,
      await saltedPassword("pencil", challenge.salt, challenge.iterations),
    );
    expect(proof.clientFinal).toBe(rfc.clientFinal);
    expect(serverProved(proof, bytes(rfc.serverFinal))).toBe(true);
    for (const wrong of [
      "",
      "v=",
      "e=other-error",
      rfc.serverFinal.replace("6", "7"),
      `x=${rfc.serverFinal}`,
    ])
      expect(serverProved(proof, bytes(wrong))).toBe(false);
  });

  it("makes verifiers in the form of pg_authid, and reads no other", async () => {
    const verifier = await scramVerifier("pencil", rfc.salt);
    expect(verifier).toMatch(
      /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    );
    for (const wrong of [
      "",
      "md5abc",
      verifier.slice(0, -1),
      `${verifier} `,
      verifier.replace("4096", "0"),
      verifier.replace("$4096", "$04096"),
      verifier.replace("256", "1"),
    ])
      expect(parseVerifier(wrong)).toBe(null);
  });

  it("lets in who knows the password, bound or not, and nobody else", async () => {
    const passwords = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    const bindings = fc.constantFrom<ClientBinding>({ flag: "n" }, { flag: "p", data: bytes("end point") });
    await fc.assert(
      fc.asyncProperty(passwords, passwords, bindings, async (right, given, binding) => {
        const server = await serverOf({ verifier: await verifierOf(right), binding: bytes("end point") });
        const same = preparedPassword(right) === preparedPassword(given);
        expect(await exchange(server, given, binding)).toBe(same ? "proved" : "wrong_proof");
        expect(await exchange(server, right, binding)).toBe("proved");
      }),
      { numRuns: 60 },
    );
  });

  it("is refused when somebody in the middle has another certificate, or struck channel binding out", async () => {
    const server = await serverOf({ binding: bytes("ours") });
    expect(await exchange(server, "pencil", { flag: "p", data: bytes("another's") })).toBe(
      "binding_mismatch",
    );
    expect(await exchange(server, "pencil", { flag: "y" })).toBe("binding_downgrade");
    expect(await exchange(await serverOf(), "pencil", { flag: "y" })).toBe("proved");
  });

  it("refuses whoever is only a mock, even with the right proof", async () => {
    expect(await exchange(await serverOf({ mock: true }), "pencil", { flag: "n" })).toBe("wrong_proof");
  });

  it("refuses messages that are not exactly the grammar's", async () => {
    const server = await serverOf({ binding: bytes("ours") });
    const first = (mechanism: string, text: string): string => {
      const answer = scramChallenge(server, mechanism, bytes(text));
      return answer.kind === "failed" ? answer.why : answer.kind;
    };
    for (const text of [
      "",
      "n",
      "n,",
      "n,,",
      "n,,n=",
      "n,,n=,r=",
      "n,,r=abc",
      "n,,m=x,n=,r=abc",
      "x,,n=,r=abc",
      "n,,n=,r=a\0b",
      "n,,n=,r=ä",
      "n,,n=,r=\u007f",
      "p=,,n=,r=abc",
      "n,b=x,n=,r=abc",
    ])
      expect([text, first(scramPlain, text)]).toEqual([text, "malformed"]);
    expect(first(scramPlain, "n,a=eve,n=,r=abc")).toBe("authorization_identity");
    expect(first(scramPlain, "p=tls-server-end-point,,n=,r=abc")).toBe("malformed");
    expect(first(scramPlus, "n,,n=,r=abc")).toBe("malformed");
    expect(first(scramPlus, "p=tls-unique,,n=,r=abc")).toBe("binding_mismatch");
    expect(first("SCRAM-SHA-1", "n,,n=,r=abc")).toBe("unknown_mechanism");
    expect(scramChallenge(server, scramPlain, Buffer.from([0xff, 0x2c, 0x2c]))).toMatchObject({
      why: "malformed",
    });
    // CVE-2026-6664: a nonce of any length.
    expect(first(scramPlain, `n,,n=,r=${"x".repeat(nonceCharsMax)}`)).toBe("challenge");
    expect(first(scramPlain, `n,,n=,r=${"x".repeat(nonceCharsMax + 1)}`)).toBe("malformed");
  });

  it("refuses a last message with another nonce, a proof of another length, or no proof", async () => {
    const server = await serverOf();
    const challenge = scramChallenge(server, scramPlain, bytes(rfc.clientFirst));
    if (challenge.kind === "failed") throw new Error(challenge.why);
    const last = (text: string): string => {
      const answer = scramVerdict(server, challenge, bytes(text));
      return answer.kind === "failed" ? answer.why : answer.kind;
    };
    expect(last(rfc.clientFinal.replace("%hv", "%hw"))).toBe("wrong_nonce");
    expect(last(rfc.clientFinal.replace("biws", "eSws"))).toBe("binding_mismatch");
    expect(last(rfc.clientFinal.replace("c=biws,", ""))).toBe("malformed");
    expect(last(rfc.clientFinal.replace(/,p=.*/, ""))).toBe("malformed");
    expect(last(rfc.clientFinal.replace("dHzb", ""))).toBe("malformed");
    expect(last(rfc.clientFinal.replace("dHzb", "dHzc"))).toBe("wrong_proof");
    expect(last(`${rfc.clientFinal}==`)).toBe("malformed");
  });

  it("never throws, whatever the bytes", async () => {
    const server = await serverOf({ binding: bytes("ours") });
    const challenge = scramChallenge(server, scramPlain, bytes(rfc.clientFirst));
    if (challenge.kind === "failed") throw new Error(challenge.why);
    const client = { name: "", binding: { flag: "n" }, nonce: rfc.clientNonce } as const;
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
      fc
        .array(fc.constantFrom("n,,", "c=", "r=", "s=", "p=", ",", "=", "i=1", rfc.clientNonce), {
          maxLength: 12,
        })
        .map((parts) => bytes(parts.join(""))),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(scramPlain, scramPlus, ""), (message, mechanism) => {
        expect(scramChallenge(server, mechanism, message).kind).toMatch(/failed|challenge/);
        expect(scramVerdict(server, challenge, message).kind).toBe("failed");
        serverChallenge(client, message);
      }),
      { numRuns: 2_000 },
    );
  });
});

async function exchange(server: ScramServer, password: string, binding: ClientBinding): Promise<string> {
  const client = { name: "", binding, nonce: "abc" };
  const challenge = scramChallenge(
    server,
    binding.flag === "p" ? scramPlus : scramPlain,
    bytes(scramFirst(client)),
  );
  if (challenge.kind === "failed") return challenge.why;
  const read = serverChallenge(client, bytes(challenge.serverFirst));
  if (read === null) return "client refused";
  const proof = scramProof(client, read, await saltedPassword(password, read.salt, read.iterations));
  const verdict = scramVerdict(server, challenge, bytes(proof.clientFinal));
  if (verdict.kind === "failed") return verdict.why;
  return serverProved(proof, bytes(verdict.serverFinal)) ? "proved" : "server not believed";
}

const hostile = { name: "", binding: { flag: "n" }, nonce: "abc" } as const;

function challenges(text: string): boolean {
  return serverChallenge(hostile, bytes(text)) !== null;
}

function challengesAt(nonce: string, salt: string, iterations: number): boolean {
  return challenges(`r=${nonce},s=${salt},i=${iterations}`);
}

function saltOf(length: number): string {
  return Buffer.alloc(length, 1).toString("base64");
}

describe("a hostile server's challenge", () => {
  it("is taken up to each limit and not beyond (CVE-2026-6665)", () => {
    expect(challengesAt(`abc${"x".repeat(nonceCharsMax - 3)}`, saltOf(16), 4096)).toBe(true);
    expect(challengesAt(`abc${"x".repeat(nonceCharsMax - 2)}`, saltOf(16), 4096)).toBe(false);
    expect(challengesAt("abcd", saltOf(saltBytesMax), 4096)).toBe(true);
    expect(challengesAt("abcd", saltOf(saltBytesMax + 1), 4096)).toBe(false);
    expect(challengesAt("abcd", saltOf(16), iterationsMin)).toBe(true);
    expect(challengesAt("abcd", saltOf(16), iterationsMin - 1)).toBe(false);
    expect(challengesAt("abcd", saltOf(16), iterationsMax)).toBe(true);
    expect(challengesAt("abcd", saltOf(16), iterationsMax + 1)).toBe(false);
  });

  it("is refused if it doesn't answer this client, or is malformed", () => {
    for (const text of [
      "",
      `r=abc,s=${saltOf(16)},i=4096`,
      `r=xyzabc,s=${saltOf(16)},i=4096`,
      "r=abcd,s=,i=4096",
      "r=abcd,s=A,i=4096",
      `r=abcd,s=${saltOf(16)},i=04096`,
      `r=abcd,s=${saltOf(16)},i=4096x`,
      `m=x,r=abcd,s=${saltOf(16)},i=4096`,
    ])
      expect([text, challenges(text)]).toEqual([text, false]);
  });
});

describe("passwords", () => {
  it("are prepared as RFC 4013's examples are, and taken as they are where it forbids them", () => {
    const examples: readonly [string, string][] = [
      ["I\u00adX", "IX"],
      ["user", "user"],
      ["USER", "USER"],
      ["\u00aa", "a"],
      ["\u2168", "IX"],
      ["\u0007", "\u0007"],
      ["\u0627\u0031", "\u0627\u0031"],
      ["a\u00a0b", "a b"],
      ["\u0627\ufb50\u0628", "\u0627\u0671\u0628"],
      ["\u00ad", "\u00ad"],
      ["\ufb01x\ue000", "\ufb01x\ue000"],
    ];
    for (const [given, prepared] of examples) expect(preparedPassword(given)).toBe(prepared);
  });
});

describe("the end point that a channel is bound to", () => {
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const pss = ["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"];

  it.each([
    ["sha256", ["-newkey", "rsa:2048", "-sha256"]],
    ["sha384", ["-newkey", "rsa:2048", "-sha384"]],
    ["sha512", ["-newkey", "rsa:2048", "-sha512"]],
    ["sha256", [...ec, "-sha256"]],
    ["sha384", [...ec, "-sha384"]],
    ["sha256", [...ec, "-sha1"]],
    ["sha384", [...pss, "-sha384"]],
    ["sha256", [...pss, "-sha256"]],
  ])("is the certificate's hash by %s for %j", (hash, args) => {
    const pem = made(...args);
    expect(pemEndPoint(pem)).toEqual(createHash(hash).update(new X509Certificate(pem).raw).digest());
  });

  it("does not exist for Ed25519, nor for bytes that are no certificate", () => {
    const pem = made("-newkey", "ed25519");
    expect(pemEndPoint(pem)).toBe(null);
    const raw = new X509Certificate(made(...ec)).raw;
    for (let length = 0; length < raw.length - 80; length += 7) serverEndPoint(raw.subarray(0, length));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => serverEndPoint(Buffer.from(array)) === null),
    );
  });
});

function made(...args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-cert-"));
  const name = [
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
    "-keyout",
    join(folder, "key"),
    "-out",
    join(folder, "crt"),
  ];
  execFileSync("openssl", ["req", "-x509", ...args, ...name], { stdio: "pipe" });
  const pem = readFileSync(join(folder, "crt"), "utf8");
  rmSync(folder, { recursive: true });
  return pem;
}
