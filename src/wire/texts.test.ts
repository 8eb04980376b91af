import { describe, expect, it } from "vitest";
import { clientFrame, encoded, framed, serverFrame } from "../../testdata/wire/frames.ts";
import {
  type BackendMessage,
  decodeBackend,
  decodeFrontend,
  encodeBackend,
  encodeFrontend,
  type Frame,
  type FrontendMessage,
  Writer,
} from "./index.ts";

function fault(message: FrontendMessage | BackendMessage): string | null {
  const writer = new Writer();
  writer.begin(0x51, 100);
  writer.text("before");
  expect(writer.end("Query")).toBeNull();
  const before = writer.length;
  const found =
    message.from === "frontend" ? encodeFrontend(message, writer) : encodeBackend(message, writer);
  if (found !== null) expect(writer.length).toBe(before);
  return found?.code ?? null;
}

const query = (sql: string): FrontendMessage => ({ from: "frontend", kind: "Query", sql });
const decodedQuery = (bytes: Buffer): unknown => decodeFrontend(clientFrame(framed("Q", bytes)));

describe("a text on the wire", () => {
  it("ends at its NUL, and what comes after it is not dropped but refused", () => {
    expect(decodedQuery(Buffer.from("select 1\0"))).toEqual(query("select 1"));
    expect(decodedQuery(Buffer.from("select 1\0; drop table customers\0"))).toMatchObject({
      code: "trailing_bytes",
    });
    expect(decodedQuery(Buffer.from("select 1\0\0"))).toMatchObject({ code: "trailing_bytes" });
  });

  it("without its NUL is refused, even if the next frame has one", () => {
    const two = Buffer.concat([framed("Q", Buffer.from("select 1")), encoded(query("select 2"))]);
    expect(decodeFrontend(clientFrame(two))).toMatchObject({ code: "unterminated_text", stream: "kept" });
  });

  it.each([
    ["a byte that never occurs", [0xff]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong NUL", [0xc0, 0x80]],
    ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
    ["a code point beyond the last", [0xf4, 0x90, 0x80, 0x80]],
    ["a character cut off", [0xe2, 0x82]],
  ])("with %s is refused, not replaced", (_what, bytes) => {
    expect(decodedQuery(Buffer.from([...bytes, 0]))).toMatchObject({ code: "invalid_utf8" });
  });

  it.each(["\ufeffselect 1", "\ufffd", "é", "e\u0301", "😀", "\u202e", "\r\n\t"])(
    "keeps %j as it is",
    (sql) => {
      expect(decodedQuery(Buffer.from(`${sql}\0`))).toEqual(query(sql));
      expect(encoded(query(sql))).toEqual(framed("Q", Buffer.from(`${sql}\0`)));
    },
  );

  it("of ours can't end early or be no UTF-8, and then nothing at all is written", () => {
    expect(fault(query("select '\0'"))).toBe("nul_in_text");
    expect(fault(query("select '\ud800'"))).toBe("lone_surrogate");
    expect(fault({ from: "frontend", kind: "PasswordMessage", password: Buffer.from("a\0b") })).toBe(
      "nul_in_text",
    );
    const empty = [{ name: "", value: "x" }];
    expect(fault({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: empty })).toBe(
      "missing_field",
    );
    expect(fault({ from: "backend", kind: "AuthenticationSASL", mechanisms: [""] })).toBe("missing_field");
  });

  it("that is a password may be any bytes but NUL", () => {
    const password = Buffer.from([0xff, 0xfe]);
    expect(fault({ from: "frontend", kind: "PasswordMessage", password })).toBeNull();
  });
});

describe("a number of ours that its field can't hold", () => {
  it.each([0.5, -1, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])("%d as an oid is refused", (oid) => {
    expect(fault({ from: "backend", kind: "ParameterDescription", types: [oid] })).toBe(
      "number_out_of_range",
    );
  });

  it.each([2 ** 31, -(2 ** 31) - 1])("%d as a row limit is refused", (rowsMax) => {
    expect(fault({ from: "frontend", kind: "Execute", portal: "", rowsMax })).toBe("number_out_of_range");
  });

  it.each([0, -1, 2 ** 31 - 1, -(2 ** 31)])("while %d fits", (rowsMax) => {
    expect(fault({ from: "frontend", kind: "Execute", portal: "", rowsMax })).toBeNull();
  });
});

describe("formats that don't fit their values", () => {
  const values = [Buffer.from("1"), null, null];
  const bind = (formats: number): FrontendMessage => ({
    from: "frontend",
    kind: "Bind",
    portal: "",
    statement: "",
    parameterFormats: Array.from({ length: formats }, () => "text" as const),
    parameters: values,
    resultFormats: [],
  });

  it("are refused as PostgreSQL refuses them: none, one, or one for each", () => {
    expect([0, 1, 2, 3, 4].map((formats) => fault(bind(formats)))).toEqual([
      null,
      null,
      "count_mismatch",
      null,
      "count_mismatch",
    ]);
    const body = Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    expect(decodeFrontend(clientFrame(framed("B", body)))).toMatchObject({ code: "count_mismatch" });
    const call = Buffer.from([0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    expect(decodeFrontend(clientFrame(framed("F", call)))).toMatchObject({ code: "count_mismatch" });
  });

  it("are refused when their code is neither text nor binary", () => {
    expect(
      decodeFrontend(clientFrame(framed("B", Buffer.from([0, 0, 0, 1, 0, 2, 0, 0, 0, 0])))),
    ).toMatchObject({
      code: "unknown_value",
    });
    expect(decodeBackend(serverFrame(framed("H", Buffer.from([2, 0, 0]))))).toMatchObject({
      code: "unknown_value",
    });
  });
});

describe("an error of ours", () => {
  const fields = { severity: "ERROR", sqlstate: "42501", message: "not allowed", unknown: [] };

  it.each(["4250", "425011", "4250!", ""])("with the SQLSTATE %j is refused", (sqlstate) => {
    expect(fault({ from: "backend", kind: "ErrorResponse", fields: { ...fields, sqlstate } })).toBe(
      "unknown_value",
    );
  });

  it.each(["", "\0", "MM", "M", "é"])("with an unknown field of the letter %j is refused", (letter) => {
    const unknown = [{ letter, text: "x" }];
    expect(fault({ from: "backend", kind: "ErrorResponse", fields: { ...fields, unknown } })).toBe(
      "unknown_value",
    );
  });

  it("with one unknown field twice is refused, because its reader would refuse it", () => {
    const twice = { letter: "Z", text: "x" };
    expect(
      fault({ from: "backend", kind: "ErrorResponse", fields: { ...fields, unknown: [twice, twice] } }),
    ).toBe("duplicate_field");
  });
});

/** These lines are checked by the compiler: a suppression that suppresses nothing is an error. */
it("a message or frame of one direction can't stand where the other is expected", () => {
  const writer = new Writer();
  const fromClient: Frame<"frontend"> = clientFrame(encoded({ from: "frontend", kind: "CopyDone" }));
  // @ts-expect-error A client's CopyDone is not a server's, though the bytes are the same.
  encodeBackend({ from: "frontend", kind: "CopyDone" }, writer);
  const never = (): unknown =>
    // @ts-expect-error A client doesn't send rows.
    encodeFrontend({ from: "frontend", kind: "DataRow", values: [] }, writer);
  expect(never).toThrow(TypeError);
  // @ts-expect-error A client's frame is not decoded as a server's.
  expect(decodeBackend(fromClient)).toMatchObject({ kind: "CopyDone" });
});
