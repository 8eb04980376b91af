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
  argumentsMax,
  authenticationFrameBytesMax,
  BackendFramer,
  type BackendMessage,
  cancelKeyBytesMax,
  cancelKeyBytesMin,
  columnNameBytesMax,
  columnsMax,
  decodeBackend,
  decodeFrontend,
  decodeLogin,
  decodeStartup,
  encodeBackend,
  encodeFrontend,
  FrontendFramer,
  type FrontendMessage,
  loginErrorFrameBytesMax,
  loginFrameBytesMax,
  longFrameBytesCeiling,
  longFrameBytesMax,
  parametersMax,
  shortFrameBytesMax,
  smallFrameBytesMax,
  startupFrameBytesMax,
  unreadBytesMax,
  unreadChunksMax,
  Writer,
} from "./index.ts";

function encodeFault(message: FrontendMessage | BackendMessage, longBytesMax?: number): string | null {
  const writer = new Writer(longBytesMax);
  const fault =
    message.from === "frontend" ? encodeFrontend(message, writer) : encodeBackend(message, writer);
  expect(writer.length === 0).toBe(fault !== null);
  return fault?.code ?? null;
}

/** What a framer says of the first five bytes alone: the length must be judged before the body comes. */
function headFault(framer: FrontendFramer | BackendFramer, type: string, length: number): string | null {
  framer.feed(framed(type, Buffer.alloc(0), length));
  const frame = framer.next();
  return frame !== null && frame.kind === "Fault" ? frame.code : null;
}

const text = (bytes: number): string => "a".repeat(bytes);
const counted = (count: number, bytesEach: number, before = 0): Buffer => {
  const body = Buffer.alloc(before + 2 + Math.min(count, 70_000) * bytesEach);
  body.writeUInt16BE(count, before);
  return body;
};

const startup = (bytes: number): FrontendMessage => ({
  from: "frontend",
  kind: "StartupMessage",
  minor: 0,
  parameters: [{ name: "user", value: text(bytes) }],
});

const login = (): FrontendFramer => {
  const framer = new FrontendFramer();
  framer.feed(encoded({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: [] }));
  framer.next();
  return framer;
};

const response = (bytes: number): FrontendMessage => ({
  from: "frontend",
  kind: "SASLResponse",
  data: Buffer.alloc(bytes),
});

const challenge = (bytes: number): BackendMessage => ({
  from: "backend",
  kind: "AuthenticationSASLContinue",
  data: Buffer.alloc(bytes),
});

const fail = (bytes: number): FrontendMessage => ({
  from: "frontend",
  kind: "CopyFail",
  reason: text(bytes),
});

const query = (bytes: number): FrontendMessage => ({ from: "frontend", kind: "Query", sql: text(bytes) });

const row = (columns: number): BackendMessage => ({
  from: "backend",
  kind: "DataRow",
  values: Array.from({ length: columns }, () => null),
});

const copy = (columns: number): BackendMessage => ({
  from: "backend",
  kind: "CopyOutResponse",
  format: "text",
  columnFormats: Array.from({ length: columns }, () => "text" as const),
});

const parse = (count: number): FrontendMessage => ({
  from: "frontend",
  kind: "Parse",
  statement: "",
  sql: "",
  parameterTypes: Array.from({ length: count }, () => 25),
});

const types = (count: number): BackendMessage => ({
  from: "backend",
  kind: "ParameterDescription",
  types: Array.from({ length: count }, () => 25),
});

const call = (count: number): FrontendMessage => ({
  from: "frontend",
  kind: "FunctionCall",
  functionId: 1,
  argumentFormats: [],
  arguments: Array.from({ length: count }, () => null),
  resultFormat: "text",
});

const request = (bytes: number): FrontendMessage => ({
  from: "frontend",
  kind: "CancelRequest",
  processId: 7,
  key: Buffer.alloc(bytes, 1),
});

const data = (bytes: number): BackendMessage => ({
  from: "backend",
  kind: "BackendKeyData",
  processId: 7,
  key: Buffer.alloc(bytes, 1),
});

describe("a limit holds at its bound and refuses one more", () => {
  it("startupFrameBytesMax, before anything else is known of a client", () => {
    const value = startupFrameBytesMax - 8 - 5 - 1 - 1;
    const bytes = encoded(startup(value));
    expect(bytes.length).toBe(startupFrameBytesMax);
    expect(decodeStartup(startupFrame(bytes))).toEqual(startup(value));
    expect(encodeFault(startup(value + 1))).toBe("message_over_max");
    const framer = new FrontendFramer();
    framer.feed(Buffer.from([0, 0, 0x27, 0x11]));
    expect(framer.next()).toMatchObject({ code: "length_over_max", stream: "lost" });
  });

  it("loginFrameBytesMax, for an answer to an authentication request", () => {
    expect(headFault(login(), "p", loginFrameBytesMax)).toBeNull();
    expect(headFault(login(), "p", loginFrameBytesMax + 1)).toBe("length_over_max");
    expect(encodeFault(response(loginFrameBytesMax - 4))).toBeNull();
    expect(encodeFault(response(loginFrameBytesMax - 3))).toBe("message_over_max");
  });

  it("authenticationFrameBytesMax, for what a server asks before it has proved anything", () => {
    expect(headFault(new BackendFramer(), "R", authenticationFrameBytesMax)).toBeNull();
    expect(headFault(new BackendFramer(), "R", authenticationFrameBytesMax + 1)).toBe("length_over_max");
    expect(encodeFault(challenge(authenticationFrameBytesMax - 8))).toBeNull();
    expect(encodeFault(challenge(authenticationFrameBytesMax - 7))).toBe("message_over_max");
  });

  it("loginErrorFrameBytesMax, for an error before login, while one in a session may be long", () => {
    expect(headFault(new BackendFramer(), "E", loginErrorFrameBytesMax)).toBeNull();
    expect(headFault(new BackendFramer(), "E", loginErrorFrameBytesMax + 1)).toBe("length_over_max");
    expect(headFault(sessionOfServer(), "E", longFrameBytesMax)).toBeNull();
  });

  it("smallFrameBytesMax, for client messages that hold a name", () => {
    for (const type of ["D", "C", "E", "f"]) {
      expect(headFault(sessionOfClient(), type, smallFrameBytesMax)).toBeNull();
      expect(headFault(sessionOfClient(), type, smallFrameBytesMax + 1)).toBe("length_over_max");
    }
    expect(encodeFault(fail(smallFrameBytesMax - 5))).toBeNull();
    expect(encodeFault(fail(smallFrameBytesMax - 4))).toBe("message_over_max");
  });

  it("shortFrameBytesMax, for server messages that libpq calls short", () => {
    for (const type of ["S", "C"]) {
      expect(headFault(sessionOfServer(), type, shortFrameBytesMax)).toBeNull();
      expect(headFault(sessionOfServer(), type, shortFrameBytesMax + 1)).toBe("length_over_max");
    }
  });

  it("longFrameBytesMax, for SQL, rows, errors and data", () => {
    for (const type of ["Q", "P", "B", "F", "d"]) {
      expect(headFault(sessionOfClient(), type, longFrameBytesMax)).toBeNull();
      expect(headFault(sessionOfClient(), type, longFrameBytesMax + 1)).toBe("length_over_max");
    }
    for (const type of ["D", "d", "E", "N", "A", "V"]) {
      expect(headFault(sessionOfServer(), type, longFrameBytesMax)).toBeNull();
      expect(headFault(sessionOfServer(), type, longFrameBytesMax + 1)).toBe("length_over_max");
    }
  });

  it("a longFrameBytesMax that the caller chose, for frames in and messages out", () => {
    const chosen = 100_000;
    const framer = sessionOfClient(chosen);
    framer.feed(encoded(query(chosen - 5)));
    expect(framer.next()).toMatchObject({ kind: "Frame" });
    framer.feed(encoded(query(chosen - 4)));
    expect(framer.next()).toMatchObject({ code: "length_over_max", message: "Query" });
    expect(encodeFault(query(chosen - 5), chosen)).toBeNull();
    expect(encodeFault(query(chosen - 4), chosen)).toBe("message_over_max");
  });

  it("longFrameBytesCeiling, above which a caller may not choose", () => {
    expect(() => new FrontendFramer(longFrameBytesCeiling)).not.toThrow();
    expect(() => new FrontendFramer(longFrameBytesCeiling + 1)).toThrow("frame limit");
    expect(() => new BackendFramer("login", shortFrameBytesMax)).not.toThrow();
    expect(() => new BackendFramer("login", shortFrameBytesMax - 1)).toThrow("frame limit");
    expect(() => new Writer(longFrameBytesCeiling + 1)).toThrow("frame limit");
  });

  it("unreadBytesMax and unreadChunksMax, for a caller that feeds without draining", () => {
    const half = Buffer.alloc(unreadBytesMax / 2);
    const framer = sessionOfClient();
    expect([framer.feed(half), framer.feed(half)]).toEqual([null, null]);
    expect(framer.feed(Buffer.alloc(1))).toMatchObject({ code: "unread_over_max", stream: "lost" });
    expect(framer.unread).toBe(0);
    const drops = sessionOfServer();
    for (let chunk = 0; chunk < unreadChunksMax; chunk++) expect(drops.feed(Buffer.alloc(1))).toBeNull();
    expect(drops.feed(Buffer.alloc(1))).toMatchObject({ code: "unread_over_max" });
    expect(sessionOfServer().feed(Buffer.alloc(unreadBytesMax * 2))).toBeNull();
  });

  it("columnsMax, for rows, descriptions, copies and result formats", () => {
    expect(decodeBackend(serverFrame(encoded(row(columnsMax))))).toEqual(row(columnsMax));
    expect(encodeFault(row(columnsMax + 1))).toBe("count_over_max");
    expect(decodeBackend(serverFrame(framed("D", counted(columnsMax + 1, 4))))).toMatchObject({
      code: "count_over_max",
    });
    expect(decodeBackend(serverFrame(framed("T", counted(columnsMax + 1, 19))))).toMatchObject({
      code: "count_over_max",
    });
    expect(decodeBackend(serverFrame(encoded(copy(columnsMax))))).toEqual(copy(columnsMax));
    expect(encodeFault(copy(columnsMax + 1))).toBe("count_over_max");
  });

  it("columnNameBytesMax, in the widest description there is", () => {
    const column = {
      tableId: 1,
      attribute: 1,
      typeId: 1,
      typeBytes: -1,
      typeModifier: -1,
      format: "text",
    } as const;
    const described = (bytes: number, columns: number): BackendMessage => ({
      from: "backend",
      kind: "RowDescription",
      columns: Array.from({ length: columns }, () => ({ ...column, name: text(bytes) })),
    });
    const widest = described(columnNameBytesMax, columnsMax);
    expect(decodeBackend(serverFrame(encoded(widest)))).toEqual(widest);
    expect(encodeFault(described(columnNameBytesMax + 1, 1))).toBe("text_over_max");
    const long = Buffer.concat([
      Buffer.from([0, 1]),
      Buffer.from(`${text(columnNameBytesMax + 1)}\0`),
      Buffer.alloc(18),
    ]);
    expect(decodeBackend(serverFrame(framed("T", long)))).toMatchObject({ code: "text_over_max" });
  });

  it("parametersMax, which is all that the count can say", () => {
    expect(decodeFrontend(clientFrame(encoded(parse(parametersMax))))).toEqual(parse(parametersMax));
    expect(encodeFault(parse(parametersMax + 1))).toBe("count_over_max");
    expect(decodeBackend(serverFrame(encoded(types(parametersMax))))).toEqual(types(parametersMax));
    expect(encodeFault(types(parametersMax + 1))).toBe("count_over_max");
  });

  it("argumentsMax, for a fast-path call", () => {
    expect(decodeFrontend(clientFrame(encoded(call(argumentsMax))))).toEqual(call(argumentsMax));
    expect(encodeFault(call(argumentsMax + 1))).toBe("count_over_max");
    const body = counted(argumentsMax + 1, 4, 6);
    expect(decodeFrontend(clientFrame(framed("F", body)))).toMatchObject({ code: "count_over_max" });
  });

  it("cancelKeyBytesMin and cancelKeyBytesMax, on both sides", () => {
    for (const bytes of [cancelKeyBytesMin, cancelKeyBytesMax]) {
      expect(decodeStartup(startupFrame(encoded(request(bytes))))).toEqual(request(bytes));
      expect(decodeBackend(serverFrame(encoded(data(bytes))))).toEqual(data(bytes));
    }
    for (const message of [request, data]) {
      expect(encodeFault(message(cancelKeyBytesMin - 1))).toBe("missing_field");
      expect(encodeFault(message(cancelKeyBytesMax + 1))).toBe("message_over_max");
    }
    for (const bytes of [cancelKeyBytesMin - 1, cancelKeyBytesMax + 1]) {
      const body = Buffer.concat([Buffer.from([4, 210, 22, 46, 0, 0, 0, 7]), Buffer.alloc(bytes, 1)]);
      const fault = decodeStartup(startupFrame(framed("", body)));
      expect(fault).toMatchObject({ kind: "Fault", message: "CancelRequest", stream: "lost" });
    }
    expect(headFault(sessionOfServer(), "K", 8 + cancelKeyBytesMin - 1)).toBe("length_below_min");
    expect(headFault(sessionOfServer(), "K", 8 + cancelKeyBytesMax + 1)).toBe("length_over_max");
  });

  it("the four bytes of an MD5 salt", () => {
    for (const bytes of [3, 5]) {
      const salt = Buffer.alloc(bytes);
      expect(encodeFault({ from: "backend", kind: "AuthenticationMD5Password", salt })).not.toBeNull();
    }
  });
});

it("every type byte that the protocol doesn't have is refused in both directions, by the framer and by the decoder", () => {
  const client = new Set("QPBDECHSFdcfXp");
  const server = new Set("RKSZvAENTDCIV123snt GHWdc".replace(" ", ""));
  for (let byte = 0; byte < 256; byte++) {
    const type = String.fromCharCode(byte);
    const body = Buffer.from([0, 0, 0, 4]);
    if (!client.has(type)) expect(headFault(sessionOfClient(), type, 4)).toBe("unknown_type");
    if (!server.has(type)) expect(headFault(sessionOfServer(), type, 4)).toBe("unknown_type");
    const place = {
      kind: "Frame",
      type: byte,
      bytes: Buffer.concat([Buffer.from([byte]), body]),
      start: 0,
      lengthAt: 1,
      end: 5,
    } as const;
    if (!client.has(type))
      expect(decodeFrontend({ ...place, from: "frontend" })).toMatchObject({ code: "unknown_type" });
    if (type !== "p")
      expect(decodeLogin({ ...place, from: "frontend" }, "GSSResponse")).toMatchObject({
        code: "unexpected_type",
      });
    if (!server.has(type))
      expect(decodeBackend({ ...place, from: "backend" })).toMatchObject({ code: "unknown_type" });
  }
});
