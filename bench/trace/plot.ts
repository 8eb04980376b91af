import type { CalibrationRow } from "../../src/stats/index.ts";

const size = 360;
const margin = 48;

/** The calibration plot: stated against observed share of guilty accounts, with exact 95% intervals. One SVG, no scripts. */
export function calibrationPlot(bands: readonly CalibrationRow[], title: string): string {
  const at = (share: number): number => margin + share * size;
  const up = (share: number): number => margin + (1 - share) * size;
  const full = bands.filter((band) => band.claims > 0);
  const dots = full.map((band) => {
    const x = at(band.stated).toFixed(1);
    const tip = `stated ${band.stated.toFixed(2)}, found ${band.right} of ${band.claims}`;
    return `<line x1="${x}" x2="${x}" y1="${up(band.interval.low).toFixed(1)}" y2="${up(band.interval.high).toFixed(1)}" stroke="#5b7fb5" stroke-width="2"/><circle cx="${x}" cy="${up(band.share).toFixed(1)}" r="4" fill="#1f4e99"><title>${tip}</title></circle>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${at(share)}" y="${size + margin + 18}" text-anchor="middle">${share}</text><text x="${margin - 8}" y="${up(share) + 4}" text-anchor="end">${share}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size + 2 * margin} ${size + 2 * margin}" role="img" aria-label="${title}" font-family="sans-serif" font-size="12" fill="#444">
<title>${title}</title>
<rect x="${margin}" y="${margin}" width="${size}" height="${size}" fill="none" stroke="#999"/>
<line x1="${at(0)}" y1="${up(0)}" x2="${at(1)}" y2="${up(1)}" stroke="#999" stroke-dasharray="4 4"/>
${dots.join("\n")}
${ticks.join("\n")}
<text x="${margin + size / 2}" y="${size + margin + 38}" text-anchor="middle">probability stated</text>
<text x="14" y="${margin + size / 2}" text-anchor="middle" transform="rotate(-90 14 ${margin + size / 2})">share found guilty</text>
</svg>
`;
}
