import { letter } from "./octets/codec.ts";
import { type Fault, kept } from "./octets/fault.ts";
import { columnsMax } from "./octets/limits.ts";
import type { Writer } from "./octets/writer.ts";
import type { Frame } from "./frame/frame.ts";

const nothing: Buffer = Buffer.alloc(0);
/** Columns that a view has room for before it has seen a row: few rows have more. */
const columnsFirst = 16;

export const dataRowType: number = letter("D");

/**
 * One DataRow at a time, by offsets into its frame: the gateway's hot path. The view is reused: `read` the next row and the
 * last one's offsets are gone. Nothing is copied or allocated until a value is asked for, but room for a wider row than any before.
 *
 * Meant to be the only decoder of rows on the path where speed counts; it accepts and refuses exactly what `decodeBackend`
 * does, which a test compares.
 */
export class RowView {
  #starts: Int32Array = new Int32Array(columnsFirst);
  #lengths: Int32Array = new Int32Array(columnsFirst);
  #bytes: Buffer = nothing;
  #columns = 0;

  get columns(): number {
    return this.#columns;
  }

  /** Finds the row's values, to the frame's last byte. On a fault the view has no columns. */
  read(frame: Frame<"backend">): Fault | null {
    this.#columns = 0;
    if (frame.type !== dataRowType) return kept("unexpected_type", "DataRow");
    const { bytes, end } = frame;
    let at = frame.lengthAt + 6;
    if (at > end) return kept("length_below_min", "DataRow");
    const columns = bytes.readUInt16BE(at - 2);
    if (columns > columnsMax) return kept("count_over_max", "DataRow");
    if (at + columns * 4 > end) return kept("truncated", "DataRow");
    if (columns > this.#starts.length) this.#widen(columns);
    for (let column = 0; column < columns; column++) {
      if (at + 4 > end) return kept("truncated", "DataRow");
      const length = bytes.readInt32BE(at);
      at += 4;
      this.#starts[column] = at;
      this.#lengths[column] = length;
      if (length < -1) return kept("negative_length", "DataRow");
      if (length > end - at) return kept("truncated", "DataRow");
      if (length > 0) at += length;
    }
    if (at !== end) return kept("trailing_bytes", "DataRow");
    this.#bytes = bytes;
    this.#columns = columns;
    return null;
  }

  /** Lets go of the frame: a quiet connection must not keep the block that its last row lay in. */
  release(): void {
    this.#columns = 0;
    this.#bytes = nothing;
  }

  #widen(columns: number): void {
    const room = Math.min(columnsMax, Math.max(columns, this.#starts.length * 2));
    this.#starts = new Int32Array(room);
    this.#lengths = new Int32Array(room);
  }

  /** The length of a column's value in bytes, -1 for NULL. Undefined is never given: a column that isn't there is NULL. */
  lengthOf(column: number): number {
    return column < this.#columns ? (this.#lengths[column] ?? -1) : -1;
  }

  /** Where the value starts in `bytes`. */
  startOf(column: number): number {
    return this.#starts[column] ?? 0;
  }

  /** The block that the offsets point into. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** A column's value as a view of the frame, null for NULL. */
  value(column: number): Buffer | null {
    const length = this.lengthOf(column);
    if (length < 0) return null;
    const start = this.startOf(column);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * Appends a DataRow of some of this row's columns: how hidden keys are dropped. Neighbours are copied in one piece, so
   * dropping the last columns costs one copy, whatever the row's width.
   * @param columns those to keep, in any order.
   */
  writeColumns(columns: readonly number[], to: Writer): Fault | null {
    to.begin(dataRowType, to.longBytesMax);
    to.count(columns.length, columnsMax);
    for (let index = 0; index < columns.length; index++) {
      const first = columns[index] ?? 0;
      let last = first;
      while (columns[index + 1] === last + 1) {
        index++;
        last++;
      }
      if (!Number.isInteger(first) || first < 0 || last >= this.#columns) to.fail("number_out_of_range");
      else
        to.slice(this.#bytes, this.startOf(first) - 4, this.startOf(last) + Math.max(0, this.lengthOf(last)));
    }
    return to.end("DataRow");
  }
}
