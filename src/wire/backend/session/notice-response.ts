import { type Codec, letter, long } from "../../octets/codec.ts";
import { type Diagnostics, readDiagnostics, writeDiagnostics } from "./diagnostics.ts";

/** A warning or a RAISE, at any moment, with the same fields as an error. */
export interface NoticeResponse {
  readonly from: "backend";
  readonly kind: "NoticeResponse";
  readonly fields: Diagnostics;
}

export const noticeResponse: Codec<NoticeResponse> = {
  kind: "NoticeResponse",
  type: letter("N"),
  bytesMin: 4 + 1,
  bytesMax: long,
  read: (from) => ({ from: "backend", kind: "NoticeResponse", fields: readDiagnostics(from) }),
  write: (message, to) => writeDiagnostics(message.fields, to),
};
