import { type Codec, letter, long } from "../../octets/codec.ts";

/** Bytes of a COPY TO STDOUT, one row a frame; of a replication stream in CopyBoth. */
export interface BackendCopyData {
  readonly from: "backend";
  readonly kind: "CopyData";
  readonly data: Buffer;
}

export const backendCopyData: Codec<BackendCopyData> = {
  kind: "CopyData",
  type: letter("d"),
  bytesMin: 4,
  bytesMax: long,
  read: (from) => ({ from: "backend", kind: "CopyData", data: from.rest() }),
  write: (message, to) => to.block(message.data),
};
