import { type Codec, letter } from "../../octets/codec.ts";

/** Asks for a GSSAPI token. */
export interface AuthenticationGSS {
  readonly from: "backend";
  readonly kind: "AuthenticationGSS";
}

export const authenticationGSS: Codec<AuthenticationGSS> = {
  kind: "AuthenticationGSS",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(7);
    return { from: "backend", kind: "AuthenticationGSS" };
  },
  write: (_message, to) => to.int32(7),
};
