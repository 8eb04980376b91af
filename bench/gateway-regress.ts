/**
 * Transparency by PostgreSQL's own tests: every statement of its regression suite is run on a bare server and through the gateway in
 * lockstep and every message of the answers compared; then libpq_pipeline, directly and through the gateway. Before that the suite is run
 * on two bare servers: what differs there is the suite's own. About a quarter of an hour.
 * Run: npm run bench -- gateway-regress [--short] [--only FILE,FILE] [--details FILE] [--control | --gateway]
 * `--control`, `--gateway`: only that one of the two runs. `--details`: a line of JSON for every statement that wasn't answered the same.
 */
import { appendFileSync } from "node:fs";
import { type Judged, judge } from "../test/gateway/regress/judge.ts";
import { fetchMaterial, material, schedule } from "../test/gateway/regress/material.ts";
import { runPipelines } from "../test/gateway/regress/pipeline.ts";
import { type FileResult, runSuite } from "../test/gateway/regress/suite.ts";

function option(name: string): string | null {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? "");
}

const found = material() ?? fetchMaterial();
const details = option("details");
const short =
  "test_setup boolean int4 text strings numerology date create_table select transactions portals prepare".split(
    " ",
  );
const files = option("only")?.split(",") ?? (process.argv.includes("--short") ? short : schedule(found));

async function run(control: boolean): Promise<readonly FileResult[]> {
  const results: FileResult[] = [];
  const side = control ? "control" : "gateway";
  const onFile = (result: FileResult): void => {
    results.push(result);
    const count = (kind: string): number =>
      result.steps.filter(({ outcome }) => outcome.kind === kind).length;
    console.log(
      `${side} ${result.name.padEnd(28)} ${String(result.steps.length).padStart(6)} same ${count("same")} refused ${count("refused")} different ${count("different")} broken ${count("broken")} ${(result.millis / 1000).toFixed(1)} s ${result.trouble ?? ""}`,
    );
    if (details === null) return;
    for (const { sql, outcome, millis } of result.steps) {
      if (outcome.kind === "same") continue;
      const line = { side, file: result.name, sql, outcome, millis: Math.round(millis) };
      appendFileSync(details, `${JSON.stringify(line)}\n`);
    }
  };
  await runSuite({ material: found, files, control, onFile });
  return results;
}

const has = (result: FileResult, kind: string): boolean =>
  result.steps.some(({ outcome }) => outcome.kind === kind);

/** Prints the sums of one run. @returns how many statements ended a connection, or files didn't come to their end. */
function sum(name: string, results: readonly FileResult[]): number {
  const steps = results.flatMap((result) => result.steps);
  const of = (kind: string): number => steps.filter(({ outcome }) => outcome.kind === kind).length;
  const unlike = results.filter((result) => has(result, "different") || has(result, "broken"));
  const refusedOnly = results.filter((result) => !unlike.includes(result) && has(result, "refused"));
  const unfinished = results.filter(({ trouble }) => trouble !== null);
  console.log(
    `${name}: files ${results.length}: equal ${results.length - unlike.length - refusedOnly.length}, only refusals ${refusedOnly.length}, with a difference ${unlike.length}; not run to their end ${unfinished.length} ${unfinished.map((result) => result.name).join(" ")}`,
  );
  console.log(
    `${name}: statements ${steps.length}: answered identically ${of("same")}, refused by rule ${of("refused")}, different ${of("different")}, broken ${of("broken")}`,
  );
  return of("broken") + unfinished.length;
}

function tally(label: string, words: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const [word, count] of [...counts].sort(([, a], [, b]) => b - a))
    console.log(`  ${label} ${word}: ${count}`);
}

const control = process.argv.includes("--gateway") ? [] : await run(true);
let failures = control.length > 0 ? sum("two bare servers", control) : 0;
if (!process.argv.includes("--control")) {
  const mine = await run(false);
  failures += sum("through the gateway", mine);
  const steps = mine.flatMap((result) => result.steps);
  tally(
    "refused by",
    steps.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome.rule] : [])),
  );
  const judged: readonly Judged[] = judge(mine, control);
  tally(
    "different:",
    judged.map(({ why }) => why),
  );
  for (const { file, sql, why } of judged)
    if (why === "unknown") console.log(`  unknown: ${file}: ${sql.replaceAll(/\s+/g, " ").slice(0, 150)}`);
  failures += judged.filter(({ why }) => why === "unknown").length;
  if (found.pipeline !== null && option("only") === null)
    for (const { name, bare, mine: through, said } of await runPipelines(found.pipeline)) {
      if (bare && !through) failures++;
      console.log(
        `libpq_pipeline ${name.padEnd(24)} direct ${bare ? "passes" : "fails"}, through ${through ? "passes" : `fails ${said}`}`,
      );
    }
}
process.exit(failures > 0 ? 1 : 0);
