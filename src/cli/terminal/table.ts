/** A column of a table: its heading and which side its cells lean to. */
export interface Column {
  readonly heading: string;
  readonly align?: "left" | "right";
}

/**
 * A plain table: headings, a rule, rows; cells padded by what the terminal shows, not by code units.
 * The last left-aligned cell of a row is never padded, so that copied lines hold no trailing spaces.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(shownWidth(column.heading), ...rows.map((row) => shownWidth(row[i] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align ?? "left"))
      .join("  ")
      .trimEnd();
  return [
    line(columns.map(({ heading }) => heading)),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...rows.map(line),
    "",
  ].join("\n");
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - shownWidth(cell)));
  return align === "right" ? space + cell : cell + space;
}

/** Columns that the text takes: paint is not seen, wide East Asian characters take two. */
function shownWidth(text: string): number {
  let width = 0;
  // oxlint-disable-next-line no-control-regex
  for (const sign of text.replaceAll(/\u001b\[\d+m/g, "")) width += wide.test(sign) ? 2 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;

/** 1234567 as "1,234,567". */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** 0.9731 as "97.3%"; what rounds to all or nothing but isn't says so. */
export function percent(share: number): string {
  if (share > 0.999 && share < 1) return ">99.9%";
  if (share > 0 && share < 0.001) return "<0.1%";
  return `${(share * 100).toFixed(1)}%`;
}
