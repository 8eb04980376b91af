import { type Codec, letter, long } from "../../octets/codec.ts";
import {
  type Format,
  readFormat,
  readFormats,
  readValue,
  writeFormat,
  writeFormats,
  writeValue,
} from "../../octets/format.ts";
import { argumentsMax } from "../../octets/limits.ts";

/** The "fast path": calls a function by its oid. It can run any SQL (query_to_xml) without a statement on the wire. */
export interface FunctionCall {
  readonly from: "frontend";
  readonly kind: "FunctionCall";
  readonly functionId: number;
  /** None: all text. One: for all. Else one for each argument. */
  readonly argumentFormats: readonly Format[];
  readonly arguments: readonly (Buffer | null)[];
  readonly resultFormat: Format;
}

export const functionCall: Codec<FunctionCall> = {
  kind: "FunctionCall",
  type: letter("F"),
  bytesMin: 4 + 4 + 2 + 2 + 2,
  bytesMax: long,
  read: (from) => {
    const functionId = from.uint32();
    const argumentFormats = readFormats(from, argumentsMax);
    const values = from.list(from.count(argumentsMax), 4, readValue);
    if (argumentFormats.length > 1 && argumentFormats.length !== values.length) from.fail("count_mismatch");
    const resultFormat = readFormat(from);
    return {
      from: "frontend",
      kind: "FunctionCall",
      functionId,
      argumentFormats,
      arguments: values,
      resultFormat,
    };
  },
  write: (message, to) => {
    const { argumentFormats, arguments: values } = message;
    if (argumentFormats.length > 1 && argumentFormats.length !== values.length) to.fail("count_mismatch");
    to.uint32(message.functionId);
    writeFormats(argumentFormats, argumentsMax, to);
    to.count(values.length, argumentsMax);
    for (const value of values) writeValue(value, to);
    writeFormat(message.resultFormat, to);
  },
};
