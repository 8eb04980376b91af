import { open } from "node:fs/promises";
import { formatInstant, type Instant } from "../../domain/index.ts";
import type { FullReport } from "../calls.ts";
import type { Desk, Outcome } from "../desk.ts";
import { customerText, maskFields, maskTexts } from "../text.ts";

/** Stolen customers written at once. */
const batchRows = 10_000;

/**
 * truth.json: one JSON document, written piece by piece, every report and every stolen customer on a line of its own,
 * so that a reader of millions can go line by line.
 */
export async function writeTruth(path: string, desk: Desk, outcome: Outcome): Promise<void> {
  const { truth, reports } = outcome;
  const { stolen } = truth;
  const file = await open(path, "w");
  try {
    await file.write(head(desk, outcome));
    for (const [at, report] of reports.entries())
      await file.write(`${JSON.stringify(reportTruth(desk, report))}${at + 1 < reports.length ? "," : ""}\n`);
    await file.write(`],\n"stolen":[\n`);
    for (let from = 0; from < stolen.count; from += batchRows) {
      let text = "";
      for (let at = from; at < Math.min(stolen.count, from + batchRows); at++) {
        const by = stolen.actor[at]!;
        const actor = by < 0 ? "null" : `"${desk.actors[by]!.id}"`;
        const fields = maskTexts[stolen.fields[at]!]!.replaceAll(";", '","');
        text += `{"customer":"${customerText(stolen.customer[at]!)}","time":"${formatInstant(stolen.time[at]! as Instant)}","actor":${actor},"fields":["${fields}"]}`;
        text += at + 1 < stolen.count ? ",\n" : "\n";
      }
      await file.write(text);
    }
    await file.write("]}\n");
  } finally {
    await file.close();
  }
}

function head({ scenario, seed, actors }: Desk, { truth }: Outcome): string {
  const ids = (indexes: readonly number[]): readonly string[] => indexes.map((index) => actors[index]!.id);
  const start = {
    kind: truth.kind,
    story: truth.story,
    accounts: ids(truth.accounts),
    people: ids(truth.people),
    framed: truth.framed < 0 ? null : actors[truth.framed]!.id,
    stolenCount: truth.stolen.count,
    seed,
    scenario,
  };
  return `${JSON.stringify(start).slice(0, -1)},\n"reports":[\n`;
}

function reportTruth(desk: Desk, report: FullReport): object {
  return {
    customer: customerText(report.customer),
    time: formatInstant(report.time as Instant),
    knew: maskFields[report.knew]!,
    origin: report.origin,
    called: formatInstant(report.called as Instant),
    account: report.account < 0 ? null : desk.actors[report.account]!.id,
    duplicateOf: report.duplicateOf < 0 ? null : report.duplicateOf,
  };
}
