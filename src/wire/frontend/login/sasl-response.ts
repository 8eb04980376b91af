import { type Codec, letter } from "../../octets/codec.ts";
import { loginFrameBytesMax } from "../../octets/limits.ts";

/** A further step of the SASL exchange; the body is the mechanism's own. */
export interface SASLResponse {
  readonly from: "frontend";
  readonly kind: "SASLResponse";
  readonly data: Buffer;
}

export const saslResponse: Codec<SASLResponse> = {
  kind: "SASLResponse",
  type: letter("p"),
  bytesMin: 4,
  bytesMax: loginFrameBytesMax,
  read: (from) => ({ from: "frontend", kind: "SASLResponse", data: from.rest() }),
  write: (message, to) => to.block(message.data),
};
