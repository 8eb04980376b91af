import { type Codec, letter, long } from "../../octets/codec.ts";

/** SQL text, perhaps of several statements, to be run at once. */
export interface Query {
  readonly from: "frontend";
  readonly kind: "Query";
  readonly sql: string;
}

export const query: Codec<Query> = {
  kind: "Query",
  type: letter("Q"),
  bytesMin: 4 + 1,
  bytesMax: long,
  read: (from) => ({ from: "frontend", kind: "Query", sql: from.text() }),
  write: (message, to) => to.text(message.sql),
};
