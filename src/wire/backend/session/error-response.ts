import { type Codec, letter, long } from "../../octets/codec.ts";
import { type Diagnostics, readDiagnostics, writeDiagnostics } from "./diagnostics.ts";

/** What failed. A statement can put any value it read into any of the texts. */
export interface ErrorResponse {
  readonly from: "backend";
  readonly kind: "ErrorResponse";
  readonly fields: Diagnostics;
}

export const errorResponse: Codec<ErrorResponse> = {
  kind: "ErrorResponse",
  type: letter("E"),
  bytesMin: 4 + 1,
  bytesMax: long,
  read: (from) => ({ from: "backend", kind: "ErrorResponse", fields: readDiagnostics(from) }),
  write: (message, to) => writeDiagnostics(message.fields, to),
};
