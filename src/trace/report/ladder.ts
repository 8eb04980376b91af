import type { LadderStep } from "../answer.ts";
import { percent } from "../sentences.ts";
import { escapeHtml } from "./escape.ts";

const width = 720;
const height = 260;
const left = 44;
const bottom = 36;
/** Lines that can be told apart. */
const linesMax = 6;
/** Dash patterns besides colours, so that the picture needs no colour vision. */
const dashes = ["", "8 4", "2 4", "10 4 2 4", "4 2", "1 3"] as const;

/** How each account's probability moved, report by report, as SVG with the same figures as a table below it. */
export function ladderFigure(steps: readonly LadderStep[], accounts: readonly string[]): string {
  if (steps.length === 0) return "<p>No report was used, so there is nothing to show.</p>";
  const shown = accounts.slice(0, linesMax);
  const series = [
    ...shown.map((actor) => ({ name: actor, values: steps.map((step) => step.accounts[actor] ?? 0) })),
    { name: "no leak", values: steps.map((step) => step.hypotheses.no_leak) },
  ];
  return `<figure>
<div class="scroll">${picture(steps, series)}</div>
<figcaption>The probability after each report. Every line is also in the table.</figcaption>
</figure>
${ladderTable(steps, series)}`;
}

interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

function picture(steps: readonly LadderStep[], series: readonly Series[]): string {
  const last = Math.max(1, steps.length - 1);
  const x = (i: number): number => left + (i / last) * (width - left - 150);
  const y = (p: number): number => 12 + (1 - p) * (height - bottom - 12);
  const grid = [0, 0.5, 0.9, 1].map(
    (p) =>
      `<line class="grid" x1="${left}" x2="${width - 150}" y1="${y(p)}" y2="${y(p)}"/><text x="${left - 6}" y="${y(p) + 4}" text-anchor="end">${Math.round(p * 100)}%</text>`,
  );
  const lines = series.map(({ name, values }, at) => {
    const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const dash = dashes[at % dashes.length] ?? "";
    const key = 20 + at * 18;
    return `<polyline class="line s${at}" stroke-dasharray="${dash}" points="${points}"/><line class="line s${at}" stroke-dasharray="${dash}" x1="${width - 140}" x2="${width - 110}" y1="${key}" y2="${key}"/><text x="${width - 104}" y="${key + 4}">${escapeHtml(name.slice(0, 18))}</text>`;
  });
  const ends = [0, steps.length - 1].map(
    (i) =>
      `<text x="${x(i)}" y="${height - 10}" text-anchor="${i === 0 ? "start" : "end"}">${steps[i]?.reports ?? 0}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Probability of each account after each report">
${[...grid, ...lines, ...ends].join("\n")}
<text x="${(width - 150 + left) / 2}" y="${height - 10}" text-anchor="middle">reports</text>
</svg>`;
}

function ladderTable(steps: readonly LadderStep[], series: readonly Series[]): string {
  const heads = series.map(({ name }) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const rows = steps.map(
    ({ reports, time }, i) =>
      `<tr><th scope="row">${reports}</th><td>${escapeHtml(time)}</td>${series.map(({ values }) => `<td>${percent(values[i] ?? 0)}</td>`).join("")}</tr>`,
  );
  return `<details><summary>The figures of the picture</summary><table><caption>Probability after each report</caption>
<thead><tr><th scope="col">reports</th><th scope="col">last call</th>${heads}</tr></thead><tbody>${rows.join("\n")}</tbody></table></details>`;
}
