import { type Codec, signal } from "../../octets/codec.ts";

/** Bind succeeded. */
export interface BindComplete {
  readonly from: "backend";
  readonly kind: "BindComplete";
}

export const bindComplete: Codec<BindComplete> = signal({ from: "backend", kind: "BindComplete" }, "2");
