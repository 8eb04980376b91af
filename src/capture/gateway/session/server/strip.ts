import {
  type Column,
  type Frame,
  isFault,
  RowView,
  type RowDescription,
  type Writer,
} from "../../../../wire/index.ts";
import type { SecondNet } from "../../net/secondNet.ts";
import type { Origin, StatementPlan } from "../../plan.ts";
import { hiddenPrefix } from "../../sql/index.ts";
import type { Run } from "../run.ts";

/** Why the server's answer is not what its statement can give; the session ends. No word of it holds a value. */
export type Mismatch = "columns" | "hidden_column" | "hidden_value" | "row" | "copy_line";

/** Hidden columns are the last: finds them by name where they must be, and nowhere else. */
export function visibleColumns(
  message: RowDescription,
  { origins, slots }: Pick<StatementPlan, "slots" | "origins">,
): readonly Column[] | Mismatch {
  const visible = message.columns.length - slots.length;
  if (visible < 0) return "columns";
  for (const [at, slot] of slots.entries())
    if (message.columns[visible + at]?.name !== slot.column) return "hidden_column";
  const columns = message.columns.slice(0, visible);
  // A hidden column that this plan doesn't know of is another plan's: the rows are not what they are taken for.
  if (columns.some(({ name }) => name.startsWith(hiddenPrefix))) return "hidden_column";
  return origins.length === columns.length ? columns.map((column, at) => from(column, origins[at])) : columns;
}

function from(column: Column, origin: Origin | null | undefined): Column {
  return origin === null || origin === undefined
    ? column
    : { ...column, tableId: origin.relation, attribute: origin.column };
}

/** Where a row goes: what was hidden, and what is shown. */
interface Stripped {
  readonly run: Run;
  readonly to: Writer;
}

/** Takes the hidden columns off rows and gives what they held to the run. One for a session: it is reused row by row. */
export class RowStripper {
  readonly #view: RowView = new RowView();
  #keep: number[] = [];

  /** Holds each value of a row against the net. */
  look(frame: Frame<"backend">, net: SecondNet, run: Run): Mismatch | null {
    const mismatch = this.#look(frame, net, run);
    this.#view.release();
    return mismatch;
  }

  #look(frame: Frame<"backend">, net: SecondNet, run: Run): Mismatch | null {
    const view = this.#view;
    if (isFault(view.read(frame) ?? { kind: null })) return "row";
    run.row();
    for (let column = 0; column < view.columns; column++) {
      const length = view.lengthOf(column);
      if (length <= 0) continue;
      const start = view.startOf(column);
      for (const caught of net.find(view.bytes, start, start + length)) run.caught(caught);
    }
    return null;
  }

  /**
   * Appends the row without its hidden columns. What they tell is in the run before the row is in the writer.
   * @param columns as many as the row's description has.
   */
  strip(frame: Frame<"backend">, columns: number | null, into: Stripped): Mismatch | null {
    const mismatch = this.#strip(frame, columns, into);
    this.#view.release();
    return mismatch;
  }

  #strip(frame: Frame<"backend">, columns: number | null, { run, to }: Stripped): Mismatch | null {
    const view = this.#view;
    if (isFault(view.read(frame) ?? { kind: null })) return "row";
    const { slots } = run.source;
    const visible = view.columns - slots.length;
    if (view.columns !== columns || visible < 0) return "columns";
    for (let slot = 0; slot < slots.length; slot++) {
      const length = view.lengthOf(visible + slot);
      if (length < 0) continue;
      const start = view.startOf(visible + slot);
      if (!run.found(slot, view.bytes.toString("utf8", start, start + length))) return "hidden_value";
    }
    run.row();
    if (this.#keep.length !== visible) this.#keep = Array.from({ length: visible }, (_, column) => column);
    return view.writeColumns(this.#keep, to) === null ? null : "row";
  }
}
