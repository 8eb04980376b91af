import { type Codec, signal } from "../../octets/codec.ts";

/** Ends a pipeline: answers with ReadyForQuery, and ends the skipping after an error. */
export interface Sync {
  readonly from: "frontend";
  readonly kind: "Sync";
}

export const sync: Codec<Sync> = signal({ from: "frontend", kind: "Sync" }, "S");
