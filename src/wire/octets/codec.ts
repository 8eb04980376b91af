import { type Fault, type FaultCode, kept } from "./fault.ts";
import type { Frame } from "../frame/frame.ts";
import { longFrameBytesCeiling } from "./limits.ts";
import { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What every message has: who may send it, and its name in PostgreSQL's documentation ("Message Formats"). */
export interface Message {
  readonly from: "frontend" | "backend";
  readonly kind: string;
}

/**
 * One message's form. `type` is its first byte, or null in the startup phase. `bytesMin` and `bytesMax` bound what its
 * length word may say; a bound of `long` leaves it to the limit that the framer or the writer was given.
 */
export interface Codec<Of extends Message> {
  readonly kind: Of["kind"];
  readonly type: number | null;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly read: (from: Reader) => Of;
  readonly write: (message: Of, to: Writer) => void;
}

export const long: number = longFrameBytesCeiling;

/** The type byte of a message, from the letter that the documentation gives. */
export function letter(type: string): number {
  return type.charCodeAt(0);
}

/** A message without a body is its type byte and the length 4: it says that something happened, nothing more. */
export function signal<Of extends Message>(message: Of, type: string): Codec<Of> {
  const { kind } = message;
  return { kind, type: letter(type), bytesMin: 4, bytesMax: 4, read: () => message, write: () => {} };
}

/** Reads a frame to its last byte, or says what is wrong with it. What isn't parsed isn't recorded: leftovers are a fault. */
export function decodeWith<Of extends Message>(codec: Codec<Of>, frame: Frame): Of | Fault {
  const length = frame.end - frame.lengthAt;
  const outside = outsideBounds(codec, length);
  if (outside !== null) return kept(outside, codec.kind);
  const reader = new Reader(frame.bytes.subarray(frame.lengthAt + 4, frame.end));
  const message = codec.read(reader);
  if (reader.fault === null && reader.remaining > 0) reader.fail("trailing_bytes");
  return reader.fault === null ? message : kept(reader.fault, codec.kind);
}

/** Appends a message to what the writer holds; on a fault the writer is as it was before. */
export function encodeWith<Of extends Message>(codec: Codec<Of>, message: Of, to: Writer): Fault | null {
  to.begin(codec.type, codec.bytesMax);
  codec.write(message, to);
  return to.end(codec.kind);
}

function outsideBounds(
  codec: { readonly bytesMin: number; readonly bytesMax: number },
  length: number,
): FaultCode | null {
  if (length < codec.bytesMin) return "length_below_min";
  return length > codec.bytesMax ? "length_over_max" : null;
}

/** Each message's own codec, for a union of messages. */
export type Narrowed<Of extends Message> = Of extends Message ? Codec<Of> : never;

/** A codec found by a message's own kind fits that message; spread over the union, the language sees it too. */
export function widened<Of extends Message>(codec: Narrowed<Of>): Codec<Of> {
  return codec;
}

/** A table from type byte to codec. Two messages with one byte would be a defect; the tests look at every byte. */
export function byType<Of extends Message>(all: readonly Narrowed<Of>[]): readonly (Codec<Of> | undefined)[] {
  const table: (Codec<Of> | undefined)[] = Array.from({ length: 256 });
  for (const codec of all) if (codec.type !== null) table[codec.type] = widened<Of>(codec);
  return table;
}
