import { type Codec, letter } from "../../octets/codec.ts";
import {
  type CopyForm,
  copyFormFrameBytesMax,
  copyFormFrameBytesMin,
  readCopyForm,
  writeCopyForm,
} from "./copy-form.ts";

/** Both sides may send CopyData: replication only. */
export interface CopyBothResponse extends CopyForm {
  readonly from: "backend";
  readonly kind: "CopyBothResponse";
}

export const copyBothResponse: Codec<CopyBothResponse> = {
  kind: "CopyBothResponse",
  type: letter("W"),
  bytesMin: copyFormFrameBytesMin,
  bytesMax: copyFormFrameBytesMax,
  read: (from) => ({ from: "backend", kind: "CopyBothResponse", ...readCopyForm(from) }),
  write: writeCopyForm,
};
