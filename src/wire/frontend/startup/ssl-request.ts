import { type Codec } from "../../octets/codec.ts";

/** Asks for TLS. The next thing to happen must be the server's one byte: what a client sends before it is an attack. */
export interface SSLRequest {
  readonly from: "frontend";
  readonly kind: "SSLRequest";
}

/** Major 1234 can't be a protocol version; the minor tells which request it is. */
export const sslRequestCode: number = 1234 * 0x1_0000 + 5679;

export const sslRequest: Codec<SSLRequest> = {
  kind: "SSLRequest",
  type: null,
  bytesMin: 8,
  bytesMax: 8,
  read: (from) => {
    from.code(sslRequestCode);
    return { from: "frontend", kind: "SSLRequest" };
  },
  write: (_message, to) => to.int32(sslRequestCode),
};
