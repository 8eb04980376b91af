import { type Codec, letter } from "../../octets/codec.ts";

/** Asks for the MD5 of password, user and these four bytes. */
export interface AuthenticationMD5Password {
  readonly from: "backend";
  readonly kind: "AuthenticationMD5Password";
  readonly salt: Buffer;
}

export const authenticationMD5Password: Codec<AuthenticationMD5Password> = {
  kind: "AuthenticationMD5Password",
  type: letter("R"),
  bytesMin: 8 + 4,
  bytesMax: 8 + 4,
  read: (from) => {
    from.code(5);
    return { from: "backend", kind: "AuthenticationMD5Password", salt: from.block(4) };
  },
  write: (message, to) => {
    if (message.salt.length !== 4) to.fail("count_mismatch");
    to.int32(5);
    to.block(message.salt);
  },
};
