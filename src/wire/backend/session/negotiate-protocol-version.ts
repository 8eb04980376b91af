import { type Codec, letter } from "../../octets/codec.ts";
import { startupFrameBytesMax } from "../../octets/limits.ts";

/**
 * The server speaks only an older minor version, or doesn't know some `_pq_.` options; both are told before login.
 * The documentation calls the number a minor version; PostgreSQL sends the whole one, 3 in the upper half, and libpq reads it so.
 */
export interface NegotiateProtocolVersion {
  readonly from: "backend";
  readonly kind: "NegotiateProtocolVersion";
  readonly major: number;
  readonly minor: number;
  readonly unknownOptions: readonly string[];
}

/** An option's name came in a startup packet, so all of them fit in one. */
const optionsMax: number = startupFrameBytesMax / 2;

export const negotiateProtocolVersion: Codec<NegotiateProtocolVersion> = {
  kind: "NegotiateProtocolVersion",
  type: letter("v"),
  bytesMin: 4 + 4 + 4,
  bytesMax: startupFrameBytesMax,
  read: (from) => {
    const major = from.uint16();
    const minor = from.uint16();
    const count = from.uint32();
    if (count > optionsMax) from.fail("count_over_max");
    const unknownOptions = from.list(count, 1, (each) => each.text());
    return { from: "backend", kind: "NegotiateProtocolVersion", major, minor, unknownOptions };
  },
  write: (message, to) => {
    to.uint16(message.major);
    to.uint16(message.minor);
    to.uint32(message.unknownOptions.length);
    for (const option of message.unknownOptions) to.text(option);
  },
};
