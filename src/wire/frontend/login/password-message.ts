import { type Codec, letter } from "../../octets/codec.ts";
import { loginFrameBytesMax } from "../../octets/limits.ts";

/** A password, or its MD5 form. Kept as bytes, without the NUL: it need not be UTF-8, and bytes can be wiped. */
export interface PasswordMessage {
  readonly from: "frontend";
  readonly kind: "PasswordMessage";
  readonly password: Buffer;
}

export const passwordMessage: Codec<PasswordMessage> = {
  kind: "PasswordMessage",
  type: letter("p"),
  bytesMin: 4 + 1,
  bytesMax: loginFrameBytesMax,
  read: (from) => {
    const password = from.block(Math.max(0, from.remaining - 1));
    if (from.uint8() !== 0) from.fail("unterminated_text");
    // PostgreSQL compares strlen with the length word; a NUL inside would hide what follows it.
    if (password.includes(0)) from.fail("trailing_bytes");
    return { from: "frontend", kind: "PasswordMessage", password };
  },
  write: (message, to) => {
    if (message.password.includes(0)) to.fail("nul_in_text");
    to.block(message.password);
    to.uint8(0);
  },
};
