import { isRefusal } from "../../base/index.ts";
import { type TraceAnswer, readReports } from "../../serve/index.ts";
import {
  type ExitCode,
  type Invocation,
  parseSpan,
  printJson,
  refuse,
  tell,
  withDesk,
} from "../invocation.ts";
import { writePage } from "../pages/write.ts";
import { type Screen, paint } from "../terminal/screen.ts";
import { count, percent, table } from "../terminal/table.ts";

interface TraceOptions {
  readonly reports: string;
  readonly from?: string;
  readonly to?: string;
  readonly html?: string;
}

const rejectedShownMax = 5;

/** `whosaw trace --reports FILE`: the verdict. Exit code 1 when it names an account or a report was rejected. */
export async function traceCommand(invocation: Invocation, options: TraceOptions): Promise<ExitCode> {
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return refuse(invocation, span);
  const file = await readReports(options.reports);
  if (isRefusal(file)) return refuse(invocation, file);
  for (const { line, reason } of file.rejected.slice(0, rejectedShownMax)) {
    invocation.screen.err(`${options.reports}:${line}: report not used: ${reason}\n`);
  }
  if (file.rejected.length > rejectedShownMax)
    invocation.screen.err(`... and ${file.rejected.length - rejectedShownMax} more\n`);
  return withDesk(invocation, async (desk) => {
    tell(invocation, `weighing ${count(file.reports.length)} reports`);
    const answer = await desk.trace(file.reports, span);
    const written = await writePage(invocation, options.html, () => desk.traceReport(answer));
    if (written !== 0) return written;
    if (invocation.options.json) printJson(invocation.screen, { ...answer, rejected: file.rejected });
    else invocation.screen.out(traceText(invocation.screen, answer));
    return namesAccount(answer) || file.rejected.length > 0 ? 1 : 0;
  });
}

/** A verdict names an account when it says insider or stolen account. */
export function namesAccount({ verdict }: TraceAnswer): boolean {
  return verdict === "insider" || verdict === "stolen_account";
}

const verdictWords: { readonly [verdict in TraceAnswer["verdict"]]: string } = {
  insider: "an insider",
  stolen_account: "a stolen account",
  outside_breach: "a breach from outside",
  no_leak: "no leak",
  undetermined: "undetermined",
};

/** The verdict as a person reads it: the word first, then how sure, then why. */
export function traceText(screen: Screen, answer: TraceAnswer): string {
  const { used, given, unknownCustomer } = answer.reports;
  const aside = given - used;
  return [
    paint(screen, "bold", `Verdict: ${verdictWords[answer.verdict]}.\n`),
    `${count(used)} ${used === 1 ? "report" : "reports"} used${aside > 0 ? ` of ${count(given)} (${count(unknownCustomer)} by nobody in the base, the others told twice)` : ""}. ${neededText(answer)}\n\n`,
    table(
      [{ heading: "hypothesis" }, { heading: "probability", align: "right" }],
      Object.entries(answer.hypotheses)
        .sort(([, a], [, b]) => b - a)
        .map(([name, probability]) => [name.replace("_", " "), percent(probability)]),
    ),
    accountsText(answer),
    shareText(answer),
    "A probability is no proof: it says what the reports and the reads support, under the priors in the answer (--json).\n",
  ].join("");
}

function shareText({ leakShare }: TraceAnswer): string {
  if (leakShare === null) return "";
  const { low, high, mean } = leakShare;
  return `\nOf the reports, ${percent(low)} to ${percent(high)} come from a leak, if there is one (mean ${percent(mean)}).\n`;
}

function neededText({ verdict, reportsNeeded }: TraceAnswer): string {
  if (verdict !== "undetermined") return "No further report is needed to decide.";
  return reportsNeeded === null
    ? "More reports alone will hardly decide it."
    : `About ${count(reportsNeeded)} more would decide it.`;
}

const accountsShownMax = 5;

function accountsText({ accounts }: TraceAnswer): string {
  if (accounts.length === 0) return "\nNo account stands out.\n";
  const shown = accounts.slice(0, accountsShownMax);
  return [
    "\n",
    table(
      [
        { heading: "account" },
        { heading: "probability", align: "right" },
        { heading: "hits", align: "right" },
        { heading: "by chance", align: "right" },
        { heading: "reach", align: "right" },
        { heading: "together with" },
      ],
      shown.map((account) => [
        account.actor,
        percent(account.probability),
        count(account.hits),
        account.expectedHits.toFixed(1),
        count(account.reach),
        account.together.join(", "),
      ]),
    ),
    accounts.length > shown.length ? `and ${count(accounts.length - shown.length)} more above 1%\n` : "",
    "\n",
    ...(shown[0]?.sentences ?? []).map((sentence) => `${sentence}\n`),
  ].join("");
}
