import { type Codec, letter } from "../../octets/codec.ts";
import { loginFrameBytesMax } from "../../octets/limits.ts";

/** A GSSAPI or SSPI token; the body is the mechanism's own. */
export interface GSSResponse {
  readonly from: "frontend";
  readonly kind: "GSSResponse";
  readonly data: Buffer;
}

export const gssResponse: Codec<GSSResponse> = {
  kind: "GSSResponse",
  type: letter("p"),
  bytesMin: 4,
  bytesMax: loginFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "GSSResponse", data: from.rest() }),
  write: (message, to) => to.block(message.data),
};
