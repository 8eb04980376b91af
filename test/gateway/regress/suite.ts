import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asOwner, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";
import type { Sides } from "./lockstep.ts";
import { type Material, ownFunctions, type Stage, stage } from "./material.ts";
import { Middle, type Step } from "./middle.ts";

/** What came of one file of the suite. */
export interface FileResult {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Why the file wasn't run to its end; null: it was. */
  readonly trouble: string | null;
  readonly millis: number;
}

const database = "regression";
/** As pg_regress sets them. */
const environment = {
  PGTZ: "PST8PDT",
  PGDATESTYLE: "Postgres, MDY",
  PGOPTIONS: "-c intervalstyle=postgres_verbose",
  PGSSLMODE: "disable",
  PGGSSENCMODE: "disable",
  LC_ALL: "C.UTF-8",
};
const settings = [
  "autovacuum=off",
  "max_prepared_transactions=2",
  "lc_messages=C",
  "jit=off",
  // Plans that depend on how many workers are free just now would make two servers differ.
  "max_parallel_workers=0",
];

/** Refusals that the server would have made itself: the gateway gives its answer, and that is compared. */
const ofServer: ReadonlySet<string> = new Set(
  "names parse several_statements no_statement no_portal".split(" "),
);

async function server(): Promise<Postgres> {
  const postgres = await startPostgres({ major: 15, markers: false, customers: 2, agents: 2, settings });
  await asOwner(postgres, [`create database ${database} template template0`], "postgres");
  await asOwner(postgres, [
    `alter database ${database} set bytea_output to 'hex'`,
    `alter database ${database} set timezone_abbreviations to 'Default'`,
  ]);
  return { ...postgres, database };
}

export interface SuiteOptions {
  readonly material: Material;
  readonly files: readonly string[];
  /** Both sides bare: what two servers differ in by themselves. */
  readonly control: boolean;
  readonly onFile: (result: FileResult) => void;
}

/** Runs files of the suite on two servers in lockstep, on one of them through the gateway. */
export async function runSuite(options: SuiteOptions): Promise<void> {
  const { control, material } = options;
  const staged = stage(material);
  const bare = await server();
  const behind = await server();
  const rules: string[] = [];
  const gateway = control
    ? null
    : await startThrough({
        postgres: behind,
        roles: {
          [behind.owner.user]: {
            ...wideRole,
            upstream: behind.owner.user,
            functions: ownFunctions(material),
          },
        },
        record: async (events) => {
          for (const event of events)
            if (event.kind === "refusal" && (event.code === "42501" || !ofServer.has(event.rule)))
              rules.push(event.rule);
          return Promise.resolve(null);
        },
      });
  try {
    const sides: Sides = {
      bare,
      behind,
      mine: gateway?.address ?? behind,
      bareLogin: bare.owner,
      mineLogin: { user: behind.owner.user, password: gateway === null ? "" : behind.agent.password },
      rules,
    };
    for (const name of options.files) options.onFile(await runFile(name, sides, staged));
  } finally {
    await gateway?.stop();
    await Promise.all([bare.stop(), behind.stop()]);
    rmSync(staged.folder, { recursive: true, force: true });
  }
}

/** The longest takes under a minute on quiet cores, and more than five on crowded ones. */
const fileMillisMax = 1_200_000;

async function runFile(name: string, sides: Sides, staged: Stage): Promise<FileResult> {
  const steps: Step[] = [];
  let trouble: string | null = null;
  const middle = new Middle(
    sides,
    (step) => steps.push(step),
    (what) => (trouble ??= what),
  );
  const port = await middle.listen();
  const begun = performance.now();
  const input = openSync(join(staged.folder, "sql", `${name}.sql`), "r");
  const psql = spawn("psql", ["-X", "-a", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"], {
    env: {
      PATH: process.env["PATH"],
      ...environment,
      ...staged.env,
      PGHOST: "127.0.0.1",
      PGPORT: String(port),
      PGUSER: sides.bareLogin.user,
      PGDATABASE: database,
    },
    cwd: staged.folder,
    stdio: [input, "ignore", "ignore"],
    timeout: fileMillisMax,
  });
  const code = await new Promise<number | null>((done) => psql.once("exit", done));
  closeSync(input);
  middle.close();
  // 3 is a script's own end with \quit; 2 is a lost connection.
  if (code !== 0) trouble ??= `psql ended with ${code}`;
  return { name, steps, trouble, millis: performance.now() - begun };
}
