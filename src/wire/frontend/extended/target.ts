import { letter } from "../../octets/codec.ts";
import type { Reader } from "../../octets/reader.ts";
import type { Writer } from "../../octets/writer.ts";

/** What a Describe or Close is about. */
export type Target = "statement" | "portal";

export function readTarget(from: Reader): Target {
  const byte = from.uint8();
  if (byte !== letter("S") && byte !== letter("P")) from.fail("unknown_value");
  return byte === letter("S") ? "statement" : "portal";
}

export function writeTarget(target: Target, to: Writer): void {
  to.uint8(letter(target === "statement" ? "S" : "P"));
}
