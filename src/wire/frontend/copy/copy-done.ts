import { type Codec, signal } from "../../octets/codec.ts";

/** The client has sent all of its COPY. */
export interface FrontendCopyDone {
  readonly from: "frontend";
  readonly kind: "CopyDone";
}

export const frontendCopyDone: Codec<FrontendCopyDone> = signal({ from: "frontend", kind: "CopyDone" }, "c");
