import { createServer, type Socket } from "node:net";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type BackendMessage, encodeBackend, Writer } from "../../../../wire/index.ts";
import type { UpstreamOptions, WeakMethod } from "../options.ts";
import { scramChallenge, scramPlain, scramVerdict } from "../scram/scramServer.ts";
import { parseVerifier, scramVerifier } from "../scram/verifier.ts";
import { connectUpstream } from "./connectUpstream.ts";
import { sendCancel } from "./sendCancel.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** What a server sends after each chunk that it gets: bytes, or null to hang up. */
type Script = readonly (Buffer | null | ((got: Buffer) => Buffer))[];

/** A server that only plays its script. @returns its port, and every byte that it got. */
async function fake(script: Script): Promise<{ readonly port: number; readonly got: () => Buffer }> {
  const got: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let step = 0;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      got.push(chunk);
      const answer = script[step++];
      if (answer === null) socket.destroy();
      else if (answer !== undefined) socket.write(typeof answer === "function" ? answer(chunk) : answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  const address = server.address();
  return { port: typeof address === "object" ? (address?.port ?? 0) : 0, got: () => Buffer.concat(got) };
}

function options(port: number, changed: Partial<UpstreamOptions> = {}): UpstreamOptions {
  return {
    address: { kind: "tcp", host: "127.0.0.1", port },
    tls: "disable",
    ca: null,
    weak: [],
    databases: null,
    logins: new Map([
      ["agent", { password: "pencil", certificate: null }],
      ["nobody", { password: null, certificate: null }],
    ]),
    connectTimeMax: 3_000,
    ...changed,
  };
}

/** How logging in at a server that plays this script ends. */
async function outcome(
  script: Script,
  changed: Partial<UpstreamOptions> = {},
  login = "agent",
): Promise<string> {
  const { port } = await fake(script);
  const session = { login, database: "desk", parameters: new Map() };
  const connection = await connectUpstream(options(port, changed), session);
  if (connection.kind === "upstream_refusal")
    return `${connection.sqlstate} ${connection.refusal.what.replace(/^.*failed: /, "")}`;
  connection.stream.destroy();
  return "in";
}

function message(...messages: readonly BackendMessage[]): Buffer {
  const to = new Writer();
  for (const each of messages) if (encodeBackend(each, to) !== null) throw new Error(each.kind);
  return to.take();
}

const ok: BackendMessage = { from: "backend", kind: "AuthenticationOk" };
const ready: BackendMessage = { from: "backend", kind: "ReadyForQuery", status: "idle" };
const key: BackendMessage = {
  from: "backend",
  kind: "BackendKeyData",
  processId: 7,
  key: Buffer.alloc(32, 1),
};
const sasl = (...mechanisms: readonly string[]): Buffer =>
  message({ from: "backend", kind: "AuthenticationSASL", mechanisms });
const challenge = (text: string): Buffer =>
  message({ from: "backend", kind: "AuthenticationSASLContinue", data: Buffer.from(text) });
const final = (text: string): BackendMessage => ({
  from: "backend",
  kind: "AuthenticationSASLFinal",
  data: Buffer.from(text),
});
const trust: readonly WeakMethod[] = ["trust"];
const nonceOf = (got: Buffer): string => /r=([^,]+)$/.exec(got.toString("latin1"))?.[1] ?? "";
const salt = Buffer.alloc(16, 2).toString("base64");

describe("a server that lies about TLS", () => {
  it("is left before a password is sent (CVE-2021-23222, CVE-2024-10977)", async () => {
    const modes = ["require", "verify-ca", "verify-full"] as const;
    for (const tls of modes) {
      expect(await outcome([Buffer.from("N")], { tls })).toMatch(/08001 .*doesn't offer TLS/);
      expect(await outcome([Buffer.concat([Buffer.from("S"), sasl("SCRAM-SHA-256")])], { tls })).toMatch(
        /bytes_before_encryption/,
      );
      expect(await outcome([Buffer.concat([Buffer.from("N"), sasl("SCRAM-SHA-256")])], { tls })).toMatch(
        /bytes_before_encryption/,
      );
      expect(await outcome([Buffer.from("E\0\0\0\x08oops")], { tls })).toMatch(/08001/);
      expect(await outcome([Buffer.from("G")], { tls })).toMatch(/08001/);
      expect(await outcome([Buffer.from("S"), Buffer.from("not TLS at all")], { tls })).toMatch(
        /08001 ERR_SSL_WRONG_VERSION_NUMBER/,
      );
    }
  });
});

describe("a server that wants less than a proof", () => {
  it("gets no password by a weaker method than is configured, and none in the clear", async () => {
    const cleartext = message({ from: "backend", kind: "AuthenticationCleartextPassword" });
    const md5 = message({ from: "backend", kind: "AuthenticationMD5Password", salt: Buffer.alloc(4) });
    expect(await outcome([cleartext, message(ok, ready)])).toMatch(/without TLS/);
    expect(await outcome([cleartext, message(ok, ready)], { weak: ["cleartext"] })).toMatch(/without TLS/);
    expect(await outcome([md5, message(ok, ready)])).toMatch(/asks for md5, which/);
    expect(await outcome([md5, message(ok, ready)], { weak: ["md5"] })).toBe("in");
    expect(await outcome([message(ok, ready)])).toMatch(/asks for trust, which/);
    expect(await outcome([message(ok, ready)], { weak: trust })).toBe("in");
    expect(await outcome([md5], { weak: ["md5"] }, "nobody")).toMatch(/none is configured/);
    for (const kind of ["AuthenticationGSS", "AuthenticationSSPI", "AuthenticationKerberosV5"] as const)
      expect(await outcome([message({ from: "backend", kind })])).toMatch(new RegExp(`asks for ${kind}`));
  });

  it("is not believed without its own proof of the password", async () => {
    const start = sasl("SCRAM-SHA-256");
    const good = (got: Buffer): Buffer => challenge(`r=${nonceOf(got)}abc,s=${salt},i=4096`);
    expect(await outcome([start, message(ok, ready)])).toMatch(/says AuthenticationOk/);
    expect(await outcome([start, good, message(ok, ready)])).toMatch(/could not prove/);
    expect(await outcome([start, good, message(final("v=AAAA"), ok, ready)])).toMatch(/could not prove/);
    expect(await outcome([start, good, message(final("e=other-error"))])).toMatch(/could not prove/);
    expect(await outcome([sasl("SCRAM-SHA-1")])).toMatch(/offers no SCRAM-SHA-256/);
    expect(await outcome([sasl("SCRAM-SHA-256-PLUS")])).toMatch(/offers no SCRAM-SHA-256/);
    expect(await outcome([start, challenge(`r=other,s=${salt},i=4096`)])).toMatch(/challenge/);
  });

  it("is believed with it, by a server of our own", async () => {
    const verifier = parseVerifier(await scramVerifier("pencil", Buffer.alloc(16, 2)));
    if (verifier === null) throw new Error("the verifier can't be read");
    const server = { verifier, mock: false, binding: null, nonce: "abc" };
    let asked: ReturnType<typeof scramChallenge> | null = null;
    const first = (got: Buffer): Buffer => {
      asked = scramChallenge(server, scramPlain, got.subarray(got.indexOf("n,,")));
      return challenge(asked.kind === "challenge" ? asked.serverFirst : "");
    };
    const last = (got: Buffer): Buffer => {
      const verdict = asked?.kind === "challenge" ? scramVerdict(server, asked, got.subarray(5)) : null;
      return message(final(verdict?.kind === "proved" ? verdict.serverFinal : ""), ok, key, ready);
    };
    expect(await outcome([sasl("SCRAM-SHA-256"), first, last])).toBe("in");
  });

  it("does not make the gateway work for it: nonce, salt and iterations have limits (CVE-2026-6665)", async () => {
    const start = sasl("SCRAM-SHA-256");
    const from = performance.now();
    expect(await outcome([start, (got) => challenge(`r=${nonceOf(got)}abc,s=${salt},i=2147483647`)])).toMatch(
      /iterations/,
    );
    expect(await outcome([start, (got) => challenge(`r=${nonceOf(got)}abc,s=${salt},i=1`)])).toMatch(
      /iterations/,
    );
    expect(
      await outcome([start, (got) => challenge(`r=${nonceOf(got)}${"x".repeat(1_500)},s=${salt},i=4096`)]),
    ).toMatch(/challenge/);
    const long = Buffer.from(`520000ffff0000000b${"78".repeat(70_000)}`, "hex");
    expect(await outcome([start, long])).toMatch(/length_over_max/);
    expect(performance.now() - from).toBeLessThan(3_000);
  });
});

/** An ErrorResponse with just these fields, which no encoder of ours would write. */
function error(fields: string): Buffer {
  const body = Buffer.from(fields, "latin1");
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

describe("a server that talks nonsense", () => {
  it("is a refusal, never a crash: an error without SQLSTATE (CVE-2026-6666), wrong keys, endless settings", async () => {
    expect(await outcome([error("SFATAL\0Mno code\0\0")])).toMatch(/08001 missing_field/);
    expect(await outcome([error("\0")])).toMatch(/08001 missing_field/);
    expect(await outcome([error("SFATAL\0C28P01\0Mno\0\0")])).toMatch(/^28P01 .*: no$/);
    expect(await outcome([error("SFATAL\0CP0001\0Mada@example.com\0\0")])).not.toMatch(/example/);
    const keyOf = (length: number): Buffer => {
      const head = Buffer.from("4b0000000000000007", "hex");
      head.writeUInt32BE(8 + length, 1);
      return Buffer.concat([message(ok), head, Buffer.alloc(length, 1), message(ready)]);
    };
    const weak = { weak: trust };
    expect(await outcome([keyOf(3)], weak)).toMatch(/length_below_min/);
    expect(await outcome([keyOf(4)], weak)).toBe("in");
    expect(await outcome([keyOf(256)], weak)).toBe("in");
    expect(await outcome([keyOf(257)], weak)).toMatch(/length_over_max/);
    const settings = Array.from({ length: 300 }, (_, index): BackendMessage => ({
      from: "backend",
      kind: "ParameterStatus",
      name: `x${index}`,
      value: "1",
    }));
    expect(await outcome([message(ok, ...settings, ready)], weak)).toMatch(/too many settings/);
    expect(await outcome([message(ok, ...settings.slice(0, 200), ready)], weak)).toBe("in");
    expect(
      await outcome([message(ok, { from: "backend", kind: "ReadyForQuery", status: "failed" })], weak),
    ).toMatch(/transaction/);
    expect(await outcome([message(ok, { from: "backend", kind: "DataRow", values: [] })], weak)).toMatch(
      /says DataRow/,
    );
    expect(await outcome([null])).toMatch(/closed/);
  });

  it("is a refusal whatever its bytes", async () => {
    const pieces = [
      message(ok),
      message(ready),
      message(key),
      sasl("SCRAM-SHA-256"),
      challenge(`r=abc,s=${salt},i=4096`),
      message(final("v=x")),
    ];
    const piece = fc.oneof(
      fc.constantFrom(...pieces),
      fc.uint8Array({ minLength: 1, maxLength: 30 }).map((array) => Buffer.from(array)),
      fc.tuple(fc.constantFrom(...pieces), fc.nat(), fc.nat(255)).map(([bytes, where, value]) => {
        const changed = Buffer.from(bytes);
        changed[where % changed.length] = value;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), async (script) => {
        expect(await outcome([...script, null], { connectTimeMax: 60 })).toMatch(/^[0-9A-Z]{5} /);
      }),
      { numRuns: 200 },
    );
  });

  it("has its time, and then the connection is gone", async () => {
    const from = performance.now();
    expect(await outcome([], { connectTimeMax: 150 })).toMatch(/closed|too long/);
    expect(await outcome([Buffer.from("S")], { tls: "require", connectTimeMax: 150 })).toMatch(/08001/);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});

describe("a login that isn't configured", () => {
  it("is refused without a connection", async () => {
    const session = { login: "other", database: "desk", parameters: new Map() };
    expect(await connectUpstream(options(1), session)).toMatchObject({
      kind: "upstream_refusal",
      sqlstate: "28000",
    });
    const databases = new Map([["desk", "helpdesk"]]);
    const elsewhere = { login: "agent", database: "payroll", parameters: new Map() };
    expect(await connectUpstream(options(1, { databases }), elsewhere)).toMatchObject({ sqlstate: "3D000" });
    expect(await connectUpstream(options(1), { ...session, login: "agent" })).toMatchObject({
      sqlstate: "08001",
    });
  });

  it("can't be smuggled in: the names of user and database are the last ones of the packet", async () => {
    const { port, got } = await fake([null]);
    const parameters = new Map([
      ["user", "postgres"],
      ["database", "payroll"],
    ]);
    await connectUpstream(options(port), { login: "agent", database: "desk", parameters });
    expect(got().toString("latin1")).toMatch(/database\0desk\0user\0agent\0\0$/);
  });
});

describe("a cancel", () => {
  it("is not written if nobody wants it any more when the connection stands", async () => {
    const { port, got } = await fake([null]);
    const target = { processId: 7, key: Buffer.alloc(32, 9) };
    let wanted = true;
    const sent = sendCancel(options(port), target, () => wanted);
    wanted = false;
    expect(await sent).toBe(null);
    expect(got()).toHaveLength(0);
    expect(await sendCancel(options(port), target, () => true)).toBe(null);
    expect(got().toString("hex")).toBe(`0000002c04d2162e00000007${"09".repeat(32)}`);
    expect(await sendCancel(options(1), target, () => true)).toMatchObject({ code: "connection" });
  });
});
