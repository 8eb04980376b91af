export type TableFormat = "csv" | "jsonl";

/** How one table's rows are written. */
export interface Line {
  /** Empty in JSON Lines. */
  readonly header: string;
  /** The cells in the order of the columns; list cells joined by `;`. */
  readonly text: (cells: readonly string[]) => string;
}

/**
 * The desk's own ids, names and times hold neither commas, quotes, line breaks nor anything beyond ASCII,
 * so CSV needs no quotes and JSON no escapes; a test reads the files back.
 */
export function lineOf(format: TableFormat, columns: readonly string[], lists: readonly string[]): Line {
  if (format === "csv") return { header: `${columns.join(",")}\n`, text: (cells) => `${cells.join(",")}\n` };
  const isList = columns.map((column) => lists.includes(column));
  return {
    header: "",
    text: (cells) => {
      const members = columns.flatMap((column, at) => {
        const cell = cells[at] ?? "";
        if (isList[at] === true)
          return [`"${column}":${cell === "" ? "[]" : `["${cell.replaceAll(";", '","')}"]`}`];
        // What isn't there is left out rather than said to be empty.
        return cell === "" ? [] : [`"${column}":"${cell}"`];
      });
      return `{${members.join(",")}}\n`;
    },
  };
}
