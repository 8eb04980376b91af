import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../../../base/index.ts";
import type { FrontendMessage } from "../../../../wire/index.ts";
import { statementRefusal, type StatementRefusal } from "../../plan.ts";
import { type Authority, authority } from "../certificates.testing.ts";
import { type Lodge, lodgeServices, lodgeUser, openLodge } from "../lodge.testing.ts";
import { loginLimits, type LoginOptions, type UserOptions } from "../options.ts";
import { scramVerifier } from "../scram/verifier.ts";
import { CancelKeys } from "./cancelKeys.ts";
import { openDoor } from "./door.ts";
import { ada, encoded, gss, logIn, scramIn, ssl, startup, Stranger, stranger } from "./stranger.testing.ts";

let trusted: Authority;
let verifier = "";
const lodges: Lodge[] = [];

beforeAll(async () => {
  trusted = authority();
  verifier = await scramVerifier("pencil", randomBytes(16));
});
afterAll(async () => {
  for (const opened of lodges) await opened.close();
  trusted.remove();
});

/** A gateway whose server can't be reached: what is tested here never gets so far. */
async function lodge(
  changed: Partial<LoginOptions> = {},
  services: Parameters<typeof openLodge>[2] = {},
): Promise<Lodge> {
  const opened = await openLodge({ ...options(), ...changed }, "desk_agent", services);
  lodges.push(opened);
  return opened;
}

function options(
  users: readonly UserOptions[] = [lodgeUser({ name: "ada", method: { kind: "scram", verifier } })],
): LoginOptions {
  return {
    listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
    tls: null,
    oidc: null,
    users: new Map(users.map((user) => [user.name, user])),
    upstream: {
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      tls: "disable",
      ca: null,
      weak: [],
      databases: new Map([["desk", "desk"]]),
      logins: new Map([["desk_agent", { password: null, certificate: null }]]),
      connectTimeMax: 5_000,
    },
    limits: loginLimits,
  };
}

function sasl(text: string): FrontendMessage {
  const response = Buffer.from(text);
  return { from: "frontend", kind: "SASLInitialResponse", mechanism: "SCRAM-SHA-256", response };
}

function away(code: string, rule: string): StatementRefusal {
  return statementRefusal({ code, rule, message: rule, hint: "" });
}

function limited(limits: Partial<LoginOptions["limits"]>): Promise<Lodge> {
  return lodge({ limits: { ...loginLimits, ...limits } });
}

function secure(): Promise<Lodge> {
  return lodge({ tls: { ...trusted.sign("localhost", "DNS:localhost"), ca: null, required: true } });
}

async function overTls(at: Lodge, alpn: string[] | null, direct: boolean): Promise<Stranger | string> {
  const socket = connect(at.port, "127.0.0.1");
  if (!direct) {
    socket.write(encoded(ssl));
    await new Promise((answered) => socket.once("data", answered));
    socket.removeAllListeners("data");
  }
  const tls = connectTls({
    socket,
    ca: trusted.ca,
    servername: "localhost",
    ...(alpn === null ? {} : { ALPNProtocols: alpn }),
  });
  return new Promise((resolve) => {
    tls.once("secureConnect", () => resolve(new Stranger(tls)));
    tls.once("error", (error) => resolve(error.message));
  });
}

describe("a startup packet", () => {
  it("with a user twice is refused and recorded (evasion 48)", async () => {
    const at = await lodge();
    const twice = startup([
      ["user", "ada"],
      ["user", "boss"],
      ["database", "desk"],
    ]);
    expect(await stranger(at).send(twice).verdict()).toBe("42501");
    const twoOptions = startup([
      ["user", "ada"],
      ["options", "-c a=b"],
      ["options", "-c a=c"],
    ]);
    expect(await stranger(at).send(twoOptions).verdict()).toBe("42501");
    expect(at.refused.map(({ rule }) => rule)).toEqual(["duplicate_startup_key", "duplicate_startup_key"]);
  });

  it("that asks for replication is refused and recorded, in every way to say yes (evasion 50)", async () => {
    const at = await lodge();
    for (const value of ["database", "true", "on", "1", "yes", "t", "", "anything"])
      expect(
        await stranger(at)
          .send(
            startup([
              ["user", "ada"],
              ["replication", value],
            ]),
          )
          .verdict(),
      ).toBe("42501");
    expect(new Set(at.refused.map(({ user, rule }) => `${user} ${rule}`))).toEqual(
      new Set(["ada replication"]),
    );
    expect(
      await logIn(
        at,
        startup([
          ["user", "ada"],
          ["database", "desk"],
          ["replication", "false"],
        ]),
      ),
    ).toBe("in");
  });

  it("without a user, or with a longer name than the server has, is refused", async () => {
    const at = await lodge();
    expect(
      await stranger(at)
        .send(startup([["database", "desk"]]))
        .verdict(),
    ).toBe("28000");
    expect(
      await stranger(at)
        .send(startup([["user", "a".repeat(64)]]))
        .verdict(),
    ).toBe("28000");
    expect(at.refused.every(({ user }) => user.length <= 63)).toBe(true);
  });

  it("is judged by the keys that are allowed, before anybody is asked for a password", async () => {
    const refusal = statementRefusal({ code: "42501", rule: "startup_key", message: "no", hint: "" });
    const at = await lodge(
      {},
      {
        admitStartup: (given) =>
          given.some(({ name }) => name === "options") ? refusal : { kind: "startup", parameters: new Map() },
      },
    );
    expect(
      await stranger(at)
        .send(
          startup([
            ["user", "ada"],
            ["options", "-c standard_conforming_strings=off"],
          ]),
        )
        .verdict(),
    ).toBe("42501");
    expect(await logIn(at)).toBe("in");
  });

  it("of a newer protocol is told which one is spoken, and which options nobody knows", async () => {
    const at = await lodge();
    const negotiated = async (minor: number, names: readonly string[] = []): Promise<unknown> => {
      const client = stranger(at).send(
        startup([["user", "ada"], ...names.map((name) => [name, "1"] as const)], minor),
      );
      const message = await client.next();
      client.close();
      return message?.kind === "NegotiateProtocolVersion"
        ? [message.major, message.minor, message.unknownOptions]
        : message?.kind;
    };
    expect(await negotiated(0)).toBe("AuthenticationSASL");
    expect(await negotiated(2)).toBe("AuthenticationSASL");
    expect(await negotiated(1)).toEqual([3, 0, []]);
    expect(await negotiated(9999)).toEqual([3, 2, []]);
    expect(await negotiated(0, ["_pq_.x", "_pq_.y"])).toEqual([3, 0, ["_pq_.x", "_pq_.y"]]);
    expect(
      await logIn(
        at,
        startup(
          [
            ["user", "ada"],
            ["database", "desk"],
            ["_pq_.x", "1"],
          ],
          2,
        ),
      ),
    ).toBe("in");
    expect(at.accepted.at(-1)?.protocol).toBe(2);
    expect([...(at.accepted.at(-1)?.parameters.keys() ?? [])]).toEqual([]);
    expect(await stranger(at).send(Buffer.from("000000090002000000", "hex")).verdict()).toBe("0A000");
  });
});

describe("bytes that no client sends", () => {
  it("end the connection with a clean error, and the gateway serves on (evasion 53)", async () => {
    const at = await lodge({
      tls: { ...trusted.sign("localhost", "DNS:localhost"), ca: null, required: false },
    });
    const query = Buffer.from("510000000d73656c6563742031 00".replace(" ", ""), "hex");
    const cases: readonly [string, Stranger][] = [
      ["08P01", stranger(at).send(ssl, query)],
      ["08P01", stranger(at).send(gss, query)],
      ["08P01", stranger(at).send(Buffer.from("00000003", "hex"))],
      ["08P01", stranger(at).send(Buffer.from("7fffffff", "hex"))],
      ["08P01", stranger(at).send(Buffer.from("ffffffff00030000", "hex"))],
      ["08P01", stranger(at).send(Buffer.from("0000000a0003000061", "hex"), Buffer.from("61", "hex"))],
      [
        "08P01",
        stranger(at).send(Buffer.from("00000012000300007573657200616461000061".padEnd(36, "0"), "hex")),
      ],
      ["08P01", stranger(at).send(ada, Buffer.from("5a00000005", "hex"), Buffer.from("49", "hex"))],
      ["08P01", stranger(at).send(ada, query)],
      ["08P01", stranger(at).send(ada, Buffer.from("700000000304", "hex"))],
      ["08P01", stranger(at).send(ada, Buffer.from("707fffffff", "hex"))],
    ];
    for (const [index, [code, client]] of cases.entries())
      expect([index, await client.verdict()]).toEqual([index, code]);
    expect(await logIn(at)).toBe("in");
    expect(at.refused.slice(0, 2).map(({ rule }) => rule)).toEqual([
      "bytes_before_encryption",
      "bytes_before_encryption",
    ]);
  });

  it("are thrown away with the connection when they come before TLS, a statement among them (CVE-2021-23214, CVE-2021-3935)", async () => {
    const at = await lodge({
      tls: { ...trusted.sign("localhost", "DNS:localhost"), ca: null, required: true },
    });
    const client = stranger(at).send(ssl);
    expect(await client.byte()).toBe("S");
    // Sent after the answer, in the clear: TLS itself takes it for a broken handshake.
    client.send(ada);
    expect(await client.byte()).not.toMatch(/R/);
    while (!client.ended) await client.byte();
    expect(at.accepted).toEqual([]);
  });

  it("of any kind leave the gateway as it was", async () => {
    const at = await lodge();
    const good = [
      ssl,
      gss,
      ada,
      sasl("n,,n=,r=abc"),
      sasl("n,,n=,r=" + "x".repeat(5_000)),
      { from: "frontend", kind: "SASLResponse", data: Buffer.from("c=biws,r=abc,p=AAAA") } as const,
    ].map(encoded);
    const piece = fc.oneof(
      fc.constantFrom(...good),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array)),
      fc.tuple(fc.constantFrom(...good), fc.nat(), fc.nat(255)).map(([bytes, where, value]) => {
        const changed = Buffer.from(bytes);
        changed[where % changed.length] = value;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
        const socket = connect(at.port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.resume();
        for (const bytes of pieces) socket.write(bytes);
        socket.end();
        await new Promise((closed) => socket.once("close", closed));
      }),
      { numRuns: 300 },
    );
    expect(at.accepted).toEqual([]);
    expect(await logIn(at)).toBe("in");
    await expect.poll(() => at.door.places.handshakes).toBe(0);
  });
});

describe("who may come in", () => {
  it("is not told by the way in which a name is refused: an unknown user has a salt of its own, the same each time", async () => {
    const at = await lodge();
    const salt = async (name: string): Promise<string> => {
      const client = stranger(at).send(startup([["user", name]]));
      await client.next();
      client.send({
        from: "frontend",
        kind: "SASLInitialResponse",
        mechanism: "SCRAM-SHA-256",
        response: Buffer.from("n,,n=,r=abc"),
      });
      const message = await client.next();
      client.close();
      return message?.kind === "AuthenticationSASLContinue"
        ? message.data.toString().replace(/^[^,]*,/, "")
        : "";
    };
    const [known, eve, again, mallory] = [
      await salt("ada"),
      await salt("eve"),
      await salt("eve"),
      await salt("mallory"),
    ];
    expect(eve).toBe(again);
    expect(new Set([known, eve, mallory]).size).toBe(3);
    expect(eve).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/);
    expect(known).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/);
    expect([
      await logIn(
        at,
        startup([
          ["user", "eve"],
          ["database", "desk"],
        ]),
      ),
      await logIn(at, ada, "wrong"),
    ]).toEqual(["28P01", "28P01"]);
  });

  it("is nobody while the gateway turns all away, and not who is suspended, which only they learn", async () => {
    let closed = true;
    const at = await lodge(
      {},
      {
        turnAway: () => (closed ? away("57P03", "starting") : null),
        mayLogin: (user) => (user.name === "ada" ? away("28000", "suspended") : null),
      },
    );
    expect(await logIn(at)).toBe("57P03");
    closed = false;
    expect(await logIn(at, ada, "wrong")).toBe("28P01");
    expect(await logIn(at)).toBe("28000");
    expect(at.refused.map(({ rule }) => rule)).toEqual(["starting", "wrong_password", "suspended"]);
  });

  it("is told that a database isn't there only after the proof", async () => {
    const at = await lodge();
    expect(await logIn(at, startup([["user", "ada"]]), "wrong")).toBe("28P01");
    expect(await logIn(at, startup([["user", "ada"]]))).toBe("3D000");
    const user = lodgeUser({ name: "ada", method: { kind: "scram", verifier }, databases: ["other"] });
    expect(await logIn(await lodge(options([user])))).toBe("3D000");
  });

  it("is as many as there are places, in all, from one address and at the door; whoever leaves makes room", async () => {
    const door = await limited({ handshakesMax: 2 });
    const waiting = [stranger(door), stranger(door)];
    await expect.poll(() => door.door.places.handshakes).toBe(2);
    expect(await stranger(door).verdict()).toBe("53300");
    waiting[0]?.close();
    await expect.poll(() => door.door.places.handshakes).toBe(1);
    expect(await logIn(door)).toBe("in");
    for (const limits of [{ sessionsMax: 0 }, { sessionsPerAddressMax: 0 }]) {
      const full = await limited(limits);
      expect(await logIn(full, ada, "wrong")).toBe("28P01");
      expect(await logIn(full)).toBe("53300");
      expect(full.door.places.sessions).toBe(0);
    }
    await expect.poll(() => door.door.places.sessions).toBe(0);
  });

  it("has its time: whoever says nothing, or stops half-way, is hung up on and recorded", async () => {
    const at = await lodge({ limits: { ...loginLimits, loginTimeMax: 200 } });
    expect(await stranger(at).verdict()).toBe("nothing");
    expect(await stranger(at).send(ada).verdict()).toBe("AuthenticationSASL");
    expect(at.refused.map(({ user, rule }) => [user, rule])).toEqual([
      ["", "login_time"],
      ["ada", "login_time"],
    ]);
    await expect.poll(() => at.door.places.handshakes).toBe(0);
  });

  it("is decided by new options for who comes after them, and bad ones change nothing", async () => {
    const at = await lodge();
    const bad = options([lodgeUser({ name: "ada", method: { kind: "scram", verifier: "nonsense" } })]);
    expect(isRefusal(await at.door.reload(bad))).toBe(true);
    expect(await logIn(at)).toBe("in");
    expect(await at.door.reload(options([]))).toBe(null);
    expect(await logIn(at)).toBe("28P01");
  });
});

describe("TLS", () => {
  it("may be begun unasked by who says that it is PostgreSQL, and by nobody else", async () => {
    const at = await secure();
    const direct = await overTls(at, ["postgresql"], true);
    expect(typeof direct === "string" ? direct : await scramIn(direct.send(ada), "pencil", "n")).toBe("in");
    const silent = await overTls(at, null, true);
    expect(typeof silent === "string" ? "hung up" : await scramIn(silent.send(ada), "pencil", "n")).toBe(
      "hung up",
    );
    expect(typeof (await overTls(at, ["http/1.1"], true))).toBe("string");
    expect(at.accepted).toHaveLength(1);
  });

  it("is not begun twice, and not without need on a connection that has none", async () => {
    const twice = await overTls(await secure(), ["postgresql"], false);
    expect(typeof twice === "string" ? twice : await twice.send(ssl).verdict()).toBe("08P01");
    const none = stranger(await lodge()).send(gss);
    expect(await none.byte()).toBe("N");
    none.send(ssl);
    expect(await none.byte()).toBe("N");
    expect(await scramIn(none.send(ada), "pencil", "n")).toBe("in");
  });

  it("makes a client that was told there is no channel binding suspicious (downgrade)", async () => {
    const at = await secure();
    const client = await overTls(at, ["postgresql"], false);
    expect(typeof client === "string" ? client : await scramIn(client.send(ada), "pencil", "y")).toBe(
      "28000",
    );
    expect(at.refused.at(-1)?.rule).toBe("binding_downgrade");
  });
});

describe("a door", () => {
  const services = { ...lodgeServices, cancelKeys: new CancelKeys(), onRefused: () => undefined };

  it("is not opened with a certificate, verifier or method that can't work", async () => {
    const { cert } = trusted.sign("a.example.com", "");
    const { key } = trusted.sign("b.example.com", "");
    const wrong: readonly Partial<LoginOptions>[] = [
      { tls: { cert, key, ca: null, required: true } },
      { tls: { cert: "nonsense", key: "nonsense", ca: null, required: true } },
      options([lodgeUser({ name: "x", method: { kind: "scram", verifier: "md5abc" } })]),
      options([lodgeUser({ name: "x", method: { kind: "token", subject: "x" } })]),
      options([lodgeUser({ name: "x", method: { kind: "certificate", name: "x" } })]),
    ];
    for (const changed of wrong)
      expect(isRefusal(await openDoor({ ...options(), ...changed }, services))).toBe(true);
    expect(isRefusal(await openDoor(options(), services))).toBe(false);
  });
});
