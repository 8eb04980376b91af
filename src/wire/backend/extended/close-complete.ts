import { type Codec, signal } from "../../octets/codec.ts";

/** Close succeeded. */
export interface CloseComplete {
  readonly from: "backend";
  readonly kind: "CloseComplete";
}

export const closeComplete: Codec<CloseComplete> = signal({ from: "backend", kind: "CloseComplete" }, "3");
