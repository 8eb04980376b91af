/**
 * Claim: robust (tracing.md, 4). The same incidents with duplicate reports, reports of customers unknown to the database, clocks that
 * are off by hours, and reports made up to frame an honest account: how many that takes.
 * npm run bench -- trace-robust [--short] [--runs N] [--seed N]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { seededRandom } from "../src/base/index.ts";
import { makeWorld, type World } from "../src/simulate/index.ts";
import { median, quantile } from "../src/stats/index.ts";
import { accountPosteriors, defaultSettings, stories } from "../src/trace/index.ts";
import { caseOf, type Case } from "./trace/cases.ts";
import type { DeskReport } from "./trace/desk.ts";
import { drawIncident } from "./trace/grid.ts";
import { benchOptions, line } from "./trace/options.ts";

const hour = 3_600_000;
type Tamper = (reports: readonly DeskReport[], world: World, seed: number) => readonly DeskReport[];

const tampers: readonly { readonly name: string; readonly tamper: Tamper }[] = [
  { name: "as it is", tamper: (reports) => reports },
  {
    name: "every report three times",
    tamper: (reports) => [...reports, ...moved(reports, 5), ...moved(reports, 60)],
  },
  {
    name: "as many from unknown customers",
    tamper: (reports) => [...reports, ...reports.map((each) => ({ ...each, customer: -1 }))],
  },
  ...[-12, -6, 6, 12].map((hours) => ({
    name: `reports' clock off by ${hours} h`,
    tamper: (reports: readonly DeskReport[]): readonly DeskReport[] => moved(reports, hours),
  })),
  {
    name: "half as many random framers",
    tamper: (reports, world, seed) => [
      ...reports,
      ...framed(world, Math.ceil(reports.length / 2), { seed, knew: [] }),
    ],
  },
];

function moved(reports: readonly DeskReport[], hours: number): readonly DeskReport[] {
  return reports.map((each) => ({ ...each, time: each.time + hours * hour }));
}

interface Framing {
  readonly seed: number;
  readonly knew: readonly string[];
}

/** Made-up reports of customers that an honest agent of ordinary size read. */
function framed(world: World, count: number, { seed, knew }: Framing): readonly DeskReport[] {
  const victim = victimOf(world, seed);
  const random = seededRandom(seed);
  const read = new Map<number, number>();
  const { accesses } = world;
  for (let at = 0; at < accesses.count; at++)
    if (accesses.actor[at] === victim) read.set(accesses.customer[at] ?? 0, accesses.time[at] ?? 0);
  const list = [...read].sort(([a], [b]) => a - b);
  return Array.from({ length: Math.min(count, list.length) }, () => {
    const [customer, time] = list.splice(Math.floor(random() * list.length), 1)[0] ?? [-1, 0];
    return { customer, time: Math.min(world.end, time + 3 * 24 * hour), knew };
  });
}

function victimOf(world: World, seed: number): number {
  const honest = world.actors.filter(
    ({ index, role }) => role === "agent" && !world.truth.accounts.includes(index),
  );
  return honest[seed % honest.length]?.index ?? 0;
}

function topOf(found: Case): { readonly actor: string; readonly probability: number } {
  return accountPosteriors(stories(found.evidence, defaultSettings))[0] ?? { actor: "", probability: 0 };
}

const priors = { ...defaultSettings.priors, accountsTogether: [1] };
const options = benchOptions(process.argv.slice(2), { full: 60, short: 10 });
const tally = tampers.map(() => ({ runs: 0, right: 0, wrong: 0 }));
for (let i = 0; i < options.runs; i++) {
  const seed = options.seed + 700_000 + i;
  const incident = drawIncident(seed, { priors, truth: i % 2 === 0 ? "insider" : "no_leak" });
  const world = makeWorld(incident.scenario, seed);
  if (world.reports.length === 0) continue;
  for (const [t, { tamper }] of tampers.entries()) {
    const found = caseOf(incident, world, {
      priors,
      settings: defaultSettings,
      tamper: (reports) => tamper(reports, world, seed),
    });
    const top = topOf(found);
    const counts = tally[t];
    if (counts === undefined) continue;
    counts.runs++;
    if (top.probability >= 0.9) {
      if (found.guilty.has(top.actor)) counts.right++;
      else counts.wrong++;
    }
  }
}
const widths = [34, 10, 14, 14];
console.log(line(["", "incidents", "named rightly", "named wrongly"], widths));
for (const [t, { name }] of tampers.entries())
  console.log(line([name, tally[t]?.runs ?? 0, tally[t]?.right ?? 0, tally[t]?.wrong ?? 0], widths));

/** How many made-up reports, among the ordinary background, bring an honest account to 0.9. */
function framersNeeded(seed: number, knew: readonly string[]): number {
  const incident = drawIncident(seed, { priors, truth: "no_leak" });
  const world = makeWorld(incident.scenario, seed);
  const victim = world.actors[victimOf(world, seed)]?.id ?? "";
  for (let count = 1; count <= 25; count++) {
    const tamper = (reports: readonly DeskReport[]): readonly DeskReport[] => [
      ...reports,
      ...framed(world, count, { seed, knew }),
    ];
    const top = topOf(caseOf(incident, world, { priors, settings: defaultSettings, tamper }));
    if (top.actor === victim && top.probability >= 0.9) return count;
  }
  return Infinity;
}

const frames = Math.max(3, Math.floor(options.runs / 5));
const framing = [
  { name: "who say nothing of what was known", knew: [] },
  { name: "who say the caller knew the ticket", knew: ["name", "ticket"] },
].map(({ name, knew }) => {
  const needed = Array.from({ length: frames }, (_, i) => framersNeeded(options.seed + 800_000 + i, knew));
  console.log(
    `framing reports that bring an honest account to 0.9, ${name}: median ${median(needed)}, fewest ${Math.min(...needed)}, upper quartile ${quantile(needed, 0.75)} (${frames} desks; never within 25 is Infinity)`,
  );
  return { name, needed: needed.map((n) => (Number.isFinite(n) ? n : null)) };
});
if (!options.short) {
  mkdirSync("bench/results", { recursive: true });
  const command = `npm run bench -- trace-robust --runs ${options.runs} --seed ${options.seed}`;
  const rows = tampers.map(({ name }, t) => ({ name, ...tally[t] }));
  writeFileSync(
    "bench/results/trace-robust.json",
    `${JSON.stringify({ command, date: new Date().toISOString().slice(0, 10), rows, framing }, null, 1)}\n`,
  );
}
