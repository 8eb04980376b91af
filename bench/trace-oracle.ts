/**
 * Claims: whosaw needs at most 1.25 times the reports of an oracle that is told the leak share, the hypothesis and the kind of channel
 * (tracing.md, 2), and names the account sooner and more often than the peers on the same worlds (3).
 * Incidents with one account, every style and volume of the grid.  npm run bench -- trace-oracle [--short] [--runs N] [--seed N] [--cases DIR]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { median, quantile } from "../src/stats/index.ts";
import {
  accountPosteriors,
  type ChannelKind,
  defaultSettings,
  firstReports,
  stories,
} from "../src/trace/index.ts";
import { type Case, keptCase } from "./trace/cases.ts";
import { oracleProbabilities, type Told } from "./trace/oracle.ts";
import { benchOptions, line } from "./trace/options.ts";
import { guiltModel, hitCounting, topIsGuilty } from "./trace/peers.ts";

const named = 0.95;

interface Raced {
  readonly style: string;
  readonly background: string;
  readonly leak: number;
  readonly reports: number;
  /** Reports until each stands: infinite if never. */
  readonly whosaw: number;
  readonly oracle: number;
  /** An oracle that, beside, weighs all that whosaw does: the order of the reports, and how many customers each account had exposed. */
  readonly weighing: number;
  readonly limit: number;
  readonly hits: number;
  readonly guilt: number;
  /** Whether the guilty account is alone on top with all reports in. */
  readonly top: { readonly whosaw: boolean; readonly hits: boolean; readonly guilt: boolean };
}

function race(found: Case): Raced {
  const { evidence, guilty, incident } = found;
  const [account = ""] = guilty;
  const total = evidence.reports.length;
  const first = (holds: (count: number) => boolean): number => {
    for (let count = 1; count <= total; count++) if (holds(count)) return count;
    return Infinity;
  };
  const kind = kindOf(incident.style);
  const began = Math.max(
    0,
    found.stolenFrom.findIndex((through) => through !== null),
  );
  const told = { kind, leakShare: found.leakReports / Math.max(1, total), weighsAll: false };
  const toldSince = {
    kind,
    leakShare: found.leakReports / Math.max(1, total - began),
    weighsAll: true,
  };
  const at = (count: number): ReturnType<typeof firstReports> => firstReports(evidence, count);
  const names = (count: number, what: Told): boolean =>
    (oracleProbabilities(at(count), what, defaultSettings).get(account) ?? 0) >= named;
  const all = scores(evidence);
  return {
    style: incident.style,
    background: incident.background,
    leak: found.leakReports,
    reports: total,
    oracle: first((count) => names(count, told)),
    weighing: first((count) => names(count, toldSince)),
    whosaw: first((count) => (scores(at(count)).get(account) ?? 0) >= named),
    limit: first((count) => limitNames(found, count)),
    // The peers state no probability: they have named the account once it is on top and stays there.
    hits: settled(total, (count) => topIsGuilty(hitCounting(at(count)), guilty)),
    guilt: settled(total, (count) => topIsGuilty(guiltModel(at(count)), guilty)),
    top: {
      whosaw: topIsGuilty(all, guilty),
      hits: topIsGuilty(hitCounting(evidence), guilty),
      guilt: topIsGuilty(guiltModel(evidence), guilty),
    },
  };
}

function scores(evidence: Case["evidence"]): ReadonlyMap<string, number> {
  return new Map(
    accountPosteriors(stories(evidence, defaultSettings)).map(({ actor, probability }) => [
      actor,
      probability,
    ]),
  );
}

function kindOf(style: string): ChannelKind {
  if (style === "inside-tickets") return "all";
  return style === "borrowed-session" ? "unfamiliar" : "unexplained";
}

function settled(total: number, holds: (count: number) => boolean): number {
  let since = Infinity;
  for (let count = 1; count <= total; count++) {
    if (!holds(count)) since = Infinity;
    else if (since === Infinity) since = count;
  }
  return since;
}

/**
 * The information limit: who knows exactly which customers the thief took, the leak share, and how often callers know an exclusive fact,
 * and weighs that list against the lists of as many other accounts, none of which a leaked report hits.
 */
function limitNames({ evidence, guilty, stolen, leakReports, stolenFrom }: Case, count: number): boolean {
  const [account = ""] = guilty;
  const share = Math.min(0.999, Math.max(0.001, leakReports / Math.max(1, evidence.reports.length)));
  const list = (stolen.get(account)?.size ?? 1) / evidence.customers;
  let log = 0;
  for (let report = 0; report < count; report++) {
    if (stolenFrom[report] !== account) continue;
    const background = evidence.reports[report]?.knowledge === "exclusive" ? knowsAnyway : 1 - knowsAnyway;
    log += Math.log1p((share * knowsFromLeak) / ((1 - share) * background * list));
  }
  return log >= Math.log(evidence.accounts - 1) + Math.log(named / (1 - named));
}

const knowsFromLeak = 0.5;
const knowsAnyway = 0.01;

const options = benchOptions(process.argv.slice(2), { full: 400, short: 40 });
const raced: Raced[] = [];
for (let i = 0; i < options.runs; i++) {
  const truth = i % 3 === 2 ? "stolen_account" : "insider";
  const found = keptCase(options.cases, options.seed + 500_000 + i, {
    priors: { ...defaultSettings.priors, accountsTogether: [1] },
    settings: defaultSettings,
    truth,
  });
  if (found !== null && found.leakReports >= 2 && found.guilty.size === 1) raced.push(race(found));
  if (i % 50 === 49) process.stderr.write(`${i + 1} of ${options.runs}\n`);
}

const decidable = raced.filter(({ oracle }) => Number.isFinite(oracle));
const ratios = decidable.map(({ whosaw, oracle }) => whosaw / oracle);
const widths = [20, 10, 12, 12, 12, 12, 12, 12];
console.log(
  `incidents with one account and two or more leak reports: ${raced.length}; the oracle named it in ${decidable.length}`,
);
console.log(
  line(["", "incidents", "limit", "oracle", "whosaw", "guilt model", "hit count", "ratio"], widths),
);
const rowOf = (name: string, of: readonly Raced[]): void => {
  const reports = (key: "limit" | "oracle" | "whosaw" | "guilt" | "hits"): string =>
    String(median(of.map((each) => each[key])));
  console.log(
    line(
      [
        name,
        of.length,
        reports("limit"),
        reports("oracle"),
        reports("whosaw"),
        reports("guilt"),
        reports("hits"),
        median(of.map(({ whosaw, oracle }) => whosaw / oracle)).toFixed(3),
      ],
      widths,
    ),
  );
};
console.log("median reports until named (the oracle's cases):");
rowOf("all", decidable);
for (const style of new Set(decidable.map((each) => each.style)))
  rowOf(
    style,
    decidable.filter((each) => each.style === style),
  );
for (const background of new Set(decidable.map((each) => each.background)))
  rowOf(
    `background ${background}`,
    decidable.filter((each) => each.background === background),
  );
const share = (of: "whosaw" | "guilt" | "hits"): number =>
  raced.filter(({ top }) => top[of]).length / Math.max(1, raced.length);
console.log(
  `guilty account alone on top, all reports in: whosaw ${share("whosaw").toFixed(3)}, guilt model ${share("guilt").toFixed(3)}, hit count ${share("hits").toFixed(3)}`,
);
const never = decidable.filter(({ whosaw }) => !Number.isFinite(whosaw)).length;
console.log(
  `reports of whosaw over reports of the oracle: median ${median(ratios).toFixed(3)}, quartiles ${quantile(ratios, 0.25).toFixed(3)} and ${quantile(ratios, 0.75).toFixed(3)}; never named where the oracle did: ${never}`,
);
const weighing = raced
  .filter((each) => Number.isFinite(each.weighing))
  .map((each) => each.whosaw / each.weighing);
console.log(
  `over those of an oracle that also weighs when the leak began and what each account had exposed: median ${median(weighing).toFixed(3)} (${weighing.length} incidents)`,
);
if (!options.short) {
  mkdirSync("bench/results", { recursive: true });
  const command = `npm run bench -- trace-oracle --runs ${options.runs} --seed ${options.seed}`;
  const result = {
    command,
    date: new Date().toISOString().slice(0, 10),
    incidents: raced.length,
    decidable: decidable.length,
    never,
    ratio: { median: median(ratios), q1: quantile(ratios, 0.25), q3: quantile(ratios, 0.75) },
    ratioToWeighing: { median: median(weighing), incidents: weighing.length },
    top1: { whosaw: share("whosaw"), guiltModel: share("guilt"), hitCount: share("hits") },
  };
  writeFileSync("bench/results/trace-oracle.json", `${JSON.stringify(result, null, 1)}\n`);
}
process.exitCode = median(ratios) <= 1.25 ? 0 : 1;
