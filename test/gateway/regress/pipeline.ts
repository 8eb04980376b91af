import { execFile } from "node:child_process";
import type { Address } from "../client.ts";
import { Ledger } from "../oracle.ts";
import { type Login, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";

/** One of libpq_pipeline's tests on both ways. */
export interface PipelineResult {
  readonly name: string;
  readonly bare: boolean;
  readonly mine: boolean;
  /** What it said through the gateway, if it failed there. */
  readonly said: string;
}

interface Ran {
  readonly passed: boolean;
  readonly out: string;
  readonly said: string;
}

async function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(program, args, { timeout: 60_000 }, (error, out, said) =>
      done({ passed: error === null, out, said: said.slice(-500) }),
    );
  });
}

const conninfo = ({ host, port, database }: Address, { user, password }: Login): string =>
  `host=${host} port=${port} dbname=${database} user=${user} password='${password}' sslmode=disable gssencmode=disable`;

/** Runs each of libpq_pipeline's tests directly and through the gateway. */
export async function runPipelines(program: string): Promise<readonly PipelineResult[]> {
  const postgres = await startPostgres({ major: 15, markers: false, customers: 2, agents: 2 });
  const { agent, owner } = postgres;
  const gateway = await startThrough({
    postgres,
    roles: { [owner.user]: { ...wideRole, upstream: owner.user } },
    record: new Ledger(1, 1).record,
  });
  try {
    const results: PipelineResult[] = [];
    const { out } = await run(program, ["tests"]);
    for (const name of out.trim().split("\n")) {
      const bare = await run(program, [name, conninfo(postgres, owner)]);
      const login = { user: owner.user, password: agent.password };
      const mine = await run(program, [name, conninfo(gateway.address, login)]);
      results.push({ name, bare: bare.passed, mine: mine.passed, said: mine.passed ? "" : mine.said });
    }
    return results;
  } finally {
    await gateway.stop();
    await postgres.stop();
  }
}
