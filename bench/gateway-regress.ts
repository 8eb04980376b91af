/**
 * Transparency by PostgreSQL's own tests: every statement of its regression suite is run on a bare server and through the gateway in
 * lockstep and every message of the answers compared; then libpq_pipeline, directly and through the gateway.
 * Run: npm run bench -- gateway-regress [--short] [--control] [--only FILE,FILE] [--details FILE]
 */
import { appendFileSync } from "node:fs";
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
const results: FileResult[] = [];
await runSuite({
  material: found,
  files,
  control: process.argv.includes("--control"),
  onFile: (result) => {
    results.push(result);
    const count = (kind: string): number =>
      result.steps.filter(({ outcome }) => outcome.kind === kind).length;
    console.log(
      `${result.name.padEnd(28)} ${String(result.steps.length).padStart(6)} same ${count("same")} refused ${count("refused")} different ${count("different")} broken ${count("broken")} ${(result.millis / 1000).toFixed(1)} s ${result.trouble ?? ""}`,
    );
    if (details === null) return;
    for (const { sql, outcome, millis } of result.steps)
      if (outcome.kind !== "same")
        appendFileSync(
          details,
          `${JSON.stringify({ file: result.name, sql, outcome, millis: Math.round(millis) })}\n`,
        );
  },
});
const steps = results.flatMap((result) => result.steps);
const of = (kind: string): number => steps.filter(({ outcome }) => outcome.kind === kind).length;
const tally = (words: readonly string[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
};
const has = (result: FileResult, kind: string): boolean =>
  result.steps.some(({ outcome }) => outcome.kind === kind);
const unlike = results.filter((result) => has(result, "different") || has(result, "broken"));
const refusedOnly = results.filter((result) => !unlike.includes(result) && has(result, "refused"));
console.log(
  `files ${results.length}: equal ${results.length - unlike.length - refusedOnly.length}, only refusals ${refusedOnly.length}, with a difference ${unlike.length}`,
);
console.log(
  `statements ${steps.length}: served identically ${of("same")}, refused by rule ${of("refused")}, different ${of("different")}, broken ${of("broken")}`,
);
for (const [rule, count] of tally(
  steps.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome.rule] : [])),
))
  console.log(`  refused by ${rule}: ${count}`);
for (const [kind, count] of tally(
  steps.flatMap(({ outcome }) => (outcome.kind === "different" ? [outcome.difference.kind] : [])),
))
  console.log(`  different in ${kind}: ${count}`);
let lost = 0;
if (found.pipeline !== null && option("only") === null)
  for (const { name, bare, mine, said } of await runPipelines(found.pipeline)) {
    if (bare && !mine) lost++;
    console.log(
      `libpq_pipeline ${name.padEnd(24)} direct ${bare ? "passes" : "fails"}, through ${mine ? "passes" : `fails ${said}`}`,
    );
  }
process.exit(of("broken") + lost > 0 ? 1 : 0);
