import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { GatewayEvent } from "../../../src/capture/index.ts";
import type { Field } from "../../../src/policy/index.ts";
import type { DeskSize, HelpDesk, Served } from "./desk.ts";
import { applicationRole, changed, proposedProtection, startDeskGateway } from "./gateway.ts";
import { type HeldLog, openHeldLog } from "./log.ts";
import { openBrowser, type Shown, type Step, type Walk, walk } from "./pages.ts";
import { classify, type Judged } from "./protected.ts";
import { countNames, type PageCounts, type PageTally, tallyOf } from "./tally.ts";
import { openTap, type Tap } from "./tap.ts";

export interface DeskBench {
  /** Debian packages that this machine lacks. */
  readonly missing: readonly string[];
  readonly start: (size: DeskSize) => Promise<HelpDesk>;
  readonly steps: (desk: HelpDesk) => readonly Step[];
  /** Fields whose class is another than the proposed one in the form in which contacts are masked. */
  /** What may stand on a page for a masked contact. */
  readonly stars: RegExp;
  readonly whenMasked: Readonly<Record<string, Readonly<Record<string, Field>>>>;
}

const percent = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)}%)`;
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 700);
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const has = (flag: string): boolean => process.argv.includes(`--${flag}`);

/** Walks through a help desk once with everything compared, then for the time: once through the gateway, twice past it. */
export async function benchDesk(bench: DeskBench): Promise<void> {
  if (bench.missing.length > 0) {
    console.error(`not installed: apt-get install --no-install-recommends ${bench.missing.join(" ")}`);
    process.exit(2);
  }
  const folder = mkdtempSync(join(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-desk-log-"));
  const desk = await bench.start(
    has("short") ? { requestors: 40, tickets: 60, staff: 3 } : { requestors: 200, tickets: 400, staff: 5 },
  );
  try {
    await measure(bench, desk, folder);
  } finally {
    await desk.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function onTrouble(what: string): void {
  console.log(`trouble: ${what}`);
}

async function measure(bench: DeskBench, desk: HelpDesk, folder: string): Promise<void> {
  const log = await openHeldLog(folder);
  const proposed = await proposedProtection(desk);
  const protection = has("masked") ? changed(proposed, bench.whenMasked) : proposed;
  const role = applicationRole(desk.login.user, has("masked") ? "masked" : "plain");
  const gateway = await startDeskGateway(desk, protection, { role, record: log.record, onTrouble });
  const tap = await openTap(gateway.port);
  const browser = await openBrowser();
  const app = await desk.serve(tap.port);
  const where = { url: app.url, steps: bench.steps(desk), wrong: desk.wrong };

  const compared = await compare({ browser, desk, log, tap, where, stars: bench.stars });
  const { errors, statements } = { errors: [...tap.errors], statements: [...tap.statements] };
  const events = [...log.events];
  const judged = await classify(desk, { protection, role }, statements);
  printCompared(desk, compared, { judged, statements, errors, events });
  printRefusals(events, errors);
  printIdle(compared);
  if (has("statements")) for (const text of new Set(statements)) console.log(`-- ${oneLine(text)}`);

  if (!has("untimed")) await time({ browser, desk, app, where });
  await app.stop();
  await browser.close();
  tap.close();
  await gateway.close(0);
  const verified = await log.verified();
  console.log(
    `the log, verified          ${verified.ok ? "holds" : "DOES NOT HOLD"}: ${verified.entries} entries for ${log.events.length} events`,
  );
  for (const problem of verified.problems) console.log(`PROBLEM ${problem}`);
  if (!verified.ok) process.exitCode = 1;
}

interface Place {
  readonly browser: Browser;
  readonly desk: HelpDesk;
  readonly where: Walk;
}

type Compared = PageTally & Pick<Shown, "title" | "failed" | "lost">;

async function compare({
  browser,
  desk,
  log,
  stars,
  tap,
  where,
}: Place & {
  readonly log: HeldLog;
  readonly tap: Tap;
  readonly stars: RegExp;
}): Promise<readonly Compared[]> {
  const pages: Compared[] = [];
  const tally = tallyOf(desk, log.events, tap);
  console.log(countNames.map((name) => name.padStart(11)).join(""), " page");
  await walk(browser, where, async (shown) => {
    const counts = await tally(shown);
    const { failed, lost, title } = shown;
    pages.push({ ...counts, title, failed, lost });
    const masks = [...new Set(shown.text.match(stars))].slice(0, 4).join("  ");
    const said = `${shown.step}${failed ? " FAILED" : ""}${has("masked") ? `  ${masks}` : ""}`;
    console.log(countNames.map((name) => String(counts[name]).padStart(11)).join(""), ` ${said}`);
  });
  return pages;
}

function printCompared(
  desk: HelpDesk,
  pages: readonly Compared[],
  { errors, events, judged, statements }: Found,
): void {
  const total = (name: keyof PageCounts): number => sum(pages.map((page) => page[name]));
  const failures = pages.filter(({ failed }) => failed);
  const lost = pages.flatMap((one) => one.lost);
  const kinds = (kind: GatewayEvent["kind"]): number => events.filter((event) => event.kind === kind).length;
  console.log(`
pages that failed          ${failures.length} of ${pages.length} (must be 0)
answers that were not read ${lost.length} (must be 0)
statements sent            ${statements.length}, ${new Set(statements).size} different
protected statements       ${judged.touching}
  served                   ${percent(judged.touching - judged.refused.length, judged.touching)}
refused, errors withheld   ${kinds("refusal")}, ${kinds("scrubbed")}
errors that came back      ${errors.length}
customers on pages         ${total("page")}
customers recorded         ${total("recorded")}
missed on the wire         ${total("missedWire")} (must be 0)
missed on pages            ${total("missedPage")} (must be 0)
recorded, not on the wire  ${percent(total("offWire"), total("recorded"))}: the gateway's own over-recording
recorded, not on the page  ${percent(total("offPage"), total("recorded"))}: with rows that ${desk.name} read and didn't show
staff recorded as users    ${total("staff")}`);
  for (const { step, title } of failures) console.log(`FAILED ${step}: ${oneLine(title)}`);
  for (const url of lost) console.log(`NOT READ ${url}`);
  const missed = total("missedPage") + total("missedWire");
  if (failures.length + lost.length + missed > 0) process.exitCode = 1;
}

interface Found {
  readonly judged: Judged;
  readonly statements: readonly string[];
  readonly errors: readonly string[];
  readonly events: readonly GatewayEvent[];
}

/** Past the gateway, the second time counts: by then every page is compiled, as it was through the gateway. */
async function time({ app, browser, desk, where }: Place & { readonly app: Served }): Promise<void> {
  const timed = async (url: string): Promise<readonly number[]> => {
    const times: number[] = [];
    await walk(browser, { ...where, url }, ({ millis }) => void times.push(millis));
    return times;
  };
  const through = await timed(app.url);
  const bare = await desk.serve(desk.postgres.port);
  await timed(bare.url);
  const direct = await timed(bare.url);
  await bare.stop();
  const added = through.map((millis, at) => millis - (direct[at] ?? 0));
  console.log(`
all pages, through         ${(sum(through) / 1000).toFixed(1)} s
all pages, direct          ${(sum(direct) / 1000).toFixed(1)} s
median page, through       ${median(through).toFixed(0)} ms; direct ${median(direct).toFixed(0)} ms; median added ${median(added).toFixed(0)} ms`);
}

function printRefusals(events: readonly GatewayEvent[], errors: readonly string[]): void {
  const refusals = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== "refusal") continue;
    const what = `${event.code} ${event.rule}: ${oneLine(event.statement?.normalized ?? "")}`;
    refusals.set(what, (refusals.get(what) ?? 0) + 1);
  }
  for (const [what, count] of refusals) console.log(`REFUSED ${count} times ${what}`);
  for (const error of new Set(errors)) console.log(`ERROR ${oneLine(error)}`);
}

/** The pages that show fewer customers than were recorded, and the statements that asked for the others. */
function printIdle(pages: readonly PageTally[]): void {
  console.log("recorded, not on the page, by page and statement:");
  for (const { idle, offPage, step } of pages) {
    if (offPage === 0) continue;
    console.log(`  ${offPage} ${step}`);
    for (const [text, customers] of [...idle].toSorted(([, a], [, b]) => b - a))
      console.log(`    ${customers} ${oneLine(text)}`);
  }
}
