import { type Codec, letter } from "../../octets/codec.ts";

/** Asks for an SSPI token. */
export interface AuthenticationSSPI {
  readonly from: "backend";
  readonly kind: "AuthenticationSSPI";
}

export const authenticationSSPI: Codec<AuthenticationSSPI> = {
  kind: "AuthenticationSSPI",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(9);
    return { from: "backend", kind: "AuthenticationSSPI" };
  },
  write: (_message, to) => to.int32(9),
};
