import { parseActorId } from "../../domain/index.ts";
import type { WhatSaw } from "../../serve/index.ts";
import { isRefusal } from "../../base/index.ts";
import {
  type ExitCode,
  type Invocation,
  notAnId,
  parseSpan,
  printJson,
  refuse,
  tellUnknown,
  withDesk,
} from "../invocation.ts";
import { actorPage } from "../pages/actor.ts";
import { writePage } from "../pages/write.ts";
import { readsChart } from "../terminal/chart.ts";
import { paint } from "../terminal/screen.ts";
import { count, percent, table } from "../terminal/table.ts";

/** `whosaw actor ID`: what this actor saw. */
export async function actorCommand(
  invocation: Invocation,
  id: string,
  options: { readonly from?: string; readonly to?: string; readonly html?: string },
): Promise<ExitCode> {
  const actor = parseActorId(id);
  if (actor === null) return refuse(invocation, notAnId("actor"));
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return refuse(invocation, span);
  return withDesk(invocation, async (desk) => {
    const answer = await desk.whatSaw(actor, span);
    const written = await writePage(invocation, options.html, () => actorPage(answer));
    if (written !== 0) return written;
    if (invocation.options.json) printJson(invocation.screen, answer);
    else invocation.screen.out(actorText(invocation, answer));
    if (answer.sightings + answer.exposureUnknown === 0) await tellUnknown(invocation, desk, actor);
    return 0;
  });
}

function actorText({ screen }: Invocation, answer: WhatSaw): string {
  if (answer.sightings === 0)
    return `No sighting by ${answer.actor} is on record.\n${unknownActorText(answer)}${probesActorText(answer)}`;
  const who = [answer.kind, answer.team === null ? null : `team ${answer.team}`]
    .filter((part) => part !== null)
    .join(", ");
  return [
    paint(
      screen,
      "bold",
      `${answer.actor}${who === "" ? "" : ` (${who})`} saw ${count(answer.customers)} customers in ${count(answer.sightings)} reads, ` +
        `${(answer.first ?? "").slice(0, 10)} to ${(answer.last ?? "").slice(0, 10)}.\n`,
    ),
    `\n${readsChart(answer.timeline, screen.width - 16)}\n`,
    table(
      [{ heading: "reads" }, { heading: "number", align: "right" }, { heading: "" }],
      [
        [
          "explained by work",
          count(answer.explained),
          answer.explainedShare === null ? "" : percent(answer.explainedShare),
        ],
        ["bystanders of a search", count(answer.bystanders), "listed apart"],
        [
          "unexplained",
          count(answer.unexplained),
          `${count(answer.unexplainedCustomers)} customers; neutral, not guilty`,
        ],
      ],
    ),
    peersText(answer),
    fieldsText(answer),
    unknownActorText(answer),
    probesActorText(answer),
  ].join("");
}

/** Tables and fields of probes that are shown, most often asked first. */
const probesShownMax = 5;

function probesActorText({ probes, probesOf }: WhatSaw): string {
  if (probes === 0) return "";
  const shown = probesOf
    .slice(0, probesShownMax)
    .map((one) => `${one.table} (${one.fields.join(", ")}) ${count(one.probes)}`);
  const more = probesOf.length > probesShownMax ? ", and others" : "";
  return `\nProbes: ${probes === 1 ? "1 statement" : `${count(probes)} statements`} decided by customers' fields, and naming nobody: ${shown.join("; ")}${more}.\n`;
}

export function actorRows(answer: WhatSaw): string[][] {
  const share = answer.explainedShare === null ? "" : percent(answer.explainedShare);
  const neutral = `${count(answer.unexplainedCustomers)} customers; neutral, not guilty`;
  return [
    ["explained by work", count(answer.explained), share],
    ["bystanders of a search", count(answer.bystanders), "listed apart"],
    ["unexplained", count(answer.unexplained), neutral],
  ];
}

function fieldsText({ fields }: WhatSaw): string {
  const rows = Object.entries(fields).map(([field, customers]) => [field, count(customers)]);
  if (rows.length === 0) return "\nThe source doesn't say which fields were shown.\n";
  return `\n${table([{ heading: "field" }, { heading: "customers whose value was shown", align: "right" }], rows)}`;
}

export function peersText({ peers }: WhatSaw): string {
  if (peers === null) return "";
  const { explainedShare: share, customersADay: day } = peers;
  return (
    `\nThe ${count(peers.actors)} members of team ${peers.team} in these days: explained ${percent(share.low)} to ${percent(share.high)} ` +
    `(median ${percent(share.median)}), ${day.low.toFixed(0)} to ${day.high.toFixed(0)} customers a day (median ${day.median.toFixed(0)}); ` +
    `5th to 95th percentile.\n`
  );
}

export function unknownActorText({ exposureUnknown, exposureUnknownRowsMax }: WhatSaw): string {
  if (exposureUnknown === 0) return "";
  const bound =
    exposureUnknownRowsMax === null ? "no bound is known" : `at most ${count(exposureUnknownRowsMax)} rows`;
  return `\nExposure unknown: ${count(exposureUnknown)} of this actor's events don't say which customers they showed (${bound}).\n`;
}
