import { type Codec, letter, long } from "../../octets/codec.ts";
import { type Format, readFormats, readValue, writeFormats, writeValue } from "../../octets/format.ts";
import { columnsMax, parametersMax } from "../../octets/limits.ts";

/** Makes a portal from a statement and its parameters' values. */
export interface Bind {
  readonly from: "frontend";
  readonly kind: "Bind";
  readonly portal: string;
  readonly statement: string;
  /** None: all text. One: for all. Else one for each parameter. */
  readonly parameterFormats: readonly Format[];
  readonly parameters: readonly (Buffer | null)[];
  /** None: all text. One: for all. Else one for each column of the result. */
  readonly resultFormats: readonly Format[];
}

/** PostgreSQL refuses such a Bind with 08P01; so do we, before anybody pairs the wrong format with a value. */
function mismatched(message: Bind): boolean {
  return message.parameterFormats.length > 1 && message.parameterFormats.length !== message.parameters.length;
}

export const bind: Codec<Bind> = {
  kind: "Bind",
  type: letter("B"),
  bytesMin: 4 + 1 + 1 + 2 + 2 + 2,
  bytesMax: long,
  read: (from) => {
    const message: Bind = {
      from: "frontend",
      kind: "Bind",
      portal: from.text(),
      statement: from.text(),
      parameterFormats: readFormats(from, parametersMax),
      parameters: from.list(from.count(parametersMax), 4, readValue),
      resultFormats: readFormats(from, columnsMax),
    };
    if (mismatched(message)) from.fail("count_mismatch");
    return message;
  },
  write: (message, to) => {
    if (mismatched(message)) to.fail("count_mismatch");
    to.text(message.portal);
    to.text(message.statement);
    writeFormats(message.parameterFormats, parametersMax, to);
    to.count(message.parameters.length, parametersMax);
    for (const value of message.parameters) writeValue(value, to);
    writeFormats(message.resultFormats, columnsMax, to);
  },
};
