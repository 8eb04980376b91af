import { type Codec, letter } from "../../octets/codec.ts";
import { parametersMax } from "../../octets/limits.ts";

/** The type oids of a described statement's parameters. */
export interface ParameterDescription {
  readonly from: "backend";
  readonly kind: "ParameterDescription";
  readonly types: readonly number[];
}

export const parameterDescription: Codec<ParameterDescription> = {
  kind: "ParameterDescription",
  type: letter("t"),
  bytesMin: 4 + 2,
  bytesMax: 4 + 2 + parametersMax * 4,
  read: (from) => ({
    from: "backend",
    kind: "ParameterDescription",
    types: from.list(from.count(parametersMax), 4, (each) => each.uint32()),
  }),
  write: (message, to) => {
    to.count(message.types.length, parametersMax);
    for (const type of message.types) to.uint32(type);
  },
};
