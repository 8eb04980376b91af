import { isRefusal, refusal } from "../../base/index.ts";
import { parseActorId } from "../../domain/index.ts";
import type { Scope } from "../../serve/index.ts";
import {
  type ExitCode,
  type Invocation,
  notAnId,
  parseSpan,
  printJson,
  refuse,
  tell,
  tellUnknown,
  withDesk,
} from "../invocation.ts";
import { scopePage } from "../pages/scope.ts";
import { writePage, writeWhole } from "../pages/write.ts";
import { paint } from "../terminal/screen.ts";
import { count, percent, table } from "../terminal/table.ts";

interface ScopeOptions {
  readonly actor: string;
  readonly from?: string;
  readonly to?: string;
  readonly unexplained?: boolean;
  readonly out?: string;
  readonly html?: string;
}

/** `whosaw scope --actor ID`: the customers and fields exposed; `--out` writes the list. */
export async function scopeCommand(invocation: Invocation, options: ScopeOptions): Promise<ExitCode> {
  const actor = parseActorId(options.actor);
  if (actor === null) return refuse(invocation, notAnId("actor"));
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return refuse(invocation, span);
  if (options.out === "-")
    return refuse(
      invocation,
      refusal("usage", "the list is a file: stdout holds the answer", "Name it: --out exposed.csv"),
    );
  const question = { actor, unexplainedOnly: options.unexplained === true, ...span };
  return withDesk(invocation, async (desk) => {
    const answer = await desk.scope(question);
    if (options.out !== undefined) {
      const wrong = await writeWhole(options.out, desk.scopeCsv(question));
      if (wrong !== null) return refuse(invocation, wrong);
      tell(invocation, `${count(answer.customers)} customers written to ${options.out}`);
    }
    const written = await writePage(invocation, options.html, () => scopePage(answer));
    if (written !== 0) return written;
    if (invocation.options.json) printJson(invocation.screen, answer);
    else invocation.screen.out(scopeText(invocation, answer, question.unexplainedOnly));
    if (answer.customers + answer.exposureUnknown === 0) await tellUnknown(invocation, desk, actor);
    return 0;
  });
}

function scopeText({ screen }: Invocation, answer: Scope, unexplainedOnly: boolean): string {
  if (answer.customers === 0)
    return `${answer.actor} saw no customer in this time${unexplainedOnly ? " without an explanation" : ""}.\n${unknownScopeText(answer)}`;
  const share = answer.share === null ? "" : ` (${percent(answer.share)} of all customers)`;
  return [
    paint(
      screen,
      "bold",
      `${answer.actor} saw ${count(answer.customers)} customers${share}${unexplainedOnly ? " in unexplained reads" : ""}, ${(answer.first ?? "").slice(0, 10)} to ${(answer.last ?? "").slice(0, 10)}.\n`,
    ),
    "\n",
    table([{ heading: "customers" }, { heading: "number", align: "right" }], scopeRows(answer)),
    "\n",
    table(
      [{ heading: "field" }, { heading: "customers whose value was shown", align: "right" }],
      fieldRows(answer),
    ),
    notExposedText(answer),
    segmentsText(answer),
    unknownScopeText(answer),
  ].join("");
}

export function scopeRows(answer: Scope): string[][] {
  return [
    ["read for work only", count(answer.explained)],
    ["read without an explanation at least once", count(answer.unexplained)],
    ["shown only beside a search", count(answer.bystanders)],
  ];
}

export function fieldRows({ fields }: Scope): string[][] {
  return Object.entries(fields)
    .sort(([, a], [, b]) => b - a)
    .map(([field, customers]) => [field, count(customers)]);
}

/** What was not exposed, or that it can't be said. */
export function notExposedText({ notExposed, notExposedUnknown }: Scope): string {
  if (notExposedUnknown)
    return "\nWhat was not exposed can't be said: some reads don't name their fields or their customers.\n";
  return notExposed.length === 0 ? "" : `\nNot exposed through this actor: ${notExposed.join(", ")}.\n`;
}

const valuesShownMax = 6;

function segmentsText({ segments }: Scope): string {
  const rows = Object.entries(segments).map(([segment, values]) => {
    const sorted = Object.entries(values).sort(([, a], [, b]) => b - a);
    const shown = sorted.slice(0, valuesShownMax).map(([value, customers]) => `${value} ${count(customers)}`);
    const rest = sorted.length - shown.length;
    return [segment, shown.join(", ") + (rest > 0 ? `, and ${rest} more` : "")];
  });
  return rows.length === 0 ? "" : `\n${table([{ heading: "segment" }, { heading: "customers" }], rows)}`;
}

export function unknownScopeText({ exposureUnknown }: Scope): string {
  return exposureUnknown === 0
    ? ""
    : `\nExposure unknown: ${count(exposureUnknown)} events of this actor don't say which customers they showed; the list can be longer.\n`;
}
