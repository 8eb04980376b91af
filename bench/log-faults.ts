/**
 * Every system call of a recorder's life fails once: EIO, ENOSPC, SIGKILL, injected by strace (the recipe of Tessera's
 * integration/fault/posix); then kill -9 at random moments. After each, recovery must find every acknowledged entry.
 * Run: npm run bench -- log-faults [kills] [every nth] [eventful] [--short]
 */
import { rmSync } from "node:fs";
import { seededRandom } from "../src/base/index.ts";
import {
  calls,
  canTrace,
  compiled,
  counted,
  faults,
  killedAfter,
  suffer,
  tornTails,
} from "../test/record-faults-harness.ts";

const short = process.argv.includes("--short");
const given = process.argv.slice(2).filter((word) => word !== "--short");
const kills = Number(given[0] ?? (short ? 20 : 1000));
const every = Number(given[1] ?? (short ? 40 : 1));
const life = given[2] === "eventful" ? "eventful" : "plain";
const js = await compiled();
let bad = 0;

if (canTrace()) {
  const counts = await counted(js, life);
  console.log("call        fault    cases  acknowledged  stopped  wrong");
  for (const call of calls) {
    for (const fault of faults) {
      const row = { cases: 0, acknowledged: 0, stopped: 0, wrong: 0 };
      for (let nth = 1; nth <= (counts.get(call) ?? 0); nth += every) {
        const outcome = await suffer(js, { call, nth, fault, life });
        row.cases++;
        row.acknowledged += outcome.acknowledged;
        if (outcome.said !== "") row.stopped++;
        if (outcome.wrong === null) continue;
        row.wrong++;
        console.log(`  ${call} ${nth} ${fault}: ${outcome.wrong}`);
      }
      bad += row.wrong;
      if (row.cases > 0)
        console.log(
          `${call.padEnd(11)} ${fault.padEnd(8)} ${String(row.cases).padStart(5)}  ${String(row.acknowledged).padStart(12)}  ${String(row.stopped).padStart(7)}  ${String(row.wrong).padStart(5)}`,
        );
    }
  }
} else console.log("strace is missing or may not trace: no faults injected");

const random = seededRandom(1);
let acknowledged = 0;
let lost = 0;
for (let kill = 0; kill < kills; kill++) {
  const outcome = await killedAfter(js, 40 + Math.floor(random() * 500));
  acknowledged += outcome.acknowledged;
  if (outcome.wrong === null) continue;
  lost++;
  console.log(`  kill ${kill}: ${outcome.wrong}`);
}
console.log(`kill -9     ${kills} moments, ${acknowledged} acknowledged, ${lost} wrong`);
if (!short) {
  const torn = await tornTails();
  bad += torn.wrong.length;
  console.log(
    `torn tails  ${torn.cuts} cuts, every byte of the last three frames, ${torn.wrong.length} wrong`,
  );
  for (const one of torn.wrong) console.log(`  ${one}`);
}
rmSync(js, { recursive: true });
process.exitCode = bad + lost === 0 ? 0 : 1;
