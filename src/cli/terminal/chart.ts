/** One day of a chart: how many reads, and how many of them unexplained. */
export interface ChartDay {
  readonly day: string;
  readonly reads: number;
  readonly unexplained: number;
}

const levels = " ▁▂▃▄▅▆▇█";

/**
 * Two rows of bars over time on one scale, all reads above, unexplained ones below; the days between are shown empty.
 * `columnsMax` days fit; longer spans put several days (said in the caption) into a column.
 */
export function readsChart(days: readonly ChartDay[], columnsMax: number): string {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return "";
  const start = Date.parse(first.day);
  const span = Math.round((Date.parse(last.day) - start) / 86_400_000) + 1;
  const daysAColumn = Math.max(1, Math.ceil(span / Math.max(10, columnsMax)));
  const columns = Array.from({ length: Math.ceil(span / daysAColumn) }, () => ({ reads: 0, unexplained: 0 }));
  for (const day of days) {
    const column = columns[Math.floor(Math.round((Date.parse(day.day) - start) / 86_400_000) / daysAColumn)];
    if (column === undefined) continue;
    column.reads += day.reads;
    column.unexplained += day.unexplained;
  }
  const top = Math.max(1, ...columns.map(({ reads }) => reads));
  const bars = (values: readonly number[]): string => values.map((value) => bar(value, top)).join("");
  const each = daysAColumn === 1 ? "a column is a day" : `a column is ${daysAColumn} days`;
  return [
    `reads        ${bars(columns.map(({ reads }) => reads))}`,
    `unexplained  ${bars(columns.map(({ unexplained }) => unexplained))}`,
    `             ${first.day} to ${last.day}, ${each}, the tallest is ${top.toLocaleString("en-US")}`,
    "",
  ].join("\n");
}

/** What is not nothing is never drawn as nothing. */
function bar(value: number, top: number): string {
  if (value === 0) return levels[0] ?? " ";
  return levels[Math.max(1, Math.round((value / top) * (levels.length - 1)))] ?? "█";
}
