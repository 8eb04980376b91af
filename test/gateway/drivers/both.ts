import { execFile } from "node:child_process";
import type { Address } from "../client.ts";
import { Ledger } from "../oracle.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";

/** A server and a gateway in front of it: whatever a driver does, it does to both, and must see the same. */
export interface Both {
  readonly postgres: Postgres;
  readonly bare: Address;
  readonly mine: Address;
  readonly ledger: Ledger;
  readonly stop: () => Promise<void>;
}

export async function startBoth(major: 15 | 18 = 18): Promise<Both> {
  const postgres = await startPostgres({ major, markers: true });
  const ledger = new Ledger(1, 1);
  const roles = { desk_agent: wideRole, desk_lead: wideRole };
  const gateway = await startThrough({ postgres, roles, record: ledger.record });
  return {
    postgres,
    bare: postgres,
    mine: gateway.address,
    ledger,
    stop: async () => {
      await gateway.stop();
      await postgres.stop();
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of PostgreSQL's as the lead, against this address. */
export async function program(
  name: string,
  args: readonly string[],
  address: Address,
  { lead, millisMax = 60_000 }: Pick<Postgres, "lead"> & { readonly millisMax?: number },
): Promise<Ran> {
  const env = {
    ...process.env,
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGDATABASE: address.database,
    PGUSER: lead.user,
    PGPASSWORD: lead.password,
    PGCONNECT_TIMEOUT: "10",
    LC_ALL: "C.UTF-8",
  };
  return new Promise((resolve) => {
    execFile(name, args, { env, maxBuffer: 1 << 26, timeout: millisMax }, (error, out, err) => {
      const port = new RegExp(`port ${address.port}`, "g");
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        out,
        err: err.replaceAll(port, "port P"),
      });
    });
  });
}
