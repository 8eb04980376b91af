import { type Codec, letter } from "../../octets/codec.ts";
import { smallFrameBytesMax } from "../../octets/limits.ts";
import { readTarget, type Target, writeTarget } from "./target.ts";

/** Asks what a statement takes and returns, or what a portal returns. */
export interface Describe {
  readonly from: "frontend";
  readonly kind: "Describe";
  readonly target: Target;
  readonly name: string;
}

export const describe: Codec<Describe> = {
  kind: "Describe",
  type: letter("D"),
  bytesMin: 4 + 1 + 1,
  bytesMax: smallFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "Describe", target: readTarget(from), name: from.text() }),
  write: (message, to) => {
    writeTarget(message.target, to);
    to.text(message.name);
  },
};
