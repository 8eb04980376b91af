import { type Codec, signal } from "../../octets/codec.ts";

/** The server has sent all of its COPY. */
export interface BackendCopyDone {
  readonly from: "backend";
  readonly kind: "CopyDone";
}

export const backendCopyDone: Codec<BackendCopyDone> = signal({ from: "backend", kind: "CopyDone" }, "c");
