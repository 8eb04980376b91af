import { type Codec, letter } from "../../octets/codec.ts";
import { authenticationFrameBytesMax } from "../../octets/limits.ts";

/** The end of the SASL exchange: for SCRAM, the server's own proof. */
export interface AuthenticationSASLFinal {
  readonly from: "backend";
  readonly kind: "AuthenticationSASLFinal";
  readonly data: Buffer;
}

export const authenticationSASLFinal: Codec<AuthenticationSASLFinal> = {
  kind: "AuthenticationSASLFinal",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: authenticationFrameBytesMax,
  read: (from) => {
    from.code(12);
    return { from: "backend", kind: "AuthenticationSASLFinal", data: from.rest() };
  },
  write: (message, to) => {
    to.int32(12);
    to.block(message.data);
  },
};
