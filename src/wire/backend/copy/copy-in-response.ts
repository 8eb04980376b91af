import { type Codec, letter } from "../../octets/codec.ts";
import {
  type CopyForm,
  copyFormFrameBytesMax,
  copyFormFrameBytesMin,
  readCopyForm,
  writeCopyForm,
} from "./copy-form.ts";

/** The server waits for the client's CopyData. */
export interface CopyInResponse extends CopyForm {
  readonly from: "backend";
  readonly kind: "CopyInResponse";
}

export const copyInResponse: Codec<CopyInResponse> = {
  kind: "CopyInResponse",
  type: letter("G"),
  bytesMin: copyFormFrameBytesMin,
  bytesMax: copyFormFrameBytesMax,
  read: (from) => ({ from: "backend", kind: "CopyInResponse", ...readCopyForm(from) }),
  write: writeCopyForm,
};
