import { type Codec, letter } from "../../octets/codec.ts";
import { type Format, readFormat, writeFormat } from "../../octets/format.ts";
import { columnNameBytesMax, columnsMax } from "../../octets/limits.ts";
import type { Reader } from "../../octets/reader.ts";
import type { Writer } from "../../octets/writer.ts";

/** A column of a result. Its origin is a hint only: 0 for expressions, and another object's for views. */
export interface Column {
  readonly name: string;
  /** Oid of the table and number of the column in it, or 0. */
  readonly tableId: number;
  readonly attribute: number;
  readonly typeId: number;
  /** Bytes of the type; negative for those of varying length (pg_type.typlen). */
  readonly typeBytes: number;
  readonly typeModifier: number;
  readonly format: Format;
}

/** The columns of the rows that follow. */
export interface RowDescription {
  readonly from: "backend";
  readonly kind: "RowDescription";
  readonly columns: readonly Column[];
}

const columnBytesMin = 1 + 18;

function readColumn(from: Reader): Column {
  const name = from.text();
  if (Buffer.byteLength(name) > columnNameBytesMax) from.fail("text_over_max");
  return {
    name,
    tableId: from.uint32(),
    attribute: from.int16(),
    typeId: from.uint32(),
    typeBytes: from.int16(),
    typeModifier: from.int32(),
    format: readFormat(from),
  };
}

function writeColumn(column: Column, to: Writer): void {
  if (Buffer.byteLength(column.name) > columnNameBytesMax) to.fail("text_over_max");
  to.text(column.name);
  to.uint32(column.tableId);
  to.int16(column.attribute);
  to.uint32(column.typeId);
  to.int16(column.typeBytes);
  to.int32(column.typeModifier);
  writeFormat(column.format, to);
}

export const rowDescription: Codec<RowDescription> = {
  kind: "RowDescription",
  type: letter("T"),
  bytesMin: 4 + 2,
  bytesMax: 4 + 2 + columnsMax * (columnNameBytesMax + columnBytesMin),
  read: (from) => ({
    from: "backend",
    kind: "RowDescription",
    columns: from.list(from.count(columnsMax), columnBytesMin, readColumn),
  }),
  write: (message, to) => {
    to.count(message.columns.length, columnsMax);
    for (const column of message.columns) writeColumn(column, to);
  },
};
