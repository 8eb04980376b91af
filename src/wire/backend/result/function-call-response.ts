import { type Codec, letter, long } from "../../octets/codec.ts";
import { readValue, writeValue } from "../../octets/format.ts";

/** What a fast-path call returned. */
export interface FunctionCallResponse {
  readonly from: "backend";
  readonly kind: "FunctionCallResponse";
  readonly value: Buffer | null;
}

export const functionCallResponse: Codec<FunctionCallResponse> = {
  kind: "FunctionCallResponse",
  type: letter("V"),
  bytesMin: 4 + 4,
  bytesMax: long,
  read: (from) => ({ from: "backend", kind: "FunctionCallResponse", value: readValue(from) }),
  write: (message, to) => writeValue(message.value, to),
};
