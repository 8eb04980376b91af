import { type Codec, letter, long } from "../../octets/codec.ts";
import { readValue, writeValue } from "../../octets/format.ts";
import { columnsMax } from "../../octets/limits.ts";

/** One row, all of its values taken apart. The hot path uses RowView instead, which allocates nothing. */
export interface DataRow {
  readonly from: "backend";
  readonly kind: "DataRow";
  /** One a column, in the column's format; null is SQL's NULL. */
  readonly values: readonly (Buffer | null)[];
}

export const dataRow: Codec<DataRow> = {
  kind: "DataRow",
  type: letter("D"),
  bytesMin: 4 + 2,
  bytesMax: long,
  read: (from) => ({
    from: "backend",
    kind: "DataRow",
    values: from.list(from.count(columnsMax), 4, readValue),
  }),
  write: (message, to) => {
    to.count(message.values.length, columnsMax);
    for (const value of message.values) writeValue(value, to);
  },
};
