import { type Codec, letter, long } from "../../octets/codec.ts";
import { parametersMax } from "../../octets/limits.ts";

/** Prepares one statement under a name ("" is the unnamed one). */
export interface Parse {
  readonly from: "frontend";
  readonly kind: "Parse";
  readonly statement: string;
  readonly sql: string;
  /** Type oids of the first parameters; 0 leaves a type to the server. */
  readonly parameterTypes: readonly number[];
}

export const parse: Codec<Parse> = {
  kind: "Parse",
  type: letter("P"),
  bytesMin: 4 + 1 + 1 + 2,
  bytesMax: long,
  read: (from) => ({
    from: "frontend",
    kind: "Parse",
    statement: from.text(),
    sql: from.text(),
    parameterTypes: from.list(from.count(parametersMax), 4, (each) => each.uint32()),
  }),
  write: (message, to) => {
    to.text(message.statement);
    to.text(message.sql);
    to.count(message.parameterTypes.length, parametersMax);
    for (const type of message.parameterTypes) to.uint32(type);
  },
};
