import { type Codec, letter } from "../../octets/codec.ts";
import {
  type CopyForm,
  copyFormFrameBytesMax,
  copyFormFrameBytesMin,
  readCopyForm,
  writeCopyForm,
} from "./copy-form.ts";

/** The server's CopyData follow. */
export interface CopyOutResponse extends CopyForm {
  readonly from: "backend";
  readonly kind: "CopyOutResponse";
}

export const copyOutResponse: Codec<CopyOutResponse> = {
  kind: "CopyOutResponse",
  type: letter("H"),
  bytesMin: copyFormFrameBytesMin,
  bytesMax: copyFormFrameBytesMax,
  read: (from) => ({ from: "backend", kind: "CopyOutResponse", ...readCopyForm(from) }),
  write: writeCopyForm,
};
