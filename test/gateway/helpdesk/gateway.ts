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
import { type Field, type Protection, type Role, type Showing, tableKey } from "../../../src/policy/index.ts";
import { unboundRole } from "../../../src/policy/role.testing.ts";
import { initialise } from "../../../src/serve/index.ts";
import type { HelpDesk } from "./desk.ts";

/** The application's own login: it shows customers to whoever works with it, and changes no table. */
export const applicationRole = (user: string, contact: Showing = "plain"): Role => ({
  ...unboundRole,
  name: "application",
  upstream: user,
  show: { ...unboundRole.show, contact },
});

/** What `whosaw init` proposes for the database, with nothing changed by hand. */
export async function proposedProtection({ database, postgres }: HelpDesk): Promise<Protection> {
  const { host, owner, port } = postgres;
  const folder = mkdtempSync(join(tmpdir(), "whosaw-desk-init-"));
  try {
    const answer = await initialise({
      url: `postgres://${owner.user}@${host}:${port}/${database}`,
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

/** The protection with some fields changed by hand, by `schema.table` and column. */
export function changed(
  protection: Protection,
  changes: Readonly<Record<string, Readonly<Record<string, Field>>>>,
): Protection {
  const tables = [...protection.tables].map(([key, table]) => {
    const fields = new Map([...table.fields, ...Object.entries(changes[key] ?? {})]);
    return [key, { ...table, fields }] as const;
  });
  return { ...protection, tables: new Map(tables) };
}

export interface Told {
  readonly role: Role;
  readonly record: RecordEvents;
  readonly onTrouble: (what: string) => void;
}

export async function startDeskGateway(
  desk: HelpDesk,
  protection: Protection,
  { role, ...tell }: Told,
): Promise<RunningGateway> {
  const { host, owner, port } = desk.postgres;
  const { password, user } = desk.login;
  const verifier = await scramVerifier(password, Buffer.from("salt-of-the-desk"));
  const person = {
    name: user,
    actor: user,
    role: role.name,
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
      roles: new Map([[role.name, role]]),
      control: owner.user,
    },
    clock: systemClock,
    mockSecret: Buffer.alloc(32, 7),
    ...tell,
  });
  if (isRefusal(gateway)) throw new Error(gateway.what);
  return gateway;
}
