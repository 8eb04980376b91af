import { type Codec, letter } from "../../octets/codec.ts";
import { smallFrameBytesMax } from "../../octets/limits.ts";
import { readTarget, type Target, writeTarget } from "./target.ts";

/** Forgets a statement or a portal; one that doesn't exist is no error. */
export interface Close {
  readonly from: "frontend";
  readonly kind: "Close";
  readonly target: Target;
  readonly name: string;
}

export const close: Codec<Close> = {
  kind: "Close",
  type: letter("C"),
  bytesMin: 4 + 1 + 1,
  bytesMax: smallFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "Close", target: readTarget(from), name: from.text() }),
  write: (message, to) => {
    writeTarget(message.target, to);
    to.text(message.name);
  },
};
