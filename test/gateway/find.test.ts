import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { marker, markedBirth, markedPhone } from "../../src/simulate/index.ts";
import { frame, int16, int32 } from "./bytes.ts";
import { finder } from "./find.ts";

const options = { customers: 40, agents: 5, seed: 1, markers: true };
const { inText, inMessage, inAll } = finder(options);
const email = `${marker(17, "em", 17)}@example.com`;
const found = [{ customer: "17", table: "public.customers", field: "email" }];
const utf16 = Buffer.from(email, "utf16le").toString("latin1");
const hex = Buffer.from(email).toString("hex");
const base64 = (before: string): string => Buffer.from(before + email).toString("base64");

const row = (...cells: readonly Buffer[]): Buffer =>
  frame("D", int16(cells.length), ...cells.flatMap((cell) => [int32(cell.length), cell]));

describe("a marker is found", () => {
  it.each([
    ["plain, among others' bytes", `D\0\0\0\x1f${email}\0`],
    ["in capitals", email.toUpperCase()],
    ["backwards", email.split("").toReversed().join("")],
    ["in hex", `\\x${hex}`],
    ["in hex of the other case, at an odd place", `a${hex.toUpperCase()}`],
    ["in hex with gaps", hex.replaceAll(/(..)/g, "$1 ")],
    ["in base64, first alignment", base64("")],
    ["in base64, second alignment", base64("a")],
    ["in base64, third alignment", base64("ab")],
    [
      "in base64 with line ends",
      base64("the first line of a long text ".repeat(4)).replaceAll(/(.{20})/g, "$1\n"),
    ],
    ["in base64 of hex", Buffer.from(hex).toString("base64")],
    ["in escapes of JSON", email.replaceAll(/./g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ["in entities of XML", email.replaceAll(/./g, (c) => `&#x${c.charCodeAt(0).toString(16)};`)],
    ["in decimal entities", email.replaceAll(/./g, (c) => `&#${c.charCodeAt(0)};`)],
    [
      "in octal escapes of bytea",
      email.replaceAll(/./g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`),
    ],
    ["per cent", email.replaceAll(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)],
    ["quoted-printable, with a soft line end", `mk00=\r\n17xem=30${email.slice(9)}`],
    ["in UTF-16", utf16],
    ["as numbers of its characters", [...Buffer.from(email)].join(", ")],
    ["as a digest", createHash("md5").update(email).digest("hex")],
    ["cut short", email.slice(0, 9)],
  ])("%s", (_, text) => expect(inText(text)).toEqual(found));

  it("in values that come a character a row", () => {
    const rows = email.split("").map((character) => row(Buffer.from("x"), Buffer.from(character)));
    expect(inAll(Buffer.concat(rows))).toEqual(found);
    expect(rows.flatMap((one) => inMessage({ type: "D", body: one.subarray(5) }))).toEqual([]);
  });

  it("as a number or a date, in text and in binary", () => {
    const phone = [{ customer: "17", table: "public.customers", field: "phone_digits" }];
    const int8 = Buffer.alloc(8);
    int8.writeBigInt64BE(BigInt(markedPhone(17)));
    expect(inText(`+${markedPhone(17)}`)).toEqual(phone);
    expect(inAll(row(int8))).toEqual(phone);
    expect(inText(`${5 * (markedPhone(5) + markedPhone(7))}`)).toEqual([]);
    const born = [{ customer: "17", table: "public.customers", field: "born" }];
    expect(inText(markedBirth(17))).toEqual(born);
    const days = (Date.parse(markedBirth(17)) - Date.UTC(2000, 0, 1)) / 86_400_000;
    expect(inAll(row(int32(days)))).toEqual(born);
  });

  it("and nothing is found where there is none", () => {
    expect(inAll(Buffer.concat([row(Buffer.from("mk0017xa")), row(Buffer.from("1"))]))).toEqual([]);
    expect(inText("a mask: ****4471, ***@example.com, c0041217, mk, xem0017z, 2026-01-31")).toEqual([]);
  });
});
