import { type Codec } from "../../octets/codec.ts";

/** Asks for GSSAPI encryption, with the same rule as SSLRequest. */
export interface GSSENCRequest {
  readonly from: "frontend";
  readonly kind: "GSSENCRequest";
}

/** Major 1234 can't be a protocol version; the minor tells which request it is. */
export const gssencRequestCode: number = 1234 * 0x1_0000 + 5680;

export const gssencRequest: Codec<GSSENCRequest> = {
  kind: "GSSENCRequest",
  type: null,
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(gssencRequestCode);
    return { from: "frontend", kind: "GSSENCRequest" };
  },
  write: (_message, to) => to.int32(gssencRequestCode),
};
