import { type Codec, signal } from "../../octets/codec.ts";

/** Asks for every answer so far, without ending the transaction as Sync does. */
export interface Flush {
  readonly from: "frontend";
  readonly kind: "Flush";
}

export const flush: Codec<Flush> = signal({ from: "frontend", kind: "Flush" }, "H");
