import { type Codec, letter, long } from "../../octets/codec.ts";

/** Bytes for COPY FROM STDIN. Frames need not end where rows end. */
export interface FrontendCopyData {
  readonly from: "frontend";
  readonly kind: "CopyData";
  readonly data: Buffer;
}

export const frontendCopyData: Codec<FrontendCopyData> = {
  kind: "CopyData",
  type: letter("d"),
  bytesMin: 4,
  bytesMax: long,
  read: (from) => ({ from: "frontend", kind: "CopyData", data: from.rest() }),
  write: (message, to) => to.block(message.data),
};
