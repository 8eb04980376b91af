/**
 * Tracing on a real help desk's year with planted thefts: UCI, Incident management process enriched event log, CC BY 4.0
 * (24,918 incidents, 5,245 callers, 846 accounts, one of which touches nearly every caller). Skips, saying so, where the log isn't.
 * npm run bench -- trace-helpdesk [--short] [--runs N]; the folder is $WHOSAW_SHARED_DATA or ../shared/data.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../src/base/index.ts";
import { median } from "../src/stats/index.ts";
import {
  accountPosteriors,
  defaultSettings,
  type Evidence,
  firstReports,
  stories,
} from "../src/trace/index.ts";
import {
  backgroundReports,
  deskOfHelpdesk,
  type Helpdesk,
  leakReports,
  plant,
  readHelpdesk,
} from "./trace/helpdesk.ts";
import { evidenceInMemory, firstReads } from "./trace/memory.ts";
import { benchOptions, line } from "./trace/options.ts";
import { guiltModel, hitCounting, topIsGuilty } from "./trace/peers.ts";

const day = 86_400_000;
const log = join(
  process.env["WHOSAW_SHARED_DATA"] ?? "../shared/data",
  "incident-log",
  "incident_event_log.csv.gz",
);

interface Condition {
  readonly name: string;
  /** null: nothing is planted. */
  readonly perDay: number | null;
  readonly leak: number;
  readonly background: number;
}

const conditions: readonly Condition[] = [
  { name: "3 a day beside the work", perDay: 3, leak: 10, background: 10 },
  { name: "10 a day beside the work", perDay: 10, leak: 10, background: 10 },
  { name: "33 a day beside the work", perDay: 33, leak: 10, background: 10 },
  { name: "sells the own incidents", perDay: 0, leak: 10, background: 10 },
  { name: "nothing planted", perDay: null, leak: 0, background: 20 },
];

interface Outcome {
  readonly top: boolean;
  readonly hits: boolean;
  readonly guilt: boolean;
  readonly named: boolean;
  readonly falselyNamed: boolean;
  readonly reports: number;
}

function trial(desk: Helpdesk, condition: Condition, seed: number): Outcome {
  const random = seededRandom(seed);
  const planted = {
    thief: thiefOf(desk, random()),
    from: Date.UTC(2016, 3, 1) + random() * 20 * day,
    days: 30,
    perDay: condition.perDay ?? 0,
  };
  const stolen = condition.perDay === null ? [] : plant(desk, planted, random);
  const tracer = deskOfHelpdesk(desk, planted.thief, planted.perDay > 0 ? stolen : []);
  const reports = [
    ...leakReports(stolen, condition.leak, random),
    ...backgroundReports(desk, { from: planted.from, days: 60 }, condition.background, random),
  ];
  const evidence = evidenceInMemory(tracer, firstReads(tracer), reports, defaultSettings);
  const guilty = new Set(condition.perDay === null ? [] : [desk.actors[planted.thief] ?? ""]);
  const all = scores(evidence);
  let reached = Infinity;
  for (let count = 1; count <= evidence.reports.length && reached === Infinity; count++)
    if ([...scores(firstReports(evidence, count))].some(([actor, p]) => guilty.has(actor) && p >= 0.95))
      reached = count;
  return {
    top: topIsGuilty(all, guilty),
    hits: topIsGuilty(hitCounting(evidence), guilty),
    guilt: topIsGuilty(guiltModel(evidence), guilty),
    named: [...all].some(([actor, p]) => guilty.has(actor) && p >= 0.9),
    falselyNamed: [...all].some(([actor, p]) => !guilty.has(actor) && p >= 0.9),
    reports: reached,
  };
}

function scores(evidence: Evidence): ReadonlyMap<string, number> {
  return new Map(
    accountPosteriors(stories(evidence, defaultSettings)).map(({ actor, probability }) => [
      actor,
      probability,
    ]),
  );
}

/** Somebody with a month of ordinary work: between 100 and 2,000 updates in the year. */
function thiefOf(desk: Helpdesk, u: number): number {
  const counts = desk.actors.map(() => 0);
  for (const { actor, time } of desk.updates)
    if (time >= Date.UTC(2016, 3, 1) && time < Date.UTC(2016, 5, 1)) counts[actor] = (counts[actor] ?? 0) + 1;
  const fitting = counts.flatMap((count, actor) => (count >= 60 && count <= 2000 ? [actor] : []));
  return fitting[Math.floor(u * fitting.length)] ?? 0;
}

const options = benchOptions(process.argv.slice(2), { full: 40, short: 4 });
if (existsSync(log)) {
  const desk = readHelpdesk(log);
  console.log(
    `${desk.updates.length} updates, ${desk.customers.length} callers, ${desk.actors.length} accounts; ${options.runs} trials each`,
  );
  const widths = [26, 8, 8, 8, 10, 12, 10];
  console.log(line(["", "whosaw", "guilt", "hits", "named 0.9", "wrong named", "reports"], widths));
  const rows = conditions.map((condition, c) => {
    const outcomes = Array.from({ length: options.runs }, (_, i) =>
      trial(desk, condition, options.seed + c * 1000 + i),
    );
    const share = (of: keyof Outcome): number =>
      outcomes.filter((outcome) => outcome[of] === true).length / outcomes.length;
    const row = {
      name: condition.name,
      top: share("top"),
      guilt: share("guilt"),
      hits: share("hits"),
      named: share("named"),
      wrong: share("falselyNamed"),
      reports: median(outcomes.map(({ reports }) => reports)),
    };
    console.log(
      line(
        [
          row.name,
          row.top.toFixed(2),
          row.guilt.toFixed(2),
          row.hits.toFixed(2),
          row.named.toFixed(2),
          row.wrong.toFixed(3),
          String(row.reports),
        ],
        widths,
      ),
    );
    return { ...row, reports: Number.isFinite(row.reports) ? row.reports : null };
  });
  console.log(
    "whosaw, guilt, hits: the thief alone on top with 20 reports in (10 of them from the leak). reports: median until 0.95.",
  );
  if (!options.short) {
    mkdirSync("bench/results", { recursive: true });
    const command = `npm run bench -- trace-helpdesk --runs ${options.runs} --seed ${options.seed}`;
    writeFileSync(
      "bench/results/trace-helpdesk.json",
      `${JSON.stringify({ command, date: new Date().toISOString().slice(0, 10), source: "UCI Incident management process enriched event log, CC BY 4.0", rows }, null, 1)}\n`,
    );
  }
} else
  console.log(
    `skipped: the real help desk's log is not at ${log}; set WHOSAW_SHARED_DATA to its folder's parent`,
  );
