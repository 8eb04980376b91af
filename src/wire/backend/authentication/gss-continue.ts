import { type Codec, letter } from "../../octets/codec.ts";
import { authenticationFrameBytesMax } from "../../octets/limits.ts";

/** A GSSAPI or SSPI token of the server. */
export interface AuthenticationGSSContinue {
  readonly from: "backend";
  readonly kind: "AuthenticationGSSContinue";
  readonly data: Buffer;
}

export const authenticationGSSContinue: Codec<AuthenticationGSSContinue> = {
  kind: "AuthenticationGSSContinue",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: authenticationFrameBytesMax,
  read: (from) => {
    from.code(8);
    return { from: "backend", kind: "AuthenticationGSSContinue", data: from.rest() };
  },
  write: (message, to) => {
    to.int32(8);
    to.block(message.data);
  },
};
