import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal, systemClock } from "../../../src/base/index.ts";
import {
  loginLimits,
  type RecordEvents,
  type RunningGateway,
  scramVerifier,
  startGateway,
} from "../../../src/capture/index.ts";
import { type Protection, type Role, tableKey } from "../../../src/policy/index.ts";
import { initialise } from "../../../src/serve/index.ts";
import { rtDatabase, rtLogin } from "./desk.ts";
import type { Postgres } from "../postgres.ts";

const unlimited = { hour: null, day: null };

/** The application's own login: it shows customers to whoever works with it, masks nothing, changes no table. */
export const applicationRole: Role = {
  name: "application",
  upstream: rtLogin.user,
  show: { identifier: "plain", contact: "plain", content: "plain", none: "plain" },
  ticketBound: false,
  quotas: { identifier: unlimited, contact: unlimited, content: unlimited },
  hours: null,
  export: true,
  rowsMax: null,
  aggregates: { allow: true, smallestGroup: 1 },
  functions: new Set(),
  channels: new Set(),
  ddl: false,
};

/** What `whosaw init` proposes for the database, with nothing changed by hand. */
export async function proposedProtection({ host, owner, port }: Postgres): Promise<Protection> {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-rt-init-"));
  try {
    const answer = await initialise({
      url: `postgres://${owner.user}@${host}:${port}/${rtDatabase}`,
      file: join(folder, "whosaw.yaml"),
      force: false,
      customers: null,
      tickets: null,
      clock: systemClock,
    });
    if (isRefusal(answer)) throw new Error(answer.what);
    const tables = answer.proposal.protect.map(({ fields, key, name }) => {
      const [schema = "", table = ""] = name.split(".");
      const classes = new Map(fields.map(({ column, field }) => [column, field]));
      return [tableKey(schema, table), { schema, table, key, fields: classes }] as const;
    });
    return { tables: new Map(tables), tickets: answer.proposal.tickets?.table ?? null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function startRtGateway(
  { host, owner, port }: Postgres,
  protection: Protection,
  tell: { readonly record: RecordEvents; readonly onTrouble: (what: string) => void },
): Promise<RunningGateway> {
  const { password, user } = rtLogin;
  const verifier = await scramVerifier(password, Buffer.from("salt-of-the-desk"));
  const person = {
    name: user,
    actor: user,
    role: applicationRole.name,
    method: { kind: "scram", verifier },
    validUntil: null,
    databases: null,
    pool: null,
  } as const;
  const gateway = await startGateway({
    config: {
      login: {
        listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
        tls: null,
        oidc: null,
        users: new Map([[user, person]]),
        upstream: {
          address: { kind: "tcp", host, port },
          tls: "disable",
          ca: null,
          weak: ["trust"],
          databases: null,
          logins: new Map([
            [user, { password, certificate: null }],
            [owner.user, { password: null, certificate: null }],
          ]),
          connectTimeMax: 10_000,
        },
        limits: loginLimits,
      },
      protection,
      roles: new Map([[applicationRole.name, applicationRole]]),
      control: owner.user,
    },
    clock: systemClock,
    mockSecret: Buffer.alloc(32, 7),
    ...tell,
  });
  if (isRefusal(gateway)) throw new Error(gateway.what);
  return gateway;
}
