/**
 * The marker oracle over random statements: what left without a sighting (must be nothing), how much is recorded that wasn't in the
 * bytes, and which harmless statements are refused. Each script runs on the bare server and through the gateway.
 * `--refused N` prints so many of the harmless scripts that each rule refused.
 * Run: npm run bench -- gateway-oracle [--statements N] [--minutes M] [--seed S] [--server 15|18] [--direct] [--sqlsmith] [--refused N] [--short]
 */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { finder } from "../test/gateway/find.ts";
import { Ledger } from "../test/gateway/oracle.ts";
import { type Postgres, startPostgres } from "../test/gateway/postgres.ts";
import { wideRole } from "../test/gateway/protection.ts";
import { scripts } from "../test/gateway/random/statements.ts";
import { type Tally, Trial } from "../test/gateway/random/trial.ts";
import { startThrough } from "../test/gateway/through.ts";

function option(name: string): string | null {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? "");
}

const short = process.argv.includes("--short");
const statementsMax = Number(option("statements") ?? (short ? 500 : 20_000));
const until = Date.now() + Number(option("minutes") ?? 600) * 60_000;
const seed = Number(option("seed") ?? 1);
const major = option("server") === "15" ? 15 : 18;
const refusedShown = Number(option("refused") ?? 0);
const direct = process.argv.includes("--direct");
const desk = { customers: 30, agents: 4, seed: 3, markers: true };

/**
 * What Debian's sqlsmith makes of the help desk's schema, a statement a script. It looks at the bare server and only prints: each
 * statement is then run on both, in a transaction that is rolled back.
 */
function* sqlsmithScripts(
  { host, port, owner, database }: Postgres,
  statements: number,
  from: number,
): Generator<readonly string[]> {
  const target = `host=${host} port=${port} user=${owner.user} dbname=${database}`;
  const most = 2000;
  for (let made = 0, round = 0; made < statements; made += most, round++) {
    const flags = ["--dry-run", "--exclude-catalog", `--seed=${from + round}`, `--max-queries=${most}`];
    const { stdout, error } = spawnSync("sqlsmith", [`--target=${target}`, ...flags], {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    if (error !== undefined) throw new Error("sqlsmith is not installed: apt-get install sqlsmith");
    // Taken back, because a row that the bare server gives to another customer keeps the first one's markers.
    for (const statement of stdout.split(/;\s*\n/))
      if (statement.trim() !== "") yield ["begin", statement.trim(), "rollback"];
  }
}

const share = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)}%)`;

function print(tally: Tally, seconds: number): void {
  console.log(
    `statements run           ${tally.statements} in ${seconds.toFixed(0)} s, seed ${seed}, PostgreSQL ${major}`,
  );
  console.log(
    `scripts with markers     ${tally.marked}; harmless ones ${tally.harmless}; answered without an error ${tally.answered}`,
  );
  console.log(`unrecorded markers       ${tally.unrecorded.length} (must be 0)`);
  console.log(
    `over-recorded            ${share(tally.extra, tally.recorded)} of the (customer, field) pairs recorded`,
  );
  console.log(
    `refused                  ${tally.refused}; of harmless ones ${share(tally.refusedHarmless, tally.harmless)}`,
  );
  console.log(`neither answered nor refused, where the bare server answers: ${tally.broken.length}`);
  console.log(`fewer markers than the bare server's, also where no rows are chosen: ${tally.missing.length}`);
  for (const [rule, count] of [...tally.rules].sort(([, a], [, b]) => b - a))
    console.log(
      `  refused by ${rule}: ${count}, harmless ones ${tally.harmlessByRule.get(rule)?.length ?? 0}`,
    );
  for (const [rule, all] of tally.harmlessByRule)
    for (const script of all.slice(0, refusedShown))
      console.log(`REFUSED ${rule}\n  ${script.join(";\n  ")}`);
  for (const { script, mark } of tally.unrecorded.slice(0, direct ? 0 : 10))
    console.log(`UNRECORDED ${JSON.stringify(mark)}\n  ${script.join(";\n  ")}`);
  for (const { script, said } of tally.broken.slice(0, 10))
    console.log(`BROKEN ${said}\n  ${script.join(";\n  ")}`);
  for (const { script, marks } of tally.missing.slice(0, 5))
    console.log(`MISSING ${marks}\n  ${script.join(";\n  ")}`);
}

const ledger = new Ledger(seed, 1);
const postgres = await startPostgres({ ...desk, major });
const gateway = direct
  ? null
  : await startThrough({
      postgres,
      roles: { desk_agent: wideRole, desk_lead: wideRole },
      record: ledger.record,
    });
if (gateway === null) console.log("through no gateway: every marker must be reported as unrecorded");
const trial = new Trial({ postgres, address: gateway?.address ?? postgres, ledger, finder: finder(desk) });
const started = performance.now();
let at = 0;
const source = process.argv.includes("--sqlsmith")
  ? sqlsmithScripts(postgres, statementsMax, seed)
  : scripts(seed);
for (const script of source) {
  await trial.one(script, seed + at);
  at++;
  // What was judged needn't be kept: a long run would fill the memory.
  ledger.durable.length = 0;
  if (trial.tally.statements >= statementsMax || Date.now() > until) break;
  if (at % 200 === 0) {
    process.stderr.write(
      `${trial.tally.statements} statements, ${trial.tally.unrecorded.length} unrecorded\n`,
    );
    await sleep(1);
  }
}
await trial.end();
print(trial.tally, (performance.now() - started) / 1000);
await gateway?.stop();
await postgres.stop();
process.exit(trial.tally.unrecorded.length > 0 && !direct ? 1 : 0);
