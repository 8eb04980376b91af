import { type Codec, letter } from "../../octets/codec.ts";
import { readValue, writeValue } from "../../octets/format.ts";
import { loginFrameBytesMax } from "../../octets/limits.ts";

/** The client's choice of a SASL mechanism and its first words, null if the mechanism has none (RFC 4422). */
export interface SASLInitialResponse {
  readonly from: "frontend";
  readonly kind: "SASLInitialResponse";
  readonly mechanism: string;
  readonly response: Buffer | null;
}

export const saslInitialResponse: Codec<SASLInitialResponse> = {
  kind: "SASLInitialResponse",
  type: letter("p"),
  bytesMin: 4 + 1 + 4,
  bytesMax: loginFrameBytesMax,
  read: (from) => ({
    from: "frontend",
    kind: "SASLInitialResponse",
    mechanism: from.text(),
    response: readValue(from),
  }),
  write: (message, to) => {
    to.text(message.mechanism);
    writeValue(message.response, to);
  },
};
