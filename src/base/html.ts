/** Text that is safe inside an HTML page: made only by `html`, which escapes whatever is put into it. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Part = Html | string | number | null | readonly Part[];

/** A piece of a page. What is interpolated is text and is escaped, unless it is `Html` already; lists are joined. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    pieces.map((piece, i) => piece + (i < parts.length ? render(parts[i] ?? null) : "")).join(""),
  );
}

function render(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return String(part).replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * One self-contained page: no script, no network (its policy forbids both), light and dark as the reader's system is,
 * readable in print. `body` holds the page's sections under one `h1` with the title.
 */
export function htmlPage(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>${title}</title>
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `.toString();
}

/** A table with its caption; cells under a heading marked `#` are numbers. */
export function pageTable(
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

const pageStyle = new Html(`
:root { --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --line: #d0d7de; --tint: #f6f8fa; --accent: #0a58ca; --alarm: #b42318; --fine: #1a7f37; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117; --line: #30363d; --tint: #161b22; --accent: #6cb0ff; --alarm: #ff8f85; --fine: #56d364; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 48rem; }
.lead { font-size: 1.15rem; }
.soft, caption { color: var(--soft); }
caption { text-align: left; padding: .25rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 22rem; font-variant-numeric: tabular-nums; margin: .75rem 0; }
th, td { text-align: left; padding: .3rem 1.5rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; }
svg { width: 100%; min-width: 34rem; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.number { white-space: nowrap; }
code { overflow-wrap: anywhere; background: var(--tint); padding: .1rem .3rem; border-radius: 4px; }
@media print { main { padding: 0; max-width: none; } h2, caption { break-after: avoid; } tr { break-inside: avoid; } }
`);
