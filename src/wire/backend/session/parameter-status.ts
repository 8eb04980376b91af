import { type Codec, letter } from "../../octets/codec.ts";
import { shortFrameBytesMax } from "../../octets/limits.ts";

/** A setting that the client should know, at login and whenever it changes. A customer's value can travel in it. */
export interface ParameterStatus {
  readonly from: "backend";
  readonly kind: "ParameterStatus";
  readonly name: string;
  readonly value: string;
}

export const parameterStatus: Codec<ParameterStatus> = {
  kind: "ParameterStatus",
  type: letter("S"),
  bytesMin: 4 + 1 + 1,
  bytesMax: shortFrameBytesMax,
  read: (from) => ({ from: "backend", kind: "ParameterStatus", name: from.text(), value: from.text() }),
  write: (message, to) => {
    to.text(message.name);
    to.text(message.value);
  },
};
