import { Html, html } from "../../base/index.ts";

/** A table with its caption; cells under a heading marked `#` are numbers. */
export function reportTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (string | Html)[])[],
): Html {
  const side = (i: number): Html => new Html(headings[i]?.startsWith("#") === true ? ' class="number"' : "");
  return html`<div class="wide">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading, i) => html`<th scope="col" ${side(i)}>${heading.replace(/^#/, "")}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td${side(i)}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** 1234567 as "1,234,567". */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** "1 customer", "2 customers". */
export function counted(number: number, one: string, many: string = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A time as a reader writes it: `2019-07-01 09:02:00`, UTC. */
export function readable(time: string): string {
  return time
    .replace("T", " ")
    .replace(/(\.0+)?Z$/, "")
    .slice(0, 23);
}
