import { type Html, html, htmlPage, pageTable } from "../../base/index.ts";
import { formatInstant } from "../../domain/index.ts";
import type { EvidenceFacts, EvidenceSighting } from "./facts.ts";
import { importExhibit, rootExhibit } from "./provenance.ts";
import { count, counted, readable } from "./tables.ts";

/** Sightings printed in the report; all of them stand in sightings.csv. */
export const reportSightingsMax = 500;

/** The report that a judge reads: what was asked, what was found, what is proved, and what is not known. */
export function reportPage(facts: EvidenceFacts): string {
  return htmlPage(
    `What the account ${facts.actor} saw`,
    html`${inShort(facts)}
      <h2>This export</h2>
      ${aboutExport(facts)}
      <h2>The customers</h2>
      ${scopeTables(facts)}
      <h2>Every time a record was shown</h2>
      ${sightingsTable(facts)}
      <h2>Where these records come from</h2>
      ${sources(facts)}
      <h2>What is proved, and what is not</h2>
      ${limits(facts)}
      <h2>How to check this</h2>
      ${checking(facts)}`,
  );
}

function inShort({ actor, scope, sightings }: EvidenceFacts): Html {
  const span =
    scope.first === null || scope.last === null
      ? ""
      : `, between ${readable(scope.first)} and ${readable(scope.last)} (UTC)`;
  const share = scope.share === null ? "" : ` That is ${percent(scope.share)} of all customers on record.`;
  return html`<p class="lead">
      The account ${actor} was shown the records of ${counted(scope.customers, "customer")} in
      ${counted(sightings, "sighting")}${span}.${share}
    </p>
    <p>
      A <em>sighting</em> is one customer's record shown once. For ${counted(scope.unexplained, "customer")}
      at least one sighting has no work on record that explains it; that is a question, not an answer: the
      absence of a record of work is not proof that there was none.
    </p>
    ${
      scope.exposureUnknown === 0
        ? null
        : html`<p>
            <strong>
              ${counted(scope.exposureUnknown, "more event")} of this account
              ${scope.exposureUnknown === 1 ? "does" : "do"} not say which customers were shown. The true
              number of customers may be higher.
            </strong>
          </p>`
    }`;
}

function aboutExport(facts: EvidenceFacts): Html {
  const { actor, from, to, by, reason, exported, log, version } = facts;
  return pageTable(
    "The log recorded this export, with the digest of every file in it, before the bundle was handed out.",
    ["what", "value"],
    [
      ["asked", `what the account ${actor} saw, ${spanText(from, to)}`],
      ["exported by", `${by} (account of the operating system)`],
      ["exported at", `${readable(exported)} UTC`],
      ["reason given", reason ?? "none was given"],
      ["exhibit", rootExhibit(facts)],
      ["log", html`<code>${log.name}</code>, ${counted(log.size, "entry", "entries")} before this export`],
      ["the log's public key", html`<code style="overflow-wrap:anywhere">${log.key}</code>`],
      ["written by", `whosaw ${version}`],
    ],
  );
}

function spanText(from: string | null, to: string | null): string {
  if (from === null && to === null) return "at any time";
  return `${from === null ? "from the first record" : `from ${readable(from)}`} ${to === null ? "to the last" : `to ${readable(to)}`} (UTC)`;
}

function scopeTables({ scope }: EvidenceFacts): Html {
  return html`${pageTable(
    "A customer counts once.",
    ["customers", "#number"],
    [
      ["shown for work only", count(scope.explained)],
      ["shown without an explanation at least once", count(scope.unexplained)],
      ["shown only beside another, in the hits of a search", count(scope.bystanders)],
      ["all", count(scope.customers)],
    ],
  )}
  ${pageTable(
    "How many customers' value of each field was shown.",
    ["field", "#customers"],
    byCount(scope.fields),
  )}
  ${notExposed(scope)}
  ${Object.entries(scope.segments).map(([segment, values]) =>
    pageTable(`Customers by ${segment}.`, [segment, "#customers"], byCount(values)),
  )}`;
}

function notExposed({ notExposed: fields, notExposedUnknown }: EvidenceFacts["scope"]): Html | null {
  if (notExposedUnknown)
    return html`<p>
      Which fields this account was <em>not</em> shown can't be said: some of its reads don't name their
      fields, or some events don't name their customers.
    </p>`;
  return fields.length === 0
    ? null
    : html`<p>Shown to other accounts, and never to this one: ${fields.join(", ")}.</p>`;
}

function byCount(numbers: Readonly<Record<string, number>>): readonly (readonly string[])[] {
  return Object.entries(numbers)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, number]) => [name, count(number)]);
}

function sightingsTable({ shown, sightings }: EvidenceFacts): Html {
  const all =
    shown.length < sightings
      ? `The first ${count(shown.length)} of ${count(sightings)}; all of them stand in sightings.csv.`
      : "All of them; also in sightings.csv.";
  return pageTable(
    `${all} Times are UTC. The receipt names the log's entry: the sighting's own, or that of the import with the line of the imported file (of Parquet: the row).`,
    ["time", "customer", "action", "fields shown", "explanation", "receipt"],
    shown.map((sighting) => [
      readable(formatInstant(sighting.time)),
      sighting.customer,
      sighting.action,
      fieldsText(sighting),
      explanationText(sighting),
      receiptText(sighting),
    ]),
  );
}

function receiptText({ receipt, line }: EvidenceSighting): string {
  if (receipt === null) return "none";
  return line === 0 ? `entry ${receipt.entry}` : `entry ${receipt.entry}, line ${count(line)}`;
}

function fieldsText({ fields, masked }: EvidenceSighting): string {
  const open = fields.filter((field) => !masked.includes(field));
  const shown = open.length === 0 ? "not recorded" : open.join(", ");
  return masked.length === 0 ? shown : `${shown} (masked: ${masked.join(", ")})`;
}

function explanationText({ class: kind, explanation }: EvidenceSighting): string {
  if (kind === "bystander") return "beside another, in a search";
  return explanation === null ? "none on record" : `ticket ${explanation.ticket}: ${explanation.kind}`;
}

function sources(facts: EvidenceFacts): Html {
  const root = rootExhibit(facts);
  return html`${pageTable(
    "The log's entries of the files that the sightings were read from; each is in the bundle with its proof (entries/).",
    ["entry", "exhibit", "recorded (UTC)", "by", "file and its SHA-256", "#records", "#rejected"],
    facts.imports.map(({ index, recorded, told }) => [
      String(index),
      importExhibit(root, index),
      recorded === null ? "erased" : readable(recorded),
      told?.by ?? "",
      told === null
        ? "erased from the log by order; the order is an entry of the log"
        : html`${told.file}<br /><code style="overflow-wrap:anywhere">${told.sha256}</code>`,
      told === null ? "" : count(told.read),
      told === null ? "" : count(told.rejected),
    ]),
  )}
  ${
    facts.unproved === 0
      ? null
      : html`<p>
          <strong>
            ${counted(facts.unproved, "sighting")} came in by an import that this log does not tell of.
            Nothing in this bundle proves ${facts.unproved === 1 ? "it" : "them"}.
          </strong>
        </p>`
  }`;
}

function limits({ scope, witnessesNeeded }: EvidenceFacts): Html {
  return html`<ul>
    <li>
      <strong>Proved:</strong> files with the digests named above were recorded in the log no later than the
      time given; what the log says of them has not changed since; and this report and its tables are the ones
      that were exported. With the file itself in hand, each line of the tables can be compared with its
      source.
    </li>
    <li>
      <strong>Not proved: that the source told the truth.</strong> The log vouches for what was handed to it.
      What happened before a file was imported, and what a system did not write down, it cannot know. Records
      rejected at import are counted above; they are not among the sightings.
    </li>
    <li>
      <strong>Not proved: who sat there.</strong> An account was shown these records. Whether its owner used
      it, or somebody else who had its password, is a different question.
    </li>
    <li>
      <strong>An explanation</strong> means that a ticket, an assignment, a transfer or a review on record
      made the read part of somebody's work. Its absence is neutral. Its presence does not prove that the read
      was needed. Explanations are worked out anew from the imported tickets at every export.
    </li>
    <li>
      <strong>Exposure unknown:</strong>
      ${
        scope.exposureUnknown === 0
          ? "no event of this account hides which customers it showed, in the files that were imported."
          : `${counted(scope.exposureUnknown, "event")} in exposure-unknown.csv; no customer was counted for ${scope.exposureUnknown === 1 ? "it" : "them"}.`
      }
    </li>
    <li>
      <strong>Fields</strong> are names. The customers' data themselves are nowhere in this bundle. "Not
      recorded" means that the source did not say which fields were shown.
    </li>
    <li>
      <strong>The operator</strong> holds the log's private key.
      ${
        witnessesNeeded === 0
          ? "No independent witness cosigns this log: that its operator did not write it anew as a whole can be told only by comparing an older checkpoint, kept by somebody else."
          : `${counted(witnessesNeeded, "independent witness", "independent witnesses")} must cosign its checkpoints; the cosignatures stand under the checkpoint in the proof files.`
      }
    </li>
  </ul>`;
}

function checking({ attachments }: EvidenceFacts): Html {
  return html`<p>
      HOW-TO-VERIFY.txt says it step by step: in a browser without a network (verify.html), or with the stock
      tools openssl and sha256sum. SHA256SUMS lists every file with its digest, and the log's own record of
      this export (export.json) holds the digest of that list. provenance.case.json tells the same in the
      words of the CASE ontology.
    </p>
    ${pageTable(
      "The tables of this bundle.",
      ["file", "#bytes", "SHA-256"],
      attachments.map(({ path, bytes, sha256 }) => [
        path,
        count(bytes),
        html`<code style="overflow-wrap:anywhere">${sha256}</code>`,
      ]),
    )}`;
}

/** 0.9731 as "97.3%"; what rounds to all or nothing but isn't says so. */
function percent(share: number): string {
  if (share > 0.999 && share < 1) return "more than 99.9%";
  if (share > 0 && share < 0.001) return "less than 0.1%";
  return `${(share * 100).toFixed(1)}%`;
}
