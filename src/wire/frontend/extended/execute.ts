import { type Codec, letter } from "../../octets/codec.ts";
import { smallFrameBytesMax } from "../../octets/limits.ts";

/** Runs a portal. */
export interface Execute {
  readonly from: "frontend";
  readonly kind: "Execute";
  readonly portal: string;
  /** Rows to send before PortalSuspended. PostgreSQL takes 0 and every negative number as "all". */
  readonly rowsMax: number;
}

export const execute: Codec<Execute> = {
  kind: "Execute",
  type: letter("E"),
  bytesMin: 4 + 1 + 4,
  bytesMax: smallFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "Execute", portal: from.text(), rowsMax: from.int32() }),
  write: (message, to) => {
    to.text(message.portal);
    to.int32(message.rowsMax);
  },
};
