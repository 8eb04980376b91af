import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** How a value is written: PostgreSQL's format codes 0 and 1. It refuses any other, and so do we. */
export type Format = "text" | "binary";

export function readFormat(from: Reader): Format {
  const code = from.uint16();
  if (code > 1) from.fail("unknown_value");
  return code === 1 ? "binary" : "text";
}

export function writeFormat(format: Format, to: Writer): void {
  to.uint16(format === "binary" ? 1 : 0);
}

/** A 16-bit count of at most `countMax`, then so many format codes. */
export function readFormats(from: Reader, countMax: number): readonly Format[] {
  return from.list(from.count(countMax), 2, readFormat);
}

export function writeFormats(formats: readonly Format[], countMax: number, to: Writer): void {
  to.count(formats.length, countMax);
  for (const format of formats) writeFormat(format, to);
}

/** A value with its 32-bit length; -1 is SQL's NULL. */
export function readValue(from: Reader): Buffer | null {
  const length = from.int32();
  if (length === -1) return null;
  return from.block(length);
}

export function writeValue(value: Buffer | null, to: Writer): void {
  to.int32(value === null ? -1 : value.length);
  if (value !== null) to.block(value);
}
