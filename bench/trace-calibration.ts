/**
 * Claim: the probabilities are calibrated (tracing.md, 1). Simulates incidents over the whole grid from fixed seeds, the
 * hypotheses at the rates of the prior, and counts how often accounts given probability p are guilty; then again with hypotheses at other
 * rates, and with a simulator that breaks the matching.  npm run bench -- trace-calibration [--short] [--runs N] [--seed N] [--cases DIR]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import {
  calibrationAbove,
  calibrationBands,
  type CalibrationRow,
  type Claim,
  clopperPearson,
} from "../src/stats/index.ts";
import {
  accountPosteriors,
  defaultSettings,
  type Hypothesis,
  hypothesisSums,
  stories,
} from "../src/trace/index.ts";
import { type Case, keptCase } from "./trace/cases.ts";
import { benchOptions, line } from "./trace/options.ts";
import { calibrationPlot } from "./trace/plot.ts";

const options = benchOptions(process.argv.slice(2), { full: 1200, short: 60 });
const thresholds = [0.5, 0.8, 0.95, 0.99];
const bandEdges = [0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 1];

interface Judged {
  readonly truth: Case["truth"];
  readonly inside: boolean;
  readonly claims: readonly Claim[];
  readonly hypotheses: readonly Claim[];
  /** The log of the probability of what was true. */
  readonly score: number;
  /** A guilty account, an innocent one although somebody inside leaked, or one although nobody did. */
  readonly named: "right" | "wrong" | "false" | null;
}

function judge(found: Case): Judged {
  const told = stories(found.evidence, defaultSettings);
  const accounts = accountPosteriors(told);
  const top = accounts.filter(({ probability }) => probability >= 0.9);
  const innocent = top.some(({ actor }) => !found.guilty.has(actor));
  const inside = found.guilty.size > 0;
  const sums = hypothesisSums(told);
  return {
    truth: found.truth,
    inside,
    score: Math.log(sums[found.truth]),
    claims: accounts.map(({ actor, probability }) => ({ probability, right: found.guilty.has(actor) })),
    hypotheses: (Object.entries(sums) as [Hypothesis, number][]).map(([hypothesis, probability]) => ({
      probability,
      right: hypothesis === found.truth,
    })),
    named: top.length === 0 ? null : innocent ? (inside ? "wrong" : "false") : "right",
  };
}

function run(runs: number, seed: number, unmeasured: number): readonly Judged[] {
  const judged: Judged[] = [];
  for (let i = 0; i < runs; i++) {
    const found = keptCase(options.cases, seed + i, {
      priors: defaultSettings.priors,
      settings: defaultSettings,
      unmeasured,
    });
    if (found !== null) judged.push(judge(found));
    if (i % 50 === 49) process.stderr.write(`${i + 1} of ${runs}\n`);
  }
  return judged;
}

function table(title: string, rows: readonly CalibrationRow[]): void {
  const widths = [12, 8, 8, 8, 8, 18];
  console.log(`\n${title}`);
  console.log(line(["at least", "claims", "right", "share", "stated", "95% interval"], widths));
  for (const row of rows)
    console.log(
      line(
        [
          row.threshold,
          row.claims,
          row.right,
          row.share.toFixed(3),
          row.stated.toFixed(3),
          `${row.interval.low.toFixed(3)} to ${row.interval.high.toFixed(3)}`,
        ],
        widths,
      ),
    );
}

function falseNames(judged: readonly Judged[]): {
  readonly named: number;
  readonly runs: number;
  readonly high: number;
} {
  const outside = judged.filter(({ inside }) => !inside);
  const named = outside.filter((each) => each.named === "false").length;
  return { named, runs: outside.length, high: clopperPearson(named, outside.length).high };
}

function summary(
  title: string,
  judged: readonly Judged[],
): {
  readonly title: string;
  readonly runs: number;
  readonly accounts: readonly CalibrationRow[];
  readonly verdicts: readonly CalibrationRow[];
  readonly falselyNamed: { readonly named: number; readonly runs: number; readonly high: number };
  readonly namedRight: number;
  readonly namedWrong: number;
  readonly inside: number;
  readonly score: number;
} {
  const accounts = calibrationAbove(
    judged.flatMap(({ claims }) => claims),
    thresholds,
  );
  const verdicts = calibrationAbove(
    judged.flatMap(({ hypotheses }) => hypotheses),
    [0.5, 0.8, 0.9, 0.95, 0.99],
  );
  const falselyNamed = falseNames(judged);
  const inside = judged.filter((each) => each.inside).length;
  const namedRight = judged.filter(({ named }) => named === "right").length;
  const namedWrong = judged.filter(({ named }) => named === "wrong").length;
  table(`${title}: accounts (${judged.length} incidents)`, accounts);
  table(`${title}: hypotheses`, verdicts);
  console.log(
    `where nobody inside leaked an account was named at 0.9 in ${falselyNamed.named} of ${falselyNamed.runs} (95%: at most ${falselyNamed.high.toFixed(4)})`,
  );
  const score = judged.reduce((sum, each) => sum + each.score, 0) / Math.max(1, judged.length);
  console.log(`log score of hypotheses: ${score.toFixed(3)} an incident`);
  console.log(
    `where somebody did: named rightly ${namedRight}, an innocent account named ${namedWrong}, of ${inside}`,
  );
  return {
    title,
    runs: judged.length,
    accounts,
    verdicts,
    falselyNamed,
    namedRight,
    namedWrong,
    inside,
    score,
  };
}

const judged = run(options.runs, options.seed, 0);
const atPrior = summary("hypotheses at the prior's rates", judged);
const otherRates = [
  summary(
    "only leaks from inside",
    judged.filter(({ inside }) => inside),
  ),
  summary(
    "only outside breaches and no leak",
    judged.filter(({ inside }) => !inside),
  ),
  summary(
    "nine no-leak incidents for each other",
    judged.filter(({ truth }, i) => truth === "no_leak" || i % 9 === 0),
  ),
];
const broken = summary(
  "matching broken (unmeasured cause, log scale 0.7)",
  run(Math.ceil(options.runs / 6), options.seed + 1_000_000, 0.7),
);
const bands = calibrationBands(
  judged.flatMap(({ claims }) => claims),
  bandEdges,
);
if (!options.short) {
  mkdirSync("bench/results", { recursive: true });
  const command = `npm run bench -- trace-calibration --runs ${options.runs} --seed ${options.seed}`;
  const result = {
    command,
    date: new Date().toISOString().slice(0, 10),
    seed: options.seed,
    bands,
    sections: [atPrior, ...otherRates, broken],
  };
  writeFileSync("bench/results/trace-calibration.json", `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(
    "bench/results/trace-calibration.svg",
    calibrationPlot(bands, "Accounts: probability stated against share found guilty"),
  );
}
const passes =
  atPrior.accounts.every((row) => row.claims === 0 || row.share >= row.threshold - 0.03) &&
  atPrior.falselyNamed.named <= 0.01 * atPrior.falselyNamed.runs;
console.log(passes ? "\ncalibrated: yes" : "\ncalibrated: NO");
process.exitCode = passes ? 0 : 1;
