/** Runs every test and prints, alone on the last line, what the runner counted. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installNeeds } from "./test-needs.mjs";

installNeeds();
const folder = mkdtempSync(join(tmpdir(), "whosaw-test-"));
const report = join(folder, "report.json");
const run = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
let counted = null;
try {
  counted = JSON.parse(readFileSync(report, "utf8"));
} catch {
  process.stderr.write("the test runner left no report\n");
}
rmSync(folder, { recursive: true, force: true });
for (const { assertionResults } of counted?.testResults ?? []) {
  for (const { status, fullName } of assertionResults) {
    if (status !== "passed" && status !== "failed") process.stdout.write(`skipped: ${fullName}\n`);
  }
}
const failed =
  (counted?.numFailedTests ?? 1) +
  (counted?.numFailedTestSuites > 0 && counted?.numFailedTests === 0 ? 1 : 0);
const skipped = (counted?.numPendingTests ?? 0) + (counted?.numTodoTests ?? 0);
process.stdout.write(
  `${counted?.numPassedTests ?? 0} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
);
process.exitCode = run.status === 0 && failed === 0 ? 0 : 1;
