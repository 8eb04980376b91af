import { type Codec, letter } from "../../octets/codec.ts";
import { authenticationFrameBytesMax } from "../../octets/limits.ts";

/** A challenge of the SASL exchange: for SCRAM, the server's nonce, salt and iterations (RFC 5802). */
export interface AuthenticationSASLContinue {
  readonly from: "backend";
  readonly kind: "AuthenticationSASLContinue";
  readonly data: Buffer;
}

export const authenticationSASLContinue: Codec<AuthenticationSASLContinue> = {
  kind: "AuthenticationSASLContinue",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: authenticationFrameBytesMax,
  read: (from) => {
    from.code(11);
    return { from: "backend", kind: "AuthenticationSASLContinue", data: from.rest() };
  },
  write: (message, to) => {
    to.int32(11);
    to.block(message.data);
  },
};
