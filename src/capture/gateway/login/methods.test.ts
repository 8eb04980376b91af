import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serversHere, startServer, type TestServer } from "../catalog/postgres.testing.ts";
import { type Authority, authority, type Signed } from "./certificates.testing.ts";
import {
  connectUpstream,
  loginLimits,
  type LoginOptions,
  scramVerifier,
  sendCancel,
  type UpstreamOptions,
  type UserOptions,
} from "./index.ts";
import { type Lodge, lodgeUser, openLodge } from "./lodge.testing.ts";
import { psql, readableKey } from "./psql.testing.ts";

const issuer = generateKeyPairSync("ec", { namedCurve: "P-256" });
let trusted: Authority;
let strange: Authority;
let server: Signed;
const lodges: Lodge[] = [];

beforeAll(() => {
  trusted = authority();
  strange = authority("strange authority");
  chmodSync(trusted.folder, 0o755);
  server = trusted.sign("localhost", "DNS:localhost,IP:127.0.0.1");
});
afterAll(async () => {
  for (const lodge of lodges) await lodge.close();
  trusted.remove();
  strange.remove();
});

/** A real server that knows one login for each way to log in, on a port of its own. */
async function start(bin: string): Promise<TestServer> {
  const hba = join(trusted.folder, `hba-${randomBytes(4).toString("hex")}`);
  const rules = [
    "local all all trust",
    "host all postgres all trust",
    "host all by_md5 all md5",
    "host all by_cleartext all password",
    "hostssl all by_certificate all cert",
    "host all by_trust all trust",
    "host all all all scram-sha-256",
  ];
  writeFileSync(hba, `${rules.join("\n")}\n`);
  const real = await startServer(bin, [
    `hba_file = '${hba}'`,
    "ssl = on",
    `ssl_cert_file = '${server.certFile}'`,
    `ssl_key_file = '${readableKey(server)}'`,
    `ssl_ca_file = '${trusted.caFile}'`,
  ]);
  const owner = await real.connect();
  await owner.query("set password_encryption = 'md5'");
  await owner.query("create role by_md5 login password 'pencil'");
  await owner.query("set password_encryption = 'scram-sha-256'");
  for (const name of ["by_cleartext", "by_certificate", "by_trust", "by_scram"])
    await owner.query(`create role ${name} login password 'pencil'`);
  await owner.end();
  return real;
}

function upstreamOf(real: TestServer, changed: Partial<UpstreamOptions> = {}): UpstreamOptions {
  const names = ["by_md5", "by_cleartext", "by_certificate", "by_trust", "by_scram"];
  const certificate = trusted.sign("by_certificate", "");
  return {
    address: { kind: "tcp", host: "localhost", port: real.port },
    tls: "verify-full",
    ca: trusted.ca,
    weak: [],
    databases: null,
    logins: new Map(
      names.map((name) => [
        name,
        { password: "pencil", certificate: name === "by_certificate" ? certificate : null },
      ]),
    ),
    connectTimeMax: 10_000,
    ...changed,
  };
}

describe.each(serversHere())("the gateway at $name", ({ bin }) => {
  let real: TestServer;

  beforeAll(async () => {
    real = await start(bin);
  });
  afterAll(() => real?.stop());

  /** How logging in ended. */
  async function attempt(login: string, changed: Partial<UpstreamOptions> = {}): Promise<string> {
    const session = { login, database: "postgres", parameters: new Map([["application_name", "whosaw"]]) };
    const connection = await connectUpstream(upstreamOf(real, changed), session);
    if (connection.kind === "upstream_refusal") return connection.refusal.what;
    connection.stream.destroy();
    const { parameters, cancel, protocol } = connection;
    expect(parameters.get("application_name")).toBe("whosaw");
    expect(parameters.get("session_authorization")).toBe(login);
    // PostgreSQL 18 speaks 3.2, with long keys; the older ones say that they don't.
    expect([protocol, cancel?.key.length]).toEqual(real.major >= 18 ? [2, 32] : [0, 4]);
    return "in";
  }

  it("logs in by a weaker method only where it is configured, and by SCRAM and a certificate always", async () => {
    expect(await attempt("by_scram")).toBe("in");
    expect(await attempt("by_scram", { tls: "disable" })).toBe("in");
    expect(await attempt("by_certificate")).toBe("in");
    expect(await attempt("by_md5")).toContain("asks for md5");
    expect(await attempt("by_md5", { weak: ["md5"] })).toBe("in");
    expect(await attempt("by_cleartext")).toContain("asks for cleartext");
    expect(await attempt("by_cleartext", { weak: ["cleartext"] })).toBe("in");
    expect(await attempt("by_cleartext", { weak: ["cleartext"], tls: "disable" })).toContain("without TLS");
    expect(await attempt("by_trust")).toContain("asks for trust");
    expect(await attempt("by_trust", { weak: ["trust"] })).toBe("in");
    const wrong = new Map([["by_scram", { password: "wrong", certificate: null }]]);
    expect(await attempt("by_scram", { logins: wrong })).toContain(
      "refused the login (28P01): password authentication failed",
    );
  });

  it("believes the server's certificate as far as the mode says", async () => {
    // The server listens on IPv4 only, and its certificate doesn't name this form of its address.
    const unnamed = { address: { kind: "tcp", host: "::ffff:127.0.0.1", port: real.port } } as const;
    expect(await attempt("by_scram", { ...unnamed, tls: "verify-ca" })).toBe("in");
    expect(await attempt("by_scram", { ...unnamed, tls: "verify-full" })).toMatch(/TLS with .* failed/);
    expect(await attempt("by_scram", { ca: strange.ca })).toMatch(/TLS with .* failed/);
    expect(await attempt("by_scram", { ca: strange.ca, tls: "verify-ca" })).toMatch(/TLS with .* failed/);
    // As libpq: where authorities are named, `require` asks them too.
    expect(await attempt("by_scram", { ca: strange.ca, tls: "require" })).toMatch(/TLS with .* failed/);
    expect(await attempt("by_scram", { ca: null, tls: "require" })).toBe("in");
    expect(await attempt("by_scram", { ca: null, tls: "verify-full" })).toMatch(/TLS with .* failed/);
  });

  it("reaches the server by its Unix socket, and cancels there", async () => {
    const owner = await real.connect();
    const { rows } = await owner.query<{ readonly folder: string }>(
      "select current_setting('unix_socket_directories') as folder",
    );
    await owner.end();
    const path = join(rows[0]?.folder ?? "", `.s.PGSQL.${real.port}`);
    const changed: Partial<UpstreamOptions> = { address: { kind: "unix", path }, weak: ["trust"] };
    expect(await attempt("by_scram", changed)).toBe("in");
    expect(
      await sendCancel(upstreamOf(real, changed), { processId: 1, key: Buffer.alloc(4) }, () => true),
    ).toBe(null);
  });

  it("cancels over TLS", async () => {
    expect(await sendCancel(upstreamOf(real), { processId: 1, key: Buffer.alloc(32) }, () => true)).toBe(
      null,
    );
    expect(
      await sendCancel(
        upstreamOf(real, { ca: strange.ca }),
        { processId: 1, key: Buffer.alloc(4) },
        () => true,
      ),
    ).not.toBe(null);
  });
});

function shown(signed: Signed): Readonly<Record<string, string>> {
  return { PGSSLMODE: "require", PGSSLCERT: signed.certFile, PGSSLKEY: signed.keyFile };
}

function token(claims: Readonly<Record<string, unknown>>, from = "-1m", until = "5m"): Promise<string> {
  return new SignJWT({ email: "ada@example.com", iss: "https://login.example.com", aud: "whosaw", ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "k" })
    .setIssuedAt(from)
    .setExpirationTime(until)
    .sign(issuer.privateKey);
}

describe("psql, at a gateway that asks for", () => {
  let real: TestServer;
  let jwks = "";

  beforeAll(async () => {
    const [first] = serversHere();
    if (first === undefined) throw new Error("there is no PostgreSQL here");
    real = await start(first.bin);
    jwks = JSON.stringify({ keys: [{ ...(await exportJWK(issuer.publicKey)), alg: "ES256", kid: "k" }] });
  });
  afterAll(() => real?.stop());

  async function lodge(users: readonly UserOptions[], changed: Partial<LoginOptions> = {}): Promise<Lodge> {
    const opened = await openLodge(
      {
        listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
        tls: { cert: server.cert, key: server.key, ca: trusted.ca, required: false },
        oidc: {
          keys: { kind: "inline", text: jwks },
          issuer: "https://login.example.com",
          audience: "whosaw",
          algorithms: ["ES256"],
          lifeMax: 3_600_000,
          clockTolerance: 5_000,
          claim: "email",
        },
        users: new Map(users.map((user) => [user.name, user])),
        upstream: upstreamOf(real),
        limits: loginLimits,
        ...changed,
      },
      "by_scram",
    );
    lodges.push(opened);
    return opened;
  }

  it("a certificate gets in with one that names the user, by common or alternative name, and no other", async () => {
    const at = await lodge([
      lodgeUser({ name: "ada", method: { kind: "certificate", name: "ada@example.com" } }),
      lodgeUser({ name: "bob", method: { kind: "certificate", name: "bob" } }),
    ]);
    const ada = trusted.sign("somebody", "email:ada@example.com,DNS:ada.example.com");
    const bob = trusted.sign("bob", "");
    expect(await psql(at, shown(ada))).toEqual({ out: "by_scram", error: "" });
    expect((await psql(at, { ...shown(bob), PGUSER: "bob" })).out).toBe("by_scram");
    expect((await psql(at, shown(bob))).error).toContain('certificate authentication failed for user "ada"');
    expect((await psql(at, { PGSSLMODE: "require" })).error).toContain("requires a valid client certificate");
    expect((await psql(at, { PGSSLMODE: "disable" })).error).toContain("requires a valid client certificate");
    expect((await psql(at, shown(strange.sign("ada@example.com", "")))).error).toContain(
      "the client certificate is not valid",
    );
    expect((await psql(at, { ...shown(bob), PGUSER: "eve", PGPASSWORD: "x" })).error).toContain(
      "password authentication failed",
    );
    expect(at.refused.map(({ rule }) => rule)).toEqual([
      "certificate_of_another",
      "no_certificate",
      "no_certificate",
      "wrong_certificate",
      "wrong_password",
    ]);
    // An authority that only has the name of ours. OpenSSL breaks the connection then, and the reason doesn't get through.
    const pretender = authority();
    expect((await psql(at, shown(pretender.sign("ada@example.com", "email:ada@example.com")))).out).toBe("");
    expect(at.refused.at(-1)?.rule).toBe("wrong_certificate");
    pretender.remove();
    expect(at.accepted.map(({ method }) => method)).toEqual(["certificate", "certificate"]);
  });

  it("an OIDC token gets in with one for this user, over TLS only, and with no other", async () => {
    const at = await lodge([
      lodgeUser({ name: "ada", method: { kind: "token", subject: "ada@example.com" } }),
    ]);
    const tls = { PGSSLMODE: "require" };
    const good = await token({});
    expect(await psql(at, { ...tls, PGPASSWORD: good })).toEqual({ out: "by_scram", error: "" });
    const client = new Client({
      host: "localhost",
      port: at.port,
      user: "ada",
      password: good,
      database: "postgres",
      ssl: { ca: trusted.ca },
    });
    await client.connect();
    await client.end();
    expect((await psql(at, { PGSSLMODE: "disable", PGPASSWORD: good })).error).toContain("over TLS only");
    const failed = 'password authentication failed for user "ada"';
    for (const bad of [
      "nonsense",
      await token({ email: "eve@example.com" }),
      await token({ email_verified: false }),
      await token({}, "-2h", "-1h"),
      await token({ aud: "other" }),
      await token({}, "-1m", "2h"),
    ])
      expect((await psql(at, { ...tls, PGPASSWORD: bad })).error).toContain(failed);
    expect(at.refused.map(({ rule }) => rule)).toEqual([
      "token_without_tls",
      "token_malformed",
      "token_of_another",
      "token_of_another",
      "token_expired",
      "token_claim",
      "token_too_long_lived",
    ]);
    expect(at.accepted.map(({ method }) => method)).toEqual(["token", "token"]);
  });

  it("SCRAM with a certificate signed by SHA-512 binds its channel, and without TLS on a Unix socket it needs none", async () => {
    const user = lodgeUser({
      name: "ada",
      method: { kind: "scram", verifier: await scramVerifier("pencil", randomBytes(16)) },
    });
    const signed = trusted.sign("localhost", "DNS:localhost", "sha512");
    const tls = { cert: signed.cert, key: signed.key, ca: null, required: true };
    const at = await lodge([user], { tls });
    const bound = { PGPASSWORD: "pencil", PGSSLMODE: "require", PGCHANNELBINDING: "require" };
    expect((await psql(at, bound)).out).toBe("by_scram");
    expect(at.accepted.map(({ method }) => method)).toEqual(["scram-sha-256-plus"]);
    const local = await lodge([user], {
      tls,
      listen: { kind: "unix", path: join(trusted.folder, ".s.PGSQL.5432") },
    });
    expect(await psql({ host: trusted.folder, port: 5432 }, { PGPASSWORD: "pencil" })).toEqual({
      out: "by_scram",
      error: "",
    });
    expect(local.accepted.map(({ ip, method }) => [ip, method])).toEqual([["", "scram-sha-256"]]);
  });
});
