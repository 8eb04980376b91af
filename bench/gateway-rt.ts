/**
 * Request Tracker 5 of Debian, unchanged, worked with in a browser through the gateway: how many of its statements are served, whether
 * the customers on each page are the customers recorded, and what the gateway adds to a page's time.
 * Run: npm run bench -- gateway-rt [--short] [--statements]
 */
import type { GatewayEvent } from "../src/capture/index.ts";
import { startRtDesk } from "../test/gateway/request-tracker/desk.ts";
import { proposedProtection, startRtGateway } from "../test/gateway/request-tracker/gateway.ts";
import { missingPackages } from "../test/gateway/request-tracker/installed.ts";
import { ordersOf, recordedIn, requestorsIn, without } from "../test/gateway/request-tracker/ledger.ts";
import { openBrowser, walk } from "../test/gateway/request-tracker/pages.ts";
import { classify } from "../test/gateway/request-tracker/protected.ts";
import { adminSteps, coreSteps, moreSteps } from "../test/gateway/request-tracker/steps.ts";
import { openTap } from "../test/gateway/request-tracker/tap.ts";

const short = process.argv.includes("--short");
const missing = missingPackages();
if (missing.length > 0) {
  console.error(`not installed: apt-get install --no-install-recommends ${missing.join(" ")}`);
  process.exit(2);
}

const percent = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)}%)`;
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 500);
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const desk = await startRtDesk(
  short ? { requestors: 40, tickets: 60, staff: 3 } : { requestors: 200, tickets: 400, staff: 5 },
);
const events: GatewayEvent[] = [];
const protection = await proposedProtection(desk.postgres);
const gateway = await startRtGateway(desk.postgres, protection, {
  record: (said) => {
    events.push(...said);
    return Promise.resolve(null);
  },
  onTrouble: (what) => console.log(`trouble: ${what}`),
});
const tap = await openTap(gateway.port);
const browser = await openBrowser();
const ids = new Set(desk.requestors.map(({ id }) => id));
const steps = [...coreSteps, ...moreSteps, ...adminSteps(desk.requestors[20]?.id ?? "")];

/** Milliseconds of each step, the second time: by then every page is compiled and every statement was met. */
const timed = async (url: string): Promise<readonly number[]> => {
  const times: number[] = [];
  await walk(browser, url, steps, ({ millis }) => void times.push(millis));
  return times;
};

/** By statement: customers recorded for it who aren't on the page, and how many of them weren't on the wire either. */
const idle = new Map<string, readonly [number, number]>();
const totals = { page: 0, recorded: 0, offPage: 0, offWire: 0, missedWire: 0, missedPage: 0, staff: 0 };
const failures: string[] = [];
const earlier = new Set<string>();
let statements = 0;
let from = 0;

const rt = await desk.serve(tap.port);
tap.takeReceived();
from = events.length;
console.log(
  `${"page".padEnd(48)}statements  on page  on wire  recorded  not on page  not on wire  missed (page, wire)`,
);
await walk(browser, rt.url, steps, async ({ failed, step, text, title }) => {
  const find = requestorsIn(desk.requestors, await ordersOf(desk.postgres));
  const page = find(text);
  const wire = find(tap.takeReceived());
  const said = events.slice(from);
  const everybody = recordedIn(said);
  const recorded = new Set([...everybody].filter((id) => ids.has(id)));
  // What Request Tracker remembers of an earlier page was recorded then.
  for (const id of recorded) earlier.add(id);
  const missedPage = without(page, earlier).length;
  const missedWire = without(wire, recorded).length;
  const offPage = without(recorded, page).length;
  const offWire = without(recorded, wire).length;
  totals.page += page.size;
  totals.recorded += recorded.size;
  totals.offPage += offPage;
  totals.offWire += offWire;
  totals.missedPage += missedPage;
  totals.missedWire += missedWire;
  totals.staff += everybody.size - recorded.size;
  for (const event of said) {
    if (event.kind !== "sighting") continue;
    const hers = without(recordedIn([event]), page).filter((id) => ids.has(id));
    if (hers.length === 0) continue;
    const asked = oneLine(event.statement.normalized);
    const [offThePage, offTheWire] = idle.get(asked) ?? [0, 0];
    idle.set(asked, [offThePage + hers.length, offTheWire + without(hers, wire).length]);
  }
  if (failed) failures.push(`${step}: ${oneLine(title)}`);
  const counts = [tap.statements.length - statements, page.size, wire.size, recorded.size, offPage, offWire];
  const cells = [...counts, missedPage, missedWire].map((cell) => String(cell).padStart(9));
  console.log(step.padEnd(48) + cells.join(""));
  statements = tap.statements.length;
  from = events.length;
});
const sent = [...tap.statements];
const recordedOnce = [...events];
const through = await timed(rt.url);
await rt.stop();

// Past the gateway. The pages are compiled already, so the first time is as good as another.
const bare = await desk.serve(desk.postgres.port);
await timed(bare.url);
const direct = await timed(bare.url);
await bare.stop();
await browser.close();

const judged = await classify(desk.postgres, protection, sent);
const refusals = new Map<string, number>();
for (const event of recordedOnce) {
  if (event.kind !== "refusal") continue;
  const what = `${event.code} ${event.rule}: ${oneLine(event.statement?.normalized ?? "")}`;
  refusals.set(what, (refusals.get(what) ?? 0) + 1);
}
const added = through.map((millis, at) => millis - (direct[at] ?? 0));
console.log(`
pages that failed          ${failures.length} of ${steps.length} (must be 0)
statements sent            ${sent.length}, ${new Set(sent).size} different
protected statements       ${judged.touching}
  served                   ${percent(judged.touching - judged.refused.length, judged.touching)}
refused                    ${sum([...refusals.values()])}
errors that came back      ${tap.errors.length}
customers on pages         ${totals.page}
customers recorded         ${totals.recorded}
missed on the wire         ${totals.missedWire} (must be 0)
missed on pages            ${totals.missedPage} (must be 0)
recorded, not on the wire  ${percent(totals.offWire, totals.recorded)}: the gateway's own over-recording
recorded, not on the page  ${percent(totals.offPage, totals.recorded)}: with rows that Request Tracker read and didn't show
staff recorded as users    ${totals.staff}
all pages, through         ${(sum(through) / 1000).toFixed(1)} s
all pages, direct          ${(sum(direct) / 1000).toFixed(1)} s
median page, through       ${median(through).toFixed(0)} ms; direct ${median(direct).toFixed(0)} ms; median added ${median(added).toFixed(0)} ms`);
for (const failure of failures) console.log(`FAILED ${failure}`);
for (const [what, count] of refusals) console.log(`REFUSED ${count} times ${what}`);
for (const error of new Set(tap.errors)) console.log(`ERROR ${oneLine(error)}`);
console.log("recorded, not on the page (of these, not on the wire), by statement:");
for (const [text, [page, wire]] of [...idle].toSorted(([, [a]], [, [b]]) => b - a).slice(0, 8))
  console.log(`  ${page} (${wire}) ${text}`);
if (process.argv.includes("--statements"))
  for (const text of new Set(sent)) console.log(`-- ${oneLine(text)}`);
tap.close();
await gateway.close(0);
await desk.stop();
if (failures.length + totals.missedPage + totals.missedWire > 0) process.exitCode = 1;
