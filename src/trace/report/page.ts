import type { AccountAnswer, TraceAnswer, Verdict } from "../answer.ts";
import type { Hypothesis } from "../model/posterior.ts";
import { count, framingLimit, percent } from "../sentences.ts";
import type { Measured, MeasuredRow } from "./measured.ts";
import { escapeHtml } from "./escape.ts";
import { ladderFigure } from "./ladder.ts";
import { style } from "./style.ts";

const titles: Readonly<Record<Verdict, string>> = {
  insider: "An insider",
  stolen_account: "A stolen account",
  outside_breach: "A breach from outside",
  no_leak: "No leak",
  undetermined: "Undetermined",
};

/** Reads listed on the page; the JSON answer holds all of them. */
const readsMax = 2000;

/**
 * The trace as one HTML page that needs nothing else: no network, no script. Whatever came from the data is escaped.
 * `measured`: how the method fared in simulation, with the command that measured it; null where no bench has been run.
 */
export function tracePage(answer: TraceAnswer, measured: Measured | null, made: string): string {
  const title = `Trace: ${titles[answer.verdict].toLowerCase()}`;
  const parts = [
    `<h1>${titles[answer.verdict]}</h1>`,
    `<p class="verdict">${answer.sentences.map(escapeHtml).join(" ")}</p>`,
    section(
      "How the probability moved",
      ladderFigure(
        answer.ladder,
        answer.accounts.map(({ actor }) => actor),
      ),
    ),
    section("The hypotheses", hypotheses(answer)),
    section(
      "The accounts",
      answer.accounts.length === 0
        ? "<p>No account is above 1%.</p>"
        : answer.accounts.map(account).join("\n"),
    ),
    section("What would change this", list(answer.wouldChange)),
    section("How far to trust the method", measuredSection(measured)),
    section("What was put in before the reports were heard", priors(answer)),
    section("The reports", reports(answer)),
    section("Limits", list(limits(answer))),
    `<p class="soft">Made ${escapeHtml(made)} by whosaw.</p>`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>
${parts.join("\n")}
</main></body></html>
`;
}

function section(heading: string, body: string): string {
  return `<section><h2>${escapeHtml(heading)}</h2>\n${body}\n</section>`;
}

function list(sentences: readonly string[]): string {
  return `<ul>${sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join("\n")}</ul>`;
}

interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function table({ caption, heads, rows }: Table): string {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join("");
  const body = rows.map(
    ([first = "", ...rest]) =>
      `<tr><th scope="row">${escapeHtml(first)}</th>${rest.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

function hypotheses(answer: TraceAnswer): string {
  const rows = (Object.entries(answer.hypotheses) as [Hypothesis, number][])
    .sort((a, b) => b[1] - a[1])
    .map(([name, p]) => [titles[name], percent(p), percent(answer.settings.priors.hypotheses[name])]);
  const share =
    answer.leakShare === null
      ? ""
      : `<p>If there is a leak, ${percent(answer.leakShare.mean)} of these reports come from it (${percent(answer.leakShare.low)} to ${percent(answer.leakShare.high)}, the middle 90%).</p>`;
  const segments = answer.segments.map(({ segment, probability }) => [segment, percent(probability)]);
  const parts =
    segments.length === 0
      ? ""
      : table({
          caption: "If it came from outside: what was taken",
          heads: ["part of the base", "probability"],
          rows: segments,
        });
  const caption = "A hypothesis above 90% is the verdict";
  return table({ caption, heads: ["hypothesis", "probability", "before the reports"], rows }) + share + parts;
}

function account(answer: AccountAnswer): string {
  const rows = answer.reads
    .slice(0, readsMax)
    .map(({ customer, called, kind, first, last, reads }) => [
      customer,
      called,
      kind,
      first,
      last,
      String(reads),
    ]);
  // A customer has a row for each channel: one who was read for work and without a reason has two.
  const customers = new Set(answer.reads.map(({ customer }) => customer)).size;
  const heads = ["customer", "called", "channel", "first read before", "last read before", "reads"];
  const caption = `The reads behind every hit of ${answer.actor}${answer.reads.length > readsMax ? ` (the first ${readsMax})` : ""}; times are UTC`;
  return `<article><h3>${escapeHtml(answer.actor)}: ${percent(answer.probability)}</h3>
${list(answer.sentences)}
<details><summary>The reads of ${customers} reporting ${customers === 1 ? "customer" : "customers"}</summary>${table({ caption, heads, rows })}</details></article>`;
}

function measuredSection(measured: Measured | null): string {
  if (measured === null)
    return "<p>This copy carries no measurement of the method; run the calibration benchmark to make one.</p>";
  const { named, runs } = measured.falselyNamed;
  const incidents = `${measured.runs} simulated incidents with known truth; measured ${measured.date}`;
  return `${measuredTable(`Verdicts (${incidents})`, ["verdicts", "were true"], measured.verdicts)}
${measuredTable(`Accounts (${incidents})`, ["accounts", "were guilty"], measured.accounts)}
<p>Where nobody inside leaked, an account was named at 90% in ${named} of ${runs} simulated incidents. Command: <code>${escapeHtml(measured.command)}</code>. A simulation is not this company: it shows that the arithmetic is honest, not that the assumptions hold here.</p>`;
}

function measuredTable(
  caption: string,
  [what, right]: readonly [string, string],
  measured: readonly MeasuredRow[],
): string {
  const rows = measured.map((row) => [
    `at least ${percent(row.threshold)}`,
    row.claims === 0 ? "none" : percent(row.stated),
    String(row.claims),
    row.claims === 0 ? "none" : `${row.right} of ${row.claims}`,
    `${(row.interval.low * 100).toFixed(1)}% to ${(row.interval.high * 100).toFixed(1)}%`,
  ]);
  return table({
    caption,
    heads: ["probability stated", "in the mean", what, right, "share, 95% interval"],
    rows,
  });
}

function priors(answer: TraceAnswer): string {
  return `<p>All of it is configuration. Seeds are recorded: equal reports, equal sightings and equal settings give this page again.</p>
<pre>${escapeHtml(JSON.stringify(answer.settings, null, 2))}</pre>`;
}

function reports(answer: TraceAnswer): string {
  const rows = answer.used.map(({ customer, time, knowledge, stratum, matched }) => [
    customer,
    time,
    {
      exclusive: "a fact only this database holds",
      much: "several ordinary facts",
      little: "one ordinary fact",
      unsaid: "not said",
    }[knowledge],
    stratum,
    count(matched),
  ]);
  const heads = ["customer", "called", "the caller knew", "compared with customers like", "looked at"];
  return table({ caption: `${answer.reports.used} of ${answer.reports.given} reports used`, heads, rows });
}

function limits(answer: TraceAnswer): readonly string[] {
  return [
    "A probability here is of an account, not of a person; it is no proof, and it is not enough to accuse anybody.",
    "Background calls are taken to strike customers of one stratum (language, kind, phone number, contact with support) alike. A cause nobody recorded that drives both contact and calls would break that.",
    `Invented reports look like true ones. At most 1 to ${count(1 / answer.settings.model.contamination)} is granted to any single one, so one alone names nobody among two hundred accounts or more (among fewer it can); but ${framingLimit}.`,
    `Reads within ${answer.settings.clockToleranceHours} hours before the call don't count, since clocks differ and taking a report is itself a read.`,
    `${count(answer.exposureUnknown.events)} events did not say which customers they showed, and are not counted.`,
  ];
}
