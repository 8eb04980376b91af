import { html, htmlPage, pageTable } from "../../base/index.ts";
import type { WhatSaw } from "../../serve/index.ts";
import { actorRows, peersText, unknownActorText } from "../commands/actor.ts";
import { count } from "../terminal/table.ts";
import { shortSpan, timelineFigure } from "./timeline.ts";

/** What one actor saw, as one page. */
export function actorPage(answer: WhatSaw): string {
  return htmlPage(
    `What ${answer.actor} saw`,
    html`<p class="lead">
        ${count(answer.customers)} customers in ${count(answer.sightings)} reads, ${shortSpan(answer)}.
      </p>
      ${timelineFigure(answer.timeline)}
      <h2>Explained and not</h2>
      ${pageTable("Unexplained is neutral, not guilty.", ["reads", "#number", "note"], actorRows(answer))}
      <p>${peersText(answer)}</p>
      <h2>Fields shown</h2>
      ${pageTable(
        "How many different customers' values of each field.",
        ["field", "#customers"],
        Object.entries(answer.fields).map(([field, customers]) => [field, count(customers)]),
      )}
      <p>${unknownActorText(answer)}</p>
      <h2>By day</h2>
      ${pageTable(
        "Days are UTC.",
        ["day", "#reads", "#explained", "#bystanders", "#unexplained", "#customers"],
        answer.timeline.map((day) => [
          day.day,
          ...[day.reads, day.explained, day.bystanders, day.unexplained, day.customers].map(count),
        ]),
      )}`,
  );
}
