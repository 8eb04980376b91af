import { type Codec, letter } from "../../octets/codec.ts";
import { shortFrameBytesMax } from "../../octets/limits.ts";

/** A statement is done. `tag` is its command and perhaps a count: "SELECT 5", "INSERT 0 1". The count can carry a value. */
export interface CommandComplete {
  readonly from: "backend";
  readonly kind: "CommandComplete";
  readonly tag: string;
}

export const commandComplete: Codec<CommandComplete> = {
  kind: "CommandComplete",
  type: letter("C"),
  bytesMin: 4 + 1,
  bytesMax: shortFrameBytesMax,
  read: (from) => ({ from: "backend", kind: "CommandComplete", tag: from.text() }),
  write: (message, to) => to.text(message.tag),
};
