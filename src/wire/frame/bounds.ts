import { chosenLongBytes } from "../octets/chosen-limit.ts";
import { longFrameBytesCeiling } from "../octets/limits.ts";

/** What the length word of a message of one type may say, in frame bytes, and the message's name for faults. */
export interface Bounds {
  readonly name: string | null;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

/** By type byte; a type that isn't there doesn't exist for the reader, and is refused before its length is believed. */
export type BoundsByType = readonly (Bounds | undefined)[];

/** What a side may send now (`allowed`) and what it may ever send (`known`): a fault tells the two apart. */
export interface Vocabulary {
  readonly allowed: BoundsByType;
  readonly known: ReadonlySet<number>;
}

interface Bounded {
  readonly kind: string;
  readonly type: number | null;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

export function typesOf(codecs: readonly Bounded[]): ReadonlySet<number> {
  return new Set(codecs.flatMap(({ type }) => (type === null ? [] : [type])));
}

/** The widest bounds of the messages that share a type, with `longBytesMax` in place of the ceiling. */
export function boundsOf(codecs: readonly Bounded[], longBytesMax: number): BoundsByType {
  const longest = chosenLongBytes(longBytesMax);
  const table: (Bounds | undefined)[] = Array.from({ length: 256 });
  for (const { kind, type, bytesMin, bytesMax } of codecs) {
    if (type === null) continue;
    const max = bytesMax === longFrameBytesCeiling ? longest : bytesMax;
    const before = table[type];
    table[type] =
      before === undefined ? { name: kind, bytesMin, bytesMax: max } : either(before, bytesMin, max);
  }
  return table;
}

/** Which of two messages with one type byte it is, only the conversation tells: no name, and the wider bounds. */
function either(before: Bounds, bytesMin: number, bytesMax: number): Bounds {
  return {
    name: null,
    bytesMin: Math.min(before.bytesMin, bytesMin),
    bytesMax: Math.max(before.bytesMax, bytesMax),
  };
}
