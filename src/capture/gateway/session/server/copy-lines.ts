import type { StatementKind } from "../../plan.ts";
import type { Mismatch } from "./strip.ts";
import type { Run } from "../run.ts";

type CopyOut = Extract<StatementKind, { readonly kind: "copy_out" }>;

/** A field's text and where the next one starts; null: the line has no such field. */
interface Field {
  readonly text: string | null;
  readonly next: number;
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** A field of COPY's text format (PostgreSQL, COPY, "Text Format"), from `at` to its delimiter. */
function textField(line: string, at: number, form: CopyOut): Field | null {
  let text = "";
  let raw = "";
  for (let index = at; index < line.length; index++) {
    const char = line.charAt(index);
    if (char === form.delimiter)
      return { text: raw === form.nullText ? null : text, next: index + form.delimiter.length };
    if (char === "\n") return null;
    raw += char;
    if (char === "\\") {
      index++;
      const escaped = line.charAt(index);
      raw += escaped;
      text += escapes[escaped] ?? escaped;
    } else text += char;
  }
  return null;
}

/** A field of COPY's CSV format. A quoted one is never null. */
function csvField(line: string, at: number, form: CopyOut): Field | null {
  if (line.charAt(at) !== form.quote) {
    const end = line.indexOf(form.delimiter, at);
    if (end < 0) return null;
    const text = line.slice(at, end);
    return text.includes("\n") ? null : { text: text === form.nullText ? null : text, next: end + 1 };
  }
  let text = "";
  for (let index = at + 1; index < line.length; index++) {
    const char = line.charAt(index);
    const next = line.charAt(index + 1);
    if (char === form.escape && (next === form.quote || next === form.escape)) {
      text += next;
      index++;
    } else if (char === form.quote) return next === form.delimiter ? { text, next: index + 2 } : null;
    else text += char;
  }
  return null;
}

/** Whether a newline ends the line before its last character: then there are two, and the second one's customers are not looked for. */
function isSeveral(line: string, form: CopyOut): boolean {
  const last = line.length - 1;
  if (line.indexOf("\n") === last) return false;
  if (form.format !== "csv") return true;
  let quoted = false;
  for (let at = 0; at < last; at++) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (
      quoted &&
      form.escape !== form.quote &&
      char === form.escape &&
      (next === form.quote || next === char)
    )
      at++;
    else if (char === form.quote) quoted = !quoted;
    else if (char === "\n" && !quoted) return true;
  }
  return quoted;
}

/**
 * Takes the hidden fields, which come first, off one line of COPY TO STDOUT. PostgreSQL sends a line a frame (copyto.c,
 * CopySendEndOfRow); a frame that ends none, or more than one, is refused.
 * @returns the line that the client may have.
 */
export function stripCopyLine(data: Buffer, form: CopyOut, run: Run, header: boolean): Buffer | Mismatch {
  if (data.at(-1) !== 0x0a) return "copy_line";
  // Latin-1 keeps a character a byte, so that offsets in the text are offsets in the line.
  const line = data.toString("latin1");
  if (isSeveral(line, form)) return "copy_line";
  let at = 0;
  for (const [index, slot] of run.source.slots.entries()) {
    const field = form.format === "csv" ? csvField(line, at, form) : textField(line, at, form);
    if (field === null) return "copy_line";
    at = field.next;
    const text = field.text === null ? null : Buffer.from(field.text, "latin1").toString("utf8");
    if (header) {
      if (text !== slot.column) return "hidden_column";
    } else if (!run.found(index, text)) return "hidden_value";
  }
  if (!header) run.row();
  return data.subarray(at);
}
