import { readList } from "./cells.ts";

/** List cells met so far and their one form. A file has few different ones; the loader knows them by this table. */
export interface Lists {
  readonly known: ReadonlyMap<string, string>;
  /** Learns a cell; one without a form, or beyond the bound, stays unknown and is read with care each time. */
  readonly learn: (cell: string) => void;
}

/** Different list cells that a loader is told of; it looks each up for every row. */
export const listsMax = 4096;

export function openLists(): Lists {
  const known = new Map<string, string>();
  return {
    known,
    learn: (cell) => {
      if (cell === "" || known.size >= listsMax || known.has(cell)) return;
      const list = readList(cell);
      // A cell that means the empty list is left to the careful path: '' is how the loader says "unknown".
      if (list !== undefined && list !== "") known.set(cell, list);
    },
  };
}
