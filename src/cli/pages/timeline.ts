import { type Html, html } from "../../base/index.ts";

const [width, height, left, bottom, top] = [880, 180, 48, 24, 8];

/** Reads over time as two bars a day, all reads behind, unexplained ones in front; the numbers stand in the table below it. */
export function timelineFigure(days: readonly { day: string; reads: number; unexplained: number }[]): Html {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const start = Date.parse(first.day);
  const span = Math.round((Date.parse(last.day) - start) / 86_400_000) + 1;
  const tallest = Math.max(1, ...days.map(({ reads }) => reads));
  const step = (width - left) / span;
  const x = (day: string): number => left + Math.round((Date.parse(day) - start) / 86_400_000) * step;
  const tall = (value: number): number => (value / tallest) * (height - top - bottom);
  const rect = (day: string, value: number, colour: string): Html =>
    value === 0
      ? html``
      : html`<rect
          x="${x(day).toFixed(1)}"
          y="${(height - bottom - tall(value)).toFixed(1)}"
          width="${Math.max(1, step * 0.8).toFixed(1)}"
          height="${Math.max(1, tall(value)).toFixed(1)}"
          fill="var(--${colour})"
        />`;
  const caption = `Reads a day, ${first.day} to ${last.day}; the tallest bar is ${tallest.toLocaleString("en-US")}. Grey: all reads. Red: unexplained.`;
  return html`<figure class="wide" style="margin:1rem 0">
    <div class="wide">
      <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${caption}">
        <line
          x1="${left}"
          x2="${width}"
          y1="${height - bottom}"
          y2="${height - bottom}"
          stroke="var(--line)"
        />
        <text x="${left - 6}" y="${top + 10}" text-anchor="end">${tallest.toLocaleString("en-US")}</text>
        <text x="${left - 6}" y="${height - bottom}" text-anchor="end">0</text>
        <text x="${left}" y="${height - 6}">${first.day}</text>
        <text x="${width}" y="${height - 6}" text-anchor="end">${last.day}</text>
        ${days.map(({ day, reads }) => rect(day, reads, "soft"))}
        ${days.map(({ day, unexplained }) => rect(day, unexplained, "alarm"))}
      </svg>
    </div>
    <figcaption class="soft">${caption}</figcaption>
  </figure>`;
}

/** From the first day to the last, or that there is none. */
export function shortSpan({
  first,
  last,
}: {
  readonly first: string | null;
  readonly last: string | null;
}): string {
  return first === null || last === null ? "never" : `${first.slice(0, 10)} to ${last.slice(0, 10)}`;
}
