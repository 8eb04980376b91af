/**
 * Claim: an innocent account that is new, and reads a lot from some call on, is hardly ever believed to have leaked (docs/decisions/0005). No
 * leak: calls come anyway, and hit the new accounts by chance.  npm run bench -- trace-newcomers [--short] [--runs N] [--seed N]
 */
import { accountPosteriors, defaultSettings, type Evidence, stories } from "../src/trace/index.ts";
import { changed } from "../src/trace/model/fixture.testing.ts";
import { addReach } from "../src/trace/model/reach.ts";
import { benchOptions, line } from "./trace/options.ts";

const accounts = 100;
const customers = 1_000_000;

interface Desk {
  readonly reports: number;
  /** The call from which on the new ones read. */
  readonly from: number;
  /** Of everyone, what a new one has read since. */
  readonly share: number;
  readonly newcomers: number;
  /** The power of two of the customers whom every other account had exposed. */
  readonly others: number;
  /** By duty; or in strange sessions, alone with it; or in sessions of which it can't be known whether they are strange. */
  readonly reads: "by duty" | "strange" | "unknown";
  readonly seed: number;
}

function evidenceOf({ from, newcomers, others, reads, reports, seed, share }: Desk): Evidence {
  const made = changed({
    reports,
    from,
    accounts: newcomers,
    shares: [0, share],
    reach: [0, share],
    seed: seed * 7919 + reports,
    kind: reads === "strange" ? "unfamiliar" : "all",
    sessionsUnknown: reads === "unknown",
  });
  const [alone, all]: [number[], number[]] = [[], []];
  for (let newcomer = 0; newcomer < newcomers; newcomer++) {
    addReach(alone, share * customers);
    addReach(all, share * customers);
  }
  for (let other = newcomers; other < accounts; other++) addReach(all, 2 ** others);
  const known = made.reports.map(() => all);
  const strange = reads === "by duty" ? known : made.reports.map(() => alone);
  return { ...made, reaches: { all: known, unexplained: known, unfamiliar: strange } };
}

const options = benchOptions(process.argv.slice(2), { full: 20, short: 2 });
const limits = [0.2, 0.5, 0.9];
const widths = [8, 8, 24, 8, 8, 8, 8, 10];
console.log(
  line(["reads", "new", "others had exposed", "desks", ...limits.map((at) => `>= ${at}`), "highest"], widths),
);
let named = 0;
let desks = 0;
const ways = [
  ...[0, 5, 10].map((others) => ({ reads: "by duty" as const, others })),
  { reads: "strange" as const, others: 10 },
  { reads: "unknown" as const, others: 10 },
];
for (const { others, reads } of ways)
  for (const newcomers of [1, 3]) {
    const tops: number[] = [];
    for (const reports of [5, 20, 60, 200])
      for (const part of [0.25, 0.5, 0.75, 0.9])
        for (const share of [0.01, 0.05, 0.2, 0.5, 0.9, 1])
          for (let run = 0; run < options.runs; run++) {
            const from = Math.round(reports * part);
            const desk = { reports, from, share, newcomers, others, reads, seed: options.seed + run };
            const [top] = accountPosteriors(stories(evidenceOf(desk), defaultSettings));
            tops.push(top?.probability ?? 0);
          }
    const above = limits.map((at) => tops.filter((top) => top >= at).length);
    named += above.at(-1) ?? 0;
    desks += tops.length;
    const exposed = `${2 ** others} to ${2 ** (others + 1) - 1} each`;
    console.log(
      line([reads, newcomers, exposed, tops.length, ...above, Math.max(...tops).toFixed(3)], widths),
    );
  }
console.log(`an innocent account named at 0.9 on ${named} of ${desks} desks`);
process.exitCode = named <= 0.001 * desks ? 0 : 1;
