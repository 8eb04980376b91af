import { type Codec, signal } from "../../octets/codec.ts";

/** Parse succeeded. */
export interface ParseComplete {
  readonly from: "backend";
  readonly kind: "ParseComplete";
}

export const parseComplete: Codec<ParseComplete> = signal({ from: "backend", kind: "ParseComplete" }, "1");
