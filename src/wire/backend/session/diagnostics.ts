import { letter } from "../../octets/codec.ts";
import type { Reader } from "../../octets/reader.ts";
import type { Writer } from "../../octets/writer.ts";

/**
 * The letters of an error's or notice's fields and our names for them, in the order in which PostgreSQL writes them
 * (elog.c), so that what a server sent is written again byte for byte.
 */
const fieldNames = [
  ["S", "severity"],
  ["V", "severityCode"],
  ["C", "sqlstate"],
  ["M", "message"],
  ["D", "detail"],
  ["H", "hint"],
  ["W", "where"],
  ["s", "schema"],
  ["t", "table"],
  ["c", "column"],
  ["d", "dataType"],
  ["n", "constraint"],
  ["P", "position"],
  ["p", "internalPosition"],
  ["q", "internalQuery"],
  ["F", "file"],
  ["L", "line"],
  ["R", "routine"],
] as const;

type FieldName = (typeof fieldNames)[number][1];

/**
 * What an ErrorResponse or NoticeResponse says. Any of the texts can hold a customer's value, not only `message`.
 * `severity` may be translated, `severityCode` (since 9.6) never is. Absent fields are absent, not "".
 */
export interface Diagnostics extends Readonly<Partial<Record<FieldName, string>>> {
  readonly severity: string;
  readonly sqlstate: string;
  readonly message: string;
  /** Fields of letters that this version doesn't know, in their order: seen and kept, so that nothing passes unread. */
  readonly unknown: readonly { readonly letter: string; readonly text: string }[];
}

const nameByLetter: ReadonlyMap<number, FieldName> = new Map(
  fieldNames.map(([byte, name]) => [letter(byte), name]),
);
const sqlstateForm = /^[0-9A-Z]{5}$/;

/** S, C and M are always present by the protocol; a server that leaves one out is not one to go on talking to. */
export function readDiagnostics(from: Reader): Diagnostics {
  const known = new Map<FieldName, string>();
  const unknown: { letter: string; text: string }[] = [];
  const seen = new Set<number>();
  for (let byte = from.uint8(); byte !== 0; byte = from.uint8()) {
    if (seen.has(byte)) from.fail("duplicate_field");
    // Letters are ASCII by the protocol; anything else is not a field.
    if (byte > 0x7f) from.fail("unknown_value");
    seen.add(byte);
    const name = nameByLetter.get(byte);
    const text = from.text();
    if (name === undefined) unknown.push({ letter: String.fromCharCode(byte), text });
    else known.set(name, text);
  }
  const { severity, sqlstate, message } = required(known);
  if (severity === null || sqlstate === null || message === null) from.fail("missing_field");
  else if (!sqlstateForm.test(sqlstate)) from.fail("unknown_value");
  const fields = Object.fromEntries(known) as Partial<Record<FieldName, string>>;
  return { ...fields, severity: severity ?? "", sqlstate: sqlstate ?? "", message: message ?? "", unknown };
}

export function writeDiagnostics(message: Diagnostics, to: Writer): void {
  if (!sqlstateForm.test(message.sqlstate)) to.fail("unknown_value");
  for (const [byte, name] of fieldNames) {
    const text = message[name];
    if (text === undefined) continue;
    to.uint8(letter(byte));
    to.text(text);
  }
  const letters = new Set(message.unknown.map((field) => field.letter));
  if (letters.size !== message.unknown.length) to.fail("duplicate_field");
  for (const field of message.unknown) {
    const byte = letter(field.letter);
    if (field.letter.length !== 1 || byte === 0 || byte > 0x7f || nameByLetter.has(byte))
      to.fail("unknown_value");
    to.uint8(byte & 0xff);
    to.text(field.text);
  }
  to.uint8(0);
}

function required(known: ReadonlyMap<FieldName, string>): {
  readonly severity: string | null;
  readonly sqlstate: string | null;
  readonly message: string | null;
} {
  return {
    severity: known.get("severity") ?? null,
    sqlstate: known.get("sqlstate") ?? null,
    message: known.get("message") ?? null,
  };
}
