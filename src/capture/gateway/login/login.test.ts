import { randomBytes } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serversHere, startServer, type TestServer } from "../catalog/postgres.testing.ts";
import { type Authority, authority, type Signed } from "./certificates.testing.ts";
import { loginLimits, type LoginOptions, scramVerifier, type UpstreamOptions } from "./index.ts";
import { isEncrypted, type Lodge, lodgeUser, openLodge } from "./lodge.testing.ts";
import { psql, readableKey } from "./psql.testing.ts";

let trusted: Authority;
let server: Signed;

beforeAll(() => {
  trusted = authority();
  server = trusted.sign("localhost", "DNS:localhost,IP:127.0.0.1");
});
afterAll(() => trusted.remove());

/** Its ligature tells whether both sides prepare passwords as RFC 4013 says: psql does, postgres.js doesn't. */
const password = "correct horse ♞ ﬁne";
const asciiPassword = "correct horse";

async function options(upstream: UpstreamOptions, tls: LoginOptions["tls"]): Promise<LoginOptions> {
  const verifier = await scramVerifier(password, randomBytes(16));
  const ada = lodgeUser({ name: "ada", method: { kind: "scram", verifier } });
  const late = lodgeUser({ name: "late", method: { kind: "scram", verifier }, validUntil: Date.now() - 1 });
  const plainVerifier = await scramVerifier(asciiPassword, randomBytes(16));
  const bob = lodgeUser({ name: "bob", method: { kind: "scram", verifier: plainVerifier } });
  return {
    listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
    tls,
    oidc: null,
    users: new Map([ada, bob, late].map((user) => [user.name, user])),
    upstream,
    limits: loginLimits,
  };
}

describe.each(serversHere())("logging in through the gateway at $name", ({ bin }) => {
  let real: TestServer;
  let plain: Lodge;
  let secure: Lodge;
  let upstream: UpstreamOptions;

  beforeAll(async () => {
    const hba = join(trusted.folder, `hba-${randomBytes(4).toString("hex")}`);
    const rules = [
      "host all postgres all trust",
      "hostssl all tls_agent all scram-sha-256",
      "hostnossl all tls_agent all reject",
      "host all all all scram-sha-256",
    ];
    writeFileSync(hba, `${rules.join("\n")}\n`);
    chmodSync(trusted.folder, 0o755);
    real = await startServer(bin, [
      `hba_file = '${hba}'`,
      "ssl = on",
      `ssl_cert_file = '${server.certFile}'`,
      `ssl_key_file = '${readableKey(server)}'`,
    ]);
    const owner = await real.connect();
    await owner.query("create role desk_agent login password 'of-the-desk'");
    await owner.query("create role tls_agent login password 'of-the-desk'");
    await owner.end();
    upstream = {
      address: { kind: "tcp", host: "localhost", port: real.port },
      tls: "verify-full",
      ca: trusted.ca,
      weak: [],
      databases: null,
      logins: new Map(
        ["desk_agent", "tls_agent"].map((name) => [name, { password: "of-the-desk", certificate: null }]),
      ),
      connectTimeMax: 10_000,
    };
    const tls = { cert: server.cert, key: server.key, ca: null, required: true };
    plain = await openLodge(await options({ ...upstream, tls: "disable" }, null), "desk_agent");
    secure = await openLodge(await options(upstream, tls), "tls_agent");
  });
  afterAll(async () => {
    await plain?.close();
    await secure?.close();
    await real?.stop();
  });

  it("psql gets in by SCRAM in the clear, and is the role's login at the server", async () => {
    expect(await psql(plain, { PGPASSWORD: password, PGSSLMODE: "disable" })).toEqual({
      out: "desk_agent",
      error: "",
    });
  });

  it("a wrong password, an unknown user and an expired login (CVE-2025-2291) are told the same, and recorded the same", async () => {
    const wrong = await psql(plain, { PGPASSWORD: "wrong" });
    const unknown = await psql(plain, { PGPASSWORD: password, PGUSER: "eve" });
    const expired = await psql(plain, { PGPASSWORD: password, PGUSER: "late" });
    expect(wrong.error).toContain('FATAL:  password authentication failed for user "ada"');
    expect(unknown.error.replaceAll("eve", "ada")).toBe(wrong.error);
    expect(expired.error.replaceAll("late", "ada")).toBe(wrong.error);
    expect(plain.refused.map(({ user, rule }) => [user, rule])).toEqual([
      ["ada", "wrong_password"],
      ["eve", "wrong_password"],
      ["late", "wrong_password"],
    ]);
  });

  it("psql gets in over TLS with its name checked and its channel bound, and the gateway likewise at the server", async () => {
    const strict = {
      PGPASSWORD: password,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: trusted.caFile,
      PGHOST: "localhost",
      PGCHANNELBINDING: "require",
    };
    const sql = "select session_user, ssl from pg_stat_ssl where pid = pg_backend_pid()";
    const lodge = { port: secure.port };
    const child = await psql(lodge, { ...strict, PGHOSTADDR: "127.0.0.1" }, sql);
    expect(child).toEqual({ out: "tls_agent|t", error: "" });
    expect(secure.accepted.at(-1)?.method).toBe("scram-sha-256-plus");
    expect(isEncrypted(secure.accepted.at(-1))).toBe(true);
  });

  it("without TLS nobody gets in where it is required, and prefer finds the way", async () => {
    const refused = await psql(secure, { PGPASSWORD: password, PGSSLMODE: "disable" });
    expect(refused.error).toContain("connection requires TLS");
    expect((await psql(secure, { PGPASSWORD: password, PGSSLMODE: "prefer" })).out).toBe("tls_agent");
    expect((await psql(plain, { PGPASSWORD: password, PGSSLMODE: "require" })).error).toContain(
      "server does not support SSL",
    );
  });

  it("node-postgres and postgres.js get in, with and without TLS", async () => {
    for (const [lodge, ssl] of [
      [plain, false],
      [secure, { ca: trusted.ca }],
    ] as const) {
      const client = new Client({
        host: "localhost",
        port: lodge.port,
        user: "bob",
        password: asciiPassword,
        database: "postgres",
        ssl,
      });
      await client.connect();
      expect((await client.query("select 1 + $1::int as n", [41])).rows).toEqual([{ n: 42 }]);
      await client.end();
      const sql = postgres({
        host: "localhost",
        port: lodge.port,
        user: "bob",
        password: asciiPassword,
        database: "postgres",
        ssl,
        max: 1,
      });
      expect([...(await sql`select ${"x"}::text as t`)]).toEqual([{ t: "x" }]);
      await sql.end();
    }
  });

  it("gives every place and key back when its clients have left, with and without TLS", async () => {
    for (const { door } of [plain, secure]) {
      await expect.poll(() => [door.places.handshakes, door.places.sessions]).toEqual([0, 0]);
      await expect.poll(() => door.services.cancelKeys.size).toBe(0);
    }
  });
});
