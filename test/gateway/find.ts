import { createHash } from "node:crypto";
import {
  helpdeskRows,
  type HelpdeskOptions,
  markedBirth,
  markedPhone,
  type Marked,
  markerCodes,
} from "../../src/simulate/index.ts";
import { cellsOf, messagesOf, type Message } from "./bytes.ts";

/** Finds markers in bytes, whatever they have been turned into on the way; see `forms` for what it knows. */
export interface Finder {
  /** In one text of latin1 characters. */
  readonly inText: (text: string) => readonly Marked[];
  /** In one message: its bytes as they are, and its cells by themselves. */
  readonly inMessage: (message: Message) => readonly Marked[];
  /** In all of it, also where a value came in pieces: a character a row, a character a column. */
  readonly inAll: (bytes: Buffer) => readonly Marked[];
}

/** Without the row and the "z": nine characters are enough to know whose and what. */
const plain = /mk([0-9]{4})x([a-z]{2})/gi;
const backwards = /([a-z]{2})x([0-9]{4})km/gi;
const phone = /(?=(81[0-9]{8}))/g;
const phoneBackwards = /(?=([0-9]{8}18))/g;
const born = /19[123][0-9]-[01][0-9]-[0-3][0-9]/g;
/** An int8 of a marked phone number: 0x00000001 and four bytes more. */
const phoneBinary = /\0\0\0\x01[\s\S]{4}/g;
/** The same as a numeric: digits to the base of 10,000, of which the first is 81. */
const phoneNumeric = /(?=\0\x51([\s\S]{4}))/g;
/** A date of length 4: days since 2000, between 1911 and 1938. */
const bornBinary = /\0\0\0\x04\xff\xff([\x80-\xa9][\s\S])/g;

const turned = (text: string): string => text.split("").toReversed().join("");
const latin1 = (text: string, encoding: "hex" | "base64"): string =>
  Buffer.from(text, encoding).toString("latin1");

/** What the text may stand for, one step back from an encoding. Nothing that can't hold a marker is returned. */
function* forms(text: string): Generator<string> {
  if (text.includes("\0")) yield text.replaceAll("\0", "");
  for (const [run] of text.matchAll(/[0-9a-f]{18,}/gi)) {
    yield latin1(run, "hex");
    yield latin1(run.slice(1), "hex");
  }
  for (const [run] of text.matchAll(/(?:[0-9a-f]{2}[^0-9a-z]{1,2}|\\x[0-9a-f]{2}){8,}[0-9a-f]{0,2}/gi))
    yield latin1(run.replaceAll(/\\x|[^0-9a-f]/gi, ""), "hex");
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]|\\n|\r?\n){11,}/g)) {
    const whole = run.replaceAll(/\\n|\r?\n/g, "");
    for (let skip = 0; skip < 4; skip++) yield latin1(whole.slice(skip), "base64");
  }
  const unescaped = text
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))
    .replaceAll(/&#x([0-9a-f]{1,4});/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll(/&#([0-9]{1,4});/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/[%=]([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  if (unescaped !== text) yield unescaped;
  for (const [run] of text.matchAll(/(?:[0-9]{2,3}[^0-9a-z]{1,9}){8,}[0-9]{0,3}/gi))
    yield (run.match(/[0-9]+/g) ?? []).map((code) => String.fromCharCode(Number(code))).join("");
}

/** Encodings are looked through two deep, and one deep where there is much. */
const deepBytesMax = 400_000;

function* readings(text: string): Generator<string> {
  yield text;
  for (const form of forms(text)) {
    yield form;
    if (text.length <= deepBytesMax) yield* forms(form);
  }
}

/** A longer text is looked through in pieces, which overlap by more than any marker takes: expressions run out of stack on it. */
const pieceCharsMax = 500_000;
const overlapChars = 5_000;

function* piecesOf(text: string): Generator<string> {
  for (let from = 0; ; from += pieceCharsMax - overlapChars) {
    yield text.slice(from, from + pieceCharsMax);
    if (from + pieceCharsMax >= text.length) return;
  }
}

const hashes = ["md5", "sha224", "sha256", "sha384", "sha512"];

/** Digests of every marked cell, in hex: a digest is an identifier too. */
function digestsOf(options: HelpdeskOptions): ReadonlyMap<string, Marked> {
  const digests = new Map<string, Marked>();
  for (const { rows } of helpdeskRows({ ...options, markers: true })) {
    for (const cell of [...rows].flat()) {
      const [found] = cell === null ? [] : marksIn(cell);
      if (cell === null || found === undefined) continue;
      for (const hash of hashes) digests.set(createHash(hash).update(cell).digest("hex"), found);
    }
  }
  return digests;
}

function marked(customer: string, code: string): Marked | null {
  const [table, field] = markerCodes.get(code.toLowerCase()) ?? [];
  return table === undefined || field === undefined
    ? null
    : { customer: String(Number(customer)), table, field };
}

function* marksIn(text: string): Generator<Marked> {
  for (const [, customer = "", code = ""] of text.matchAll(plain)) {
    const found = marked(customer, code);
    if (found !== null) yield found;
  }
  for (const [, code = "", customer = ""] of text.matchAll(backwards)) {
    const found = marked(turned(customer), turned(code));
    if (found !== null) yield found;
  }
}

/** Markers that stand there as they are, in much text: hundreds of times faster than a finder. */
export function plainMarks(text: string): readonly Marked[] {
  return [...marksIn(text)];
}

function* numbersIn(text: string): Generator<Omit<Marked, "table">> {
  const field = "phone_digits";
  const numbers: number[] = [];
  for (const [, digits] of text.matchAll(phone)) numbers.push(Number(digits));
  for (const [, digits = ""] of text.matchAll(phoneBackwards)) numbers.push(Number(turned(digits)));
  for (const [run] of text.matchAll(phoneBinary))
    numbers.push(Number(Buffer.from(run, "latin1").readBigInt64BE()));
  for (const [, digits = ""] of text.matchAll(phoneNumeric)) {
    const two = Buffer.from(digits, "latin1");
    numbers.push(8_100_000_000 + two.readUInt16BE(0) * 10_000 + two.readUInt16BE(2));
  }
  for (const number of numbers) {
    const customer = Math.floor((number - 8_100_000_000) / 10_000);
    if (customer > 0 && number === markedPhone(customer)) yield { customer: String(customer), field };
  }
}

function* datesIn(text: string, known: ReadonlyMap<string, string>): Generator<Omit<Marked, "table">> {
  const days = [...text.matchAll(born)].map(([day]) => day);
  for (const [, low = ""] of text.matchAll(bornBinary)) {
    const since = Buffer.from(low, "latin1").readUInt16BE() - 0x10000;
    days.push(new Date(Date.UTC(2000, 0, 1) + since * 86_400_000).toISOString().slice(0, 10));
  }
  for (const day of days) {
    const customer = known.get(day);
    if (customer !== undefined) yield { customer, field: "born" };
  }
}

export function finder(options: HelpdeskOptions): Finder {
  const digests = digestsOf(options);
  const people = Math.ceil(options.customers * 1.05) + 1;
  const births = new Map(Array.from({ length: people }, (_, at) => [markedBirth(at + 1), String(at + 1)]));
  const inText = (text: string): readonly Marked[] => {
    const found = new Map<string, Marked>();
    const keep = (one: Marked): unknown => found.set(`${one.customer} ${one.table} ${one.field}`, one);
    for (const piece of piecesOf(text))
      for (const reading of readings(piece)) {
        for (const one of marksIn(reading)) keep(one);
        for (const one of [...numbersIn(reading), ...datesIn(reading, births)])
          if (Number(one.customer) >= 1 && Number(one.customer) <= people)
            keep({ ...one, table: "public.customers" });
      }
    for (const [run] of text.matchAll(/[0-9a-f]{32,128}/gi)) {
      const one = digests.get(run.toLowerCase());
      if (one !== undefined) keep(one);
    }
    return [...found.values()];
  };
  return {
    inText,
    inMessage: ({ type, body }) => inText(type + body.toString("latin1")),
    inAll: (bytes) => inText([apart(bytes), ...joined(bytes)].join("\n")),
  };
}

/** The bytes, each message by itself: a value that was cut short and the letter of the next message's type are no marker. */
function apart(bytes: Buffer): string {
  const { messages, taken } = messagesOf(bytes);
  const texts = messages.map(({ type, body }) => type + body.toString("latin1"));
  return [...texts, bytes.toString("latin1", taken)].join("\n");
}

/** Values joined row by row, and column by column. */
function joined(bytes: Buffer): readonly string[] {
  const columns: string[] = [];
  // Codes of characters, each in a row of its own.
  const numbers: string[] = [];
  let all = "";
  for (const { type, body } of messagesOf(bytes).messages) {
    if (type === "d") all += body.toString("latin1");
    if (type !== "D") continue;
    for (const [at, cell] of cellsOf(body).entries()) {
      const value = cell?.toString("latin1") ?? "";
      all += value;
      columns[at] = (columns[at] ?? "") + value;
      numbers[at] = (numbers[at] ?? "") + (/^[0-9]{2,3}$/.test(value) ? `${value}, ` : "");
    }
  }
  return [all, ...columns, ...numbers];
}
