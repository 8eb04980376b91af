import { type Codec, letter } from "../../octets/codec.ts";
import { smallFrameBytesMax } from "../../octets/limits.ts";

/** The client gives up its COPY; the server answers with an error that quotes the reason. */
export interface CopyFail {
  readonly from: "frontend";
  readonly kind: "CopyFail";
  readonly reason: string;
}

export const copyFail: Codec<CopyFail> = {
  kind: "CopyFail",
  type: letter("f"),
  bytesMin: 4 + 1,
  bytesMax: smallFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "CopyFail", reason: from.text() }),
  write: (message, to) => to.text(message.reason),
};
