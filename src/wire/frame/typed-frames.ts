import { type Fault, lost } from "../octets/fault.ts";
import type { Assembler } from "./assembler.ts";
import type { Vocabulary } from "./bounds.ts";
import type { Frame } from "./frame.ts";

/**
 * Takes the next frame that begins with a type byte. Type and length are judged as soon as their five bytes are there,
 * before the body is waited for. The length is read unsigned, so that a "negative" one, and one that would wrap at 4 GiB,
 * are only too long.
 * @returns null until the frame is complete.
 */
export function takeTyped<From extends "frontend" | "backend">(
  from: From,
  assembler: Assembler,
  vocabulary: Vocabulary,
): Frame<From> | Fault | null {
  if (!assembler.have(1)) return null;
  const type = assembler.block.readUInt8(assembler.at);
  const bounds = vocabulary.allowed[type];
  if (bounds === undefined)
    return lost(vocabulary.known.has(type) ? "unexpected_type" : "unknown_type", null);
  if (!assembler.have(5)) return null;
  const length = assembler.block.readUInt32BE(assembler.at + 1);
  if (length < bounds.bytesMin) return lost("length_below_min", bounds.name);
  if (length > bounds.bytesMax) return lost("length_over_max", bounds.name);
  if (!assembler.have(1 + length)) return null;
  const start = assembler.take(1 + length);
  return {
    kind: "Frame",
    from,
    type,
    bytes: assembler.block,
    start,
    lengthAt: start + 1,
    end: start + 1 + length,
  };
}
