import { html, htmlPage, pageTable } from "../../base/index.ts";
import type { SeenOnce, WhoSaw } from "../../serve/index.ts";
import { byDay, reasonText, shownFields, unexplainedIn, unknownCustomerText } from "../commands/customer.ts";
import { count } from "../terminal/table.ts";
import { timelineFigure } from "./timeline.ts";

/** Who saw one customer, as one page to print or to send. */
export function customerPage(answer: WhoSaw): string {
  const { sightings } = answer;
  const actors = new Set(sightings.map(({ actor }) => actor)).size;
  return htmlPage(
    `Who saw customer ${answer.customer}`,
    html`<p class="lead">
        ${count(sightings.length)} sightings by ${count(actors)} actors; ${count(unexplainedIn(sightings))} of
        these without an explanation.
      </p>
      <p class="soft">
        Without an explanation means: no ticket, assignment, transfer or review on record makes the read work.
        That is neutral; it is what remains to be looked at.
      </p>
      ${timelineFigure(byDay(sightings))}
      <h2>Every sighting</h2>
      ${pageTable(
        "Times are UTC.",
        ["time", "actor", "action", "fields shown", "reason", "origin"],
        sightings.map((sighting) => [
          sighting.time.replace("T", " ").replace("Z", ""),
          sighting.actor,
          sighting.action,
          shownFields(sighting),
          reasonText(sighting),
          originText(sighting),
        ]),
      )}
      <p>${unknownCustomerText(answer)}</p>`,
  );
}

function originText({ origin, receipt }: SeenOnce): string {
  if (origin !== null) return `import ${origin.import}, line ${count(origin.line)}`;
  return receipt === null ? "gateway" : `gateway, entry ${count(receipt.index)}`;
}
