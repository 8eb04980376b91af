import { type Codec, letter } from "../../octets/codec.ts";

/** The client is who it says it is. */
export interface AuthenticationOk {
  readonly from: "backend";
  readonly kind: "AuthenticationOk";
}

export const authenticationOk: Codec<AuthenticationOk> = {
  kind: "AuthenticationOk",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(0);
    return { from: "backend", kind: "AuthenticationOk" };
  },
  write: (_message, to) => to.int32(0),
};
