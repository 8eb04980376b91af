import { type Codec, letter } from "../../octets/codec.ts";
import { cancelKeyBytesMax, cancelKeyBytesMin } from "../../octets/limits.ts";

/** What a CancelRequest for this session must show. The key has 4 bytes in protocol 3.0 and 4 to 256 in 3.2. */
export interface BackendKeyData {
  readonly from: "backend";
  readonly kind: "BackendKeyData";
  readonly processId: number;
  readonly key: Buffer;
}

export const backendKeyData: Codec<BackendKeyData> = {
  kind: "BackendKeyData",
  type: letter("K"),
  bytesMin: 8 + cancelKeyBytesMin,
  bytesMax: 8 + cancelKeyBytesMax,
  read: (from) => ({ from: "backend", kind: "BackendKeyData", processId: from.int32(), key: from.rest() }),
  write: (message, to) => {
    if (message.key.length < cancelKeyBytesMin) to.fail("missing_field");
    to.int32(message.processId);
    to.block(message.key);
  },
};
