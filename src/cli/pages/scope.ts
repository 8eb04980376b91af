import { html, htmlPage, pageTable } from "../../base/index.ts";
import type { Scope } from "../../serve/index.ts";
import { fieldRows, notExposedText, scopeRows, unknownScopeText } from "../commands/scope.ts";
import { count, percent } from "../terminal/table.ts";
import { shortSpan } from "./timeline.ts";

/** The customers and fields exposed through one actor, as one page. The customers themselves stand in the file of --out. */
export function scopePage(answer: Scope): string {
  return htmlPage(
    `What was exposed through ${answer.actor}`,
    html`<p class="lead">
        ${count(answer.customers)}
        customers${answer.share === null ? "" : ` (${percent(answer.share)} of all)`}, ${shortSpan(answer)}.
      </p>
      <h2>Customers</h2>
      ${pageTable("A customer counts once.", ["customers", "#number"], scopeRows(answer))}
      <h2>Fields</h2>
      ${pageTable("How many customers' value of each field was shown.", ["field", "#customers"], fieldRows(answer))}
      <p>${notExposedText(answer)}</p>
      <h2>Segments</h2>
      ${Object.entries(answer.segments).map(([segment, values]) =>
        pageTable(
          segment,
          [segment, "#customers"],
          Object.entries(values)
            .sort(([, a], [, b]) => b - a)
            .map(([value, customers]) => [value, count(customers)]),
        ),
      )}
      <p>${unknownScopeText(answer)}</p>`,
  );
}
