import { describe, expect, it } from "vitest";
import {
  clientFrame,
  encoded,
  framed,
  serverFrame,
  sessionOfClient,
  sessionOfServer,
  startupFrame,
} from "../../testdata/wire/frames.ts";
import {
  BackendFramer,
  decodeBackend,
  decodeFrontend,
  decodeLogin,
  decodeStartup,
  duplicateParameters,
  encodeBackend,
  encodeFrontend,
  FrontendFramer,
  isFault,
  longFrameBytesMax,
  startupParameter,
  Writer,
} from "./index.ts";

/** Each of these broke a driver, a pooler or PostgreSQL itself. */
const smuggled = encoded({ from: "frontend", kind: "Query", sql: "drop table customers" });
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

describe("a length that lies (pgx CVE-2024-27304, Npgsql GHSA-x9vc-6hfv-hg8c)", () => {
  const lies = [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 32, 2 ** 32 + 4];

  it.each(lies)(
    "%d in a message's length word ends the session, and no query hidden behind it is ever read",
    (lie) => {
      for (const framer of [sessionOfClient(), sessionOfServer()]) {
        framer.feed(Buffer.concat([framed("d", Buffer.alloc(0), lie), smuggled]));
        const first = framer.next();
        // 2^32 + 4 wraps to 4, an empty CopyData: legal, and then the next frame is the next frame.
        if (lie % 2 ** 32 === 4) expect(first).toMatchObject({ kind: "Frame" });
        else {
          // Read unsigned: what a signed reader would call negative is only too long.
          const code = lie % 2 ** 32 < 4 ? "length_below_min" : "length_over_max";
          expect(first).toMatchObject({ kind: "Fault", code, stream: "lost" });
          expect([framer.next(), framer.feed(smuggled), framer.next()]).toEqual([first, first, first]);
          expect(framer.unread).toBe(0);
        }
      }
    },
  );

  it.each([0, 7, 10_001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    "%d in a startup packet ends the connection",
    (lie) => {
      const framer = new FrontendFramer();
      framer.feed(framed("", Buffer.alloc(64), lie));
      expect(framer.next()).toMatchObject({ kind: "Fault", stream: "lost" });
    },
  );

  it.each([-2, -0x8000_0000, 0x7fff_ffff, 100])(
    "%d as the length of a parameter is a fault of that message",
    (lie) => {
      const head = [text(""), text(""), Buffer.from([0, 0, 0, 1])];
      const body = Buffer.concat([...head, word(lie), Buffer.from("abc"), Buffer.from([0, 0])]);
      expect(decodeFrontend(clientFrame(framed("B", body)))).toMatchObject({
        kind: "Fault",
        code: lie < 0 ? "negative_length" : "truncated",
        stream: "kept",
      });
    },
  );

  it("can't be written: parameters that would wrap the length word are refused before they are copied", () => {
    const quarter = Buffer.alloc(longFrameBytesMax / 4);
    const writer = new Writer();
    // 260 times a quarter of 64 MiB is more than 4 GiB, and would leave a length word of a few MiB.
    const fault = encodeFrontend(
      {
        from: "frontend",
        kind: "Bind",
        portal: "",
        statement: "",
        parameterFormats: [],
        parameters: Array.from({ length: 260 }, () => quarter),
        resultFormats: [],
      },
      writer,
    );
    expect(fault).toMatchObject({ code: "message_over_max", message: "Bind" });
    expect(writer.length).toBe(0);
  });
});

describe("an error without SQLSTATE (PgBouncer CVE-2026-6666)", () => {
  const error = (...fields: readonly string[]): Buffer =>
    framed("E", Buffer.concat([...fields.map(text), Buffer.from([0])]));

  it.each([
    ["SQLSTATE", error("SERROR", "Mno code"), "missing_field"],
    ["severity", error("C42501", "Mno severity"), "missing_field"],
    ["message", error("SERROR", "C42501"), "missing_field"],
    ["any field", error(), "missing_field"],
    ["a whole SQLSTATE", error("SERROR", "C425", "Mshort"), "unknown_value"],
    ["only one SQLSTATE", error("SERROR", "C42501", "C00000", "Mtwice"), "duplicate_field"],
    ["its end", framed("E", Buffer.concat(["SERROR", "C42501", "Mendless"].map(text))), "truncated"],
  ])("that lacks %s is a fault, not a crash", (_what, bytes, code) => {
    expect(decodeBackend(serverFrame(bytes))).toMatchObject({
      kind: "Fault",
      code,
      message: "ErrorResponse",
    });
  });

  it("with a field that nobody knows keeps it in sight", () => {
    const decoded = decodeBackend(serverFrame(error("SERROR", "C42501", "Mdenied", "Zada@example.org")));
    expect(decoded).toMatchObject({ fields: { unknown: [{ letter: "Z", text: "ada@example.org" }] } });
  });
});

describe("a server that is the attacker", () => {
  it("can't send a nonce longer than libpq would read (PgBouncer CVE-2026-6665)", () => {
    const framer = new BackendFramer();
    framer.feed(
      framed("R", Buffer.concat([word(11), Buffer.from(`r=${"n".repeat(3000)},s=c2FsdA==,i=4096`)])),
    );
    expect(framer.next()).toMatchObject({ code: "length_over_max", stream: "lost" });
  });

  it("can't answer an SSLRequest with an error for the client to believe (CVE-2024-10977)", () => {
    const framer = new BackendFramer("answering");
    framer.feed(framed("E", Buffer.from("SFATAL\0C08006\0Mcall 555-0199 for help\0\0")));
    expect(framer.next()).toMatchObject({ code: "unexpected_type", stream: "lost" });
  });

  it("can't send rows, notices or settings before it has let us in", () => {
    for (const message of [
      { from: "backend", kind: "DataRow", values: [] },
      { from: "backend", kind: "ParameterStatus", name: "a", value: "b" },
      { from: "backend", kind: "ReadyForQuery", status: "idle" },
    ] as const) {
      const framer = new BackendFramer();
      framer.feed(encoded(message));
      expect(framer.next()).toMatchObject({ code: "unexpected_type", stream: "lost" });
    }
  });

  it("can't ask for a way of authentication that nobody knows", () => {
    expect(
      decodeBackend({ ...serverFrame(encoded({ from: "backend", kind: "NoData" })), type: 0x52 }),
    ).toMatchObject({
      code: "truncated",
    });
    const framer = new BackendFramer();
    framer.feed(framed("R", word(99)));
    const frame = framer.next();
    if (frame === null || frame.kind !== "Frame") throw new Error("no frame");
    expect(decodeBackend(frame)).toMatchObject({ code: "unknown_value", stream: "lost" });
  });
});

describe("a malformed answer to SASL (PgBouncer CVE-2026-6664)", () => {
  it.each([-2, -0x8000_0000, 5, 0x7fff_ffff])(
    "whose inner length is %d is a fault that ends the connection",
    (lie) => {
      const bytes = framed("p", Buffer.concat([text("SCRAM-SHA-256"), word(lie), Buffer.from("n,,")]));
      const frame = { ...clientFrame(smuggled), type: 0x70, bytes, start: 0, lengthAt: 1, end: bytes.length };
      expect(decodeLogin(frame, "SASLInitialResponse")).toMatchObject({ kind: "Fault", stream: "lost" });
    },
  );

  it("with bytes after the inner message is a fault", () => {
    const bytes = framed("p", Buffer.concat([text("SCRAM-SHA-256"), word(3), Buffer.from("n,,more")]));
    const frame = { ...clientFrame(smuggled), type: 0x70, bytes, start: 0, lengthAt: 1, end: bytes.length };
    expect(decodeLogin(frame, "SASLInitialResponse")).toMatchObject({ code: "trailing_bytes" });
  });
});

describe("bytes before encryption (CVE-2021-3935, CVE-2021-23214, CVE-2021-23222)", () => {
  const startup = encoded({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: [] });

  it.each(["SSLRequest", "GSSENCRequest"] as const)(
    "that come with a client's %s are refused unread",
    (kind) => {
      const framer = new FrontendFramer();
      framer.feed(Buffer.concat([encoded({ from: "frontend", kind }), startup]));
      expect(framer.next()).toMatchObject({ code: "bytes_before_encryption", message: kind, stream: "lost" });
      framer.answered();
      expect(framer.next()).toMatchObject({ code: "bytes_before_encryption" });
    },
  );

  it("that come after the request and before the answer are refused unread", () => {
    const framer = new FrontendFramer();
    framer.feed(encoded({ from: "frontend", kind: "SSLRequest" }));
    expect(framer.next()).toMatchObject({ kind: "Frame" });
    expect(framer.feed(startup.subarray(0, 1))).toMatchObject({ code: "bytes_before_encryption" });
    expect(framer.unread).toBe(0);
  });

  it("after the answer are the client's startup; a second request of the same kind is refused", () => {
    const framer = new FrontendFramer();
    framer.feed(encoded({ from: "frontend", kind: "SSLRequest" }));
    framer.next();
    framer.answered();
    framer.feed(startup);
    expect(framer.next()).toMatchObject({ kind: "Frame", code: 0x3_0000 });
    const again = new FrontendFramer();
    for (const kind of ["GSSENCRequest", "SSLRequest"] as const) {
      again.feed(encoded({ from: "frontend", kind }));
      expect(again.next()).toMatchObject({ kind: "Frame" });
      again.answered();
    }
    again.feed(encoded({ from: "frontend", kind: "SSLRequest" }));
    expect(again.next()).toMatchObject({ code: "repeated_request" });
  });

  it.each(["S", "N", "G"])("that come with a server's %s are refused unread", (answer) => {
    const framer = new BackendFramer("answering");
    framer.feed(Buffer.concat([Buffer.from(answer), encoded({ from: "backend", kind: "AuthenticationOk" })]));
    expect(framer.next()).toMatchObject({ code: "bytes_before_encryption", stream: "lost" });
  });

  it("are refused also after a CancelRequest and a Terminate", () => {
    const cancel = new FrontendFramer();
    cancel.feed(
      Buffer.concat([
        encoded({ from: "frontend", kind: "CancelRequest", processId: 1, key: Buffer.alloc(4) }),
        startup,
      ]),
    );
    expect([cancel.next(), cancel.next()]).toMatchObject([{ kind: "Frame" }, { code: "bytes_after_end" }]);
    const session = sessionOfClient();
    session.feed(encoded({ from: "frontend", kind: "Terminate" }));
    expect(session.next()).toMatchObject({ kind: "Frame" });
    expect(session.feed(smuggled)).toMatchObject({ code: "bytes_after_end" });
  });
});

describe("before login a client", () => {
  it("can send nothing but answers, and no long ones", () => {
    const framer = new FrontendFramer();
    framer.feed(encoded({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: [] }));
    framer.next();
    framer.feed(smuggled);
    expect(framer.next()).toMatchObject({ code: "unexpected_type", stream: "lost" });
  });

  it("can't hide a second user: both are there, and the last is the one that PostgreSQL takes", () => {
    const body = [
      word(0x3_0000),
      ...["user", "agent", "database", "desk", "user", "admin"].map(text),
      Buffer.from([0]),
    ];
    const decoded = decodeStartup(startupFrame(framed("", Buffer.concat(body))));
    if (isFault(decoded) || decoded.kind !== "StartupMessage") throw new Error("no startup");
    expect(decoded.parameters.filter(({ name }) => name === "user").map(({ value }) => value)).toEqual([
      "agent",
      "admin",
    ]);
    expect(startupParameter(decoded, "user")).toBe("admin");
    expect(startupParameter(decoded, "options")).toBeNull();
    expect(duplicateParameters(decoded)).toEqual(["user"]);
  });

  it.each([
    [
      "bytes after the list",
      [word(0x3_0000), text("user"), text("agent"), Buffer.from([0, 0])],
      "trailing_bytes",
    ],
    ["no end of the list", [word(0x3_0000), text("user"), text("agent")], "unterminated_text"],
    ["a name without a value", [word(0x3_0000), text("user")], "unterminated_text"],
    ["protocol 2.0", [word(0x2_0000), Buffer.from([0])], "unsupported_protocol"],
    ["protocol 4.0", [word(0x4_0000), Buffer.from([0])], "unsupported_protocol"],
  ])("can't open a session with %s", (_what, parts, code) => {
    const decoded = decodeStartup(startupFrame(framed("", Buffer.concat(parts))));
    expect(decoded).toMatchObject({ kind: "Fault", code, stream: "lost" });
  });
});

it("a cancel key of 256 bytes is carried whole, not read as a number (protocol 3.2)", () => {
  const key = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const sent = { from: "backend", kind: "BackendKeyData", processId: -1, key } as const;
  expect(decodeBackend(serverFrame(encoded(sent)))).toEqual(sent);
  const request = { from: "frontend", kind: "CancelRequest", processId: -1, key } as const;
  expect(decodeStartup(startupFrame(encoded(request)))).toEqual(request);
});

it("announcing 64 MiB a thousand times over and sending nothing costs next to nothing", () => {
  const before = process.memoryUsage().arrayBuffers;
  const framers = Array.from({ length: 1000 }, () => {
    const framer = sessionOfClient();
    framer.feed(framed("Q", Buffer.alloc(10), longFrameBytesMax));
    expect(framer.next()).toBeNull();
    return framer;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  expect(framers.every((framer) => framer.unread === 15)).toBe(true);
});

it("a fault never holds what the message held", () => {
  const fault = decodeBackend(serverFrame(framed("E", Buffer.from("SERROR\0Mada@example.org\0\0"))));
  expect(JSON.stringify(fault)).not.toContain("ada");
  const writer = new Writer();
  const refused = encodeBackend(
    { from: "backend", kind: "CommandComplete", tag: "ada\0@example.org" },
    writer,
  );
  expect(refused).toEqual({ kind: "Fault", code: "nul_in_text", message: "CommandComplete", stream: "kept" });
});
