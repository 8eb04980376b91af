import { type Codec, signal } from "../../octets/codec.ts";

/** Ends the session; nothing may come after it. */
export interface Terminate {
  readonly from: "frontend";
  readonly kind: "Terminate";
}

export const terminate: Codec<Terminate> = signal({ from: "frontend", kind: "Terminate" }, "X");
