import { type Codec, letter } from "../../octets/codec.ts";

/** Asks for the password itself. */
export interface AuthenticationCleartextPassword {
  readonly from: "backend";
  readonly kind: "AuthenticationCleartextPassword";
}

export const authenticationCleartextPassword: Codec<AuthenticationCleartextPassword> = {
  kind: "AuthenticationCleartextPassword",
  type: letter("R"),
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(3);
    return { from: "backend", kind: "AuthenticationCleartextPassword" };
  },
  write: (_message, to) => to.int32(3),
};
