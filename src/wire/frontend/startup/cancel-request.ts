import { type Codec } from "../../octets/codec.ts";
import { cancelKeyBytesMax, cancelKeyBytesMin } from "../../octets/limits.ts";

/** Asks, on a connection of its own, to cancel what a session is running. The key is a secret: 4 bytes in 3.0, to 256 in 3.2. */
export interface CancelRequest {
  readonly from: "frontend";
  readonly kind: "CancelRequest";
  readonly processId: number;
  readonly key: Buffer;
}

export const cancelRequestCode: number = 1234 * 0x1_0000 + 5678;

export const cancelRequest: Codec<CancelRequest> = {
  kind: "CancelRequest",
  type: null,
  bytesMin: 12 + cancelKeyBytesMin,
  bytesMax: 12 + cancelKeyBytesMax,
  read: (from) => {
    from.code(cancelRequestCode);
    return { from: "frontend", kind: "CancelRequest", processId: from.int32(), key: from.rest() };
  },
  write: (message, to) => {
    if (message.key.length < cancelKeyBytesMin) to.fail("missing_field");
    to.int32(cancelRequestCode);
    to.int32(message.processId);
    to.block(message.key);
  },
};
