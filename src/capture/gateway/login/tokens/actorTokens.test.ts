import { createServer } from "node:https";
import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../../../base/index.ts";
import { type Authority, authority } from "../certificates.testing.ts";
import type { ActorTokenOptions, TokenKeys } from "../options.ts";
import { type ActorTokens, actorTokens, usedTokens } from "./actorTokens.ts";
import { staleTime } from "./tokenKeys.ts";

const issuer = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
let jwks = "";
let trusted: Authority;

beforeAll(async () => {
  trusted = authority();
  jwks = JSON.stringify({ keys: [{ ...(await exportJWK(issuer.publicKey)), kid: "k1", alg: "EdDSA" }] });
});
afterAll(() => trusted.remove());

const start = Date.UTC(2026, 0, 1);
const aud = "whosaw";
const iss = "https://issuer.example.com";

function options(changed: Partial<ActorTokenOptions> = {}): ActorTokenOptions {
  return {
    keys: { kind: "inline", text: jwks },
    issuer: iss,
    audience: aud,
    algorithms: ["EdDSA"],
    lifeMax: 300_000,
    clockTolerance: 5_000,
    use: "session",
    ...changed,
  };
}

let now = start;
async function opened(
  changed: Partial<ActorTokenOptions> = {},
  used = usedTokens(() => now),
): Promise<ActorTokens> {
  now = start;
  const tokens = await actorTokens(options(changed), () => now, used);
  if (isRefusal(tokens)) throw new Error(tokens.what);
  return tokens;
}

const unused = (): null => null;

let serial = 0;
/** A token that holds at `start`, but for what is changed; a claim of undefined is left out. */
async function signed(
  claims: Readonly<Record<string, unknown>> = {},
  key: KeyObject = issuer.privateKey,
): Promise<string> {
  const seconds = start / 1000;
  const all = { sub: "ada", jti: `t${serial++}`, iss, aud, iat: seconds, exp: seconds + 60, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
    .sign(key);
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

const rule = (name: string): unknown => ({ kind: "token_refusal", rule: name });

describe("a signed actor token", () => {
  it("says who reads, in what role and for which ticket", async () => {
    const { check } = await opened();
    expect(await check(await signed({ role: "lead", ticket: "T1" }), "s1")).toEqual({
      kind: "actor_claim",
      actor: "ada",
      role: "lead",
      ticket: "T1",
      expiresAt: start + 60_000,
    });
  });

  it("is refused when it is expired, not yet valid, too long-lived, or lacks a claim (evasion 54)", async () => {
    const { check } = await opened();
    const seconds = start / 1000;
    const cases: readonly [Readonly<Record<string, unknown>>, string][] = [
      [{ exp: seconds - 6 }, "token_expired"],
      [{ nbf: seconds + 60 }, "token_not_yet"],
      [{ iat: seconds + 60, exp: seconds + 120 }, "token_not_yet"],
      [{ exp: seconds + 301 }, "token_too_long_lived"],
      [{ exp: undefined }, "token_claim"],
      [{ iat: undefined }, "token_claim"],
      [{ jti: undefined }, "token_claim"],
      [{ sub: undefined }, "token_claim"],
      [{ sub: "" }, "token_claim"],
      [{ sub: "a\nb" }, "token_claim"],
      [{ role: 7 }, "token_claim"],
      [{ aud: "another" }, "token_claim"],
      [{ iss: "https://evil.example.com" }, "token_claim"],
    ];
    for (const [claims, name] of cases)
      expect([claims, await check(await signed(claims), "s")]).toEqual([claims, rule(name)]);
    expect((await check(await signed({ exp: seconds + 300 }), "s")).kind).toBe("actor_claim");
  });

  it("is refused when another signed it, changed it, or made the public key a secret (evasion 54)", async () => {
    const { check } = await opened();
    expect(await check(await signed({}, stranger.privateKey), "s")).toEqual(rule("token_signature"));
    const [header, , signature] = (await signed()).split(".");
    const forged = Buffer.from(
      JSON.stringify({ sub: "eve", iss, aud, iat: start / 1000, exp: start / 1000 + 60, jti: "x" }),
    );
    expect(await check([header, forged.toString("base64url"), signature].join("."), "s")).toEqual(
      rule("token_signature"),
    );
    const body = forged.toString("base64url");
    expect(await check(`${part({ alg: "none" })}.${body}.`, "s")).toEqual(rule("token_algorithm"));
    const hs = `${part({ alg: "HS256", kid: "k1" })}.${body}`;
    const mac = createHmac("sha256", issuer.publicKey.export({ format: "pem", type: "spki" }))
      .update(hs)
      .digest("base64url");
    expect(await check(`${hs}.${mac}`, "s")).toEqual(rule("token_algorithm"));
    for (const junk of ["", ".", "..", "a.b.c", "x".repeat(20_000)])
      expect((await check(junk, "s")).kind).toBe("token_refusal");
  });

  it("belongs to the session that showed it first, or to one use, as configured (evasion 54)", async () => {
    const bySession = await opened();
    const token = await signed();
    expect((await bySession.check(token, "s1")).kind).toBe("actor_claim");
    expect((await bySession.check(token, "s1")).kind).toBe("actor_claim");
    expect(await bySession.check(token, "s2")).toEqual(rule("token_replayed"));
    const once = await opened({ use: "once" });
    const shown = await Promise.all(Array.from({ length: 20 }, () => once.check(token, "s1")));
    expect(shown.filter(({ kind }) => kind === "actor_claim")).toHaveLength(1);
    const life = await opened({ use: "life" });
    for (const session of ["s1", "s2"]) expect((await life.check(token, session)).kind).toBe("actor_claim");
  });

  it("that was used at one pool, or before the configuration changed, is used for all who share the memory", async () => {
    const memory = usedTokens(() => now);
    const before = await opened({ use: "once" }, memory);
    const after = await opened({ use: "once" }, memory);
    const another = await opened({ use: "once", issuer: "another" }, memory);
    const token = await signed({ jti: "shared" });
    expect((await before.check(token, "s1")).kind).toBe("actor_claim");
    expect(await after.check(token, "s1")).toEqual(rule("token_replayed"));
    expect((await another.check(await signed({ jti: "shared", iss: "another" }), "s1")).kind).toBe(
      "actor_claim",
    );
  });

  it("that was checked before still ends when it expires", async () => {
    const { check } = await opened({ use: "life" });
    const token = await signed();
    expect((await check(token, "s")).kind).toBe("actor_claim");
    now = start + 66_000;
    expect(await check(token, "s")).toEqual(rule("token_expired"));
  });

  it("costs little when it was checked before", async () => {
    const { check } = await opened();
    const token = await signed();
    await check(token, "s");
    const from = performance.now();
    for (let each = 0; each < 20_000; each++) await check(token, "s");
    expect((performance.now() - from) / 20_000).toBeLessThan(0.1);
  });
});

describe("an issuer's keys", () => {
  it("that hold a secret, or are no JWKS, are refused at the start", async () => {
    const secret = JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] });
    const priv = JSON.stringify({ keys: [await exportJWK(issuer.privateKey)] });
    for (const text of [secret, priv, "{}", "nonsense", JSON.stringify({ keys: ["x"] })])
      expect(
        isRefusal(await actorTokens(options({ keys: { kind: "inline", text } }), Date.now, unused)),
      ).toBe(true);
    const keys: TokenKeys = { kind: "file", path: join(trusted.folder, "missing.json") };
    expect(isRefusal(await actorTokens(options({ keys }), Date.now, unused))).toBe(true);
  });

  it("are read from a file again when a key is missing, but not at every stranger's wish", async () => {
    const path = join(trusted.folder, "jwks.json");
    writeFileSync(path, jwks.replace('"k1"', '"k0"'));
    const { check } = await opened({ keys: { kind: "file", path } });
    const token = await signed();
    expect(await check(token, "s")).toEqual(rule("token_signature"));
    writeFileSync(path, jwks);
    expect(await check(token, "s")).toEqual(rule("token_signature"));
    now = start + 31_000;
    expect((await check(token, "s")).kind).toBe("actor_claim");
  });

  it("that can't be read again are believed for an hour, and not for as long as somebody keeps us from them", async () => {
    const path = join(trusted.folder, "gone.json");
    writeFileSync(path, jwks);
    const { check } = await opened({ keys: { kind: "file", path } });
    rmSync(path);
    const at = async (millis: number): Promise<unknown> => {
      now = start + millis;
      const seconds = now / 1000;
      return check(await signed({ iat: seconds, exp: seconds + 60 }), "s");
    };
    expect(await at(staleTime)).toMatchObject({ kind: "actor_claim" });
    expect(await at(staleTime + 1_000)).toEqual(rule("token_keys"));
    writeFileSync(path, jwks);
    expect(await at(2 * staleTime)).toMatchObject({ kind: "actor_claim" });
  });

  it("are fetched over https from who the authority signed for, within their size, and not by redirect", async () => {
    const { cert, key } = trusted.sign("localhost", "DNS:localhost");
    const server = createServer({ cert, key }, (asked, answer) => {
      if (asked.url === "/jwks") answer.end(jwks);
      else if (asked.url === "/large") answer.end(" ".repeat(300_000) + jwks);
      else answer.writeHead(302, { location: "/jwks" }).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const answers = async (path: string, ca: string | null, scheme = "https"): Promise<string> => {
      const keys: TokenKeys = { kind: "url", url: `${scheme}://localhost:${port}${path}`, ca };
      const { check } = await opened({ keys });
      const answer = await check(await signed(), "s");
      return answer.kind === "token_refusal" ? answer.rule : answer.kind;
    };
    expect(await answers("/jwks", trusted.ca)).toBe("actor_claim");
    expect(await answers("/jwks", null)).toBe("token_keys");
    expect(await answers("/large", trusted.ca)).toBe("token_keys");
    expect(await answers("/elsewhere", trusted.ca)).toBe("token_keys");
    expect(await answers("/jwks", trusted.ca, "http")).toBe("token_keys");
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});
