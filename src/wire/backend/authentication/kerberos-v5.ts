import { type Codec, letter } from "../../octets/codec.ts";

/** Kerberos V5, which PostgreSQL no longer offers (since 9.4); known here so that it is refused by name. */
export interface AuthenticationKerberosV5 {
  readonly from: "backend";
  readonly kind: "AuthenticationKerberosV5";
}

export const authenticationKerberosV5: Codec<AuthenticationKerberosV5> = {
  kind: "AuthenticationKerberosV5",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(2);
    return { from: "backend", kind: "AuthenticationKerberosV5" };
  },
  write: (_message, to) => to.int32(2),
};
