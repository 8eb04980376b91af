import { type Format, readFormats, writeFormats } from "../../octets/format.ts";
import { columnsMax } from "../../octets/limits.ts";
import type { Reader } from "../../octets/reader.ts";
import type { Writer } from "../../octets/writer.ts";

/** How a COPY is written: as a whole, and column by column (all text when the whole is text). */
export interface CopyForm {
  readonly format: Format;
  readonly columnFormats: readonly Format[];
}

/** Frame bytes of the three messages that start a COPY. */
export const copyFormFrameBytesMin: number = 4 + 1 + 2;
export const copyFormFrameBytesMax: number = copyFormFrameBytesMin + columnsMax * 2;

export function readCopyForm(from: Reader): CopyForm {
  const code = from.uint8();
  if (code > 1) from.fail("unknown_value");
  return { format: code === 1 ? "binary" : "text", columnFormats: readFormats(from, columnsMax) };
}

export function writeCopyForm(form: CopyForm, to: Writer): void {
  to.uint8(form.format === "binary" ? 1 : 0);
  writeFormats(form.columnFormats, columnsMax, to);
}
