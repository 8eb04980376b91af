import { type Codec, letter } from "../../octets/codec.ts";
import { authenticationFrameBytesMax } from "../../octets/limits.ts";

/** Asks for SASL by one of these mechanisms, the server's favourite first. */
export interface AuthenticationSASL {
  readonly from: "backend";
  readonly kind: "AuthenticationSASL";
  readonly mechanisms: readonly string[];
}

export const authenticationSASL: Codec<AuthenticationSASL> = {
  kind: "AuthenticationSASL",
  type: letter("R"),
  bytesMin: 8 + 1,
  bytesMax: authenticationFrameBytesMax,
  read: (from) => {
    from.code(10);
    const mechanisms: string[] = [];
    for (let name = from.text(); name !== ""; name = from.text()) mechanisms.push(name);
    return { from: "backend", kind: "AuthenticationSASL", mechanisms };
  },
  write: (message, to) => {
    to.int32(10);
    for (const name of message.mechanisms) {
      if (name === "") to.fail("missing_field");
      to.text(name);
    }
    to.uint8(0);
  },
};
