/**
 * Every system call of a recorder's life fails once: EIO, ENOSPC, SIGKILL, injected by strace (the recipe of Tessera's
 * integration/fault/posix); every write is cut short once; then kill -9 at random moments, and the write-ahead file cut at
 * every byte of its last frames. After each, recovery must find every acknowledged entry, and verify must pass.
 * Prints the table of docs/operate/faults.md.
 * Run: npm run bench -- log-faults [kills] [every nth] [plain|eventful] [at once] [--short]
 */
import { rmSync } from "node:fs";
import { seededRandom } from "../src/base/index.ts";
import {
  calls,
  canTrace,
  compiled,
  counted,
  cutShort,
  faults,
  fullDisk,
  killedAfter,
  shortWriter,
  suffer,
  tornTails,
  type Outcome,
} from "../test/record-faults-harness.ts";

const short = process.argv.includes("--short");
const given = process.argv.slice(2).filter((word) => word !== "--short");
const kills = Number(given[0] ?? (short ? 20 : 1000));
const every = Number(given[1] ?? (short ? 40 : 1));
const life = given[2] === "eventful" ? "eventful" : "plain";
const atOnce = Number(given[3] ?? 2);
const js = await compiled();

interface Row {
  cases: number;
  closed: number;
  stopped: number;
  died: number;
  acknowledged: number;
  wrong: number;
}

const total: Row = { cases: 0, closed: 0, stopped: 0, died: 0, acknowledged: 0, wrong: 0 };

/** Runs lives, a few at once, and prints their row. A life of null there was none of. */
async function row(
  names: readonly [call: string, fault: string],
  lives: readonly (() => Promise<Outcome | null>)[],
): Promise<void> {
  const sum: Row = { cases: 0, closed: 0, stopped: 0, died: 0, acknowledged: 0, wrong: 0 };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < lives.length; at = next++) {
      const outcome = (await lives[at]?.()) ?? null;
      if (outcome === null) continue;
      sum.cases++;
      sum[outcome.ended]++;
      sum.acknowledged += outcome.acknowledged;
      if (outcome.wrong === null) continue;
      sum.wrong++;
      console.log(`WRONG: ${names.join(" ")}, case ${at}: ${outcome.wrong}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (sum.cases === 0) return;
  for (const column of ["cases", "closed", "stopped", "died", "acknowledged", "wrong"] as const)
    total[column] += sum[column];
  print(names, sum);
}

function print(names: readonly string[], sum: Row): void {
  const { cases, closed, stopped, died, acknowledged, wrong } = sum;
  console.log(`| ${[...names, cases, closed, stopped, died, acknowledged, wrong].join(" | ")} |`);
}

console.log("| call | fault | cases | went on | stopped | died | acknowledged | lost or damaged |");
console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
if (canTrace()) {
  const counts = await counted(js, life);
  for (const call of calls)
    for (const fault of faults) {
      const nths = Array.from({ length: counts.get(call) ?? 0 }, (_, at) => at + 1);
      const lives = nths
        .filter((nth) => (nth - 1) % every === 0)
        .map((nth) => () => suffer(js, { call, nth, fault, life }));
      await row([call, fault], lives);
    }
} else console.log("strace is missing or may not trace: no faults injected");
const library = shortWriter(js);
if (library === null) console.log("no C compiler: no write cut short");
else
  for (const [name, later] of [
    ["half written", 0],
    ["half written, then ENOSPC", fullDisk],
  ] as const) {
    // More than a life has: those beyond its last write are not counted.
    const nths = Array.from({ length: life === "plain" ? 100 : 400 }, (_, at) => at + 1);
    const lives = nths
      .filter((nth) => (nth - 1) % every === 0)
      .map((nth) => () => cutShort({ js, library }, { nth, later, life }));
    await row(["write to a file", name], lives);
  }
const random = seededRandom(1);
await row(
  ["any moment", "kill -9"],
  Array.from({ length: kills }, () => {
    const millis = 40 + Math.floor(random() * 500);
    return () => killedAfter(js, millis);
  }),
);
print(["all", ""], total);
if (!short) {
  const torn = await tornTails();
  total.wrong += torn.wrong.length;
  console.log(
    `\ntorn tails: ${torn.cuts} cuts, at every byte of the last three frames; ${torn.wrong.length} wrong`,
  );
  for (const one of torn.wrong) console.log(`  ${one}`);
}
rmSync(js, { recursive: true });
process.exitCode = total.wrong === 0 ? 0 : 1;
