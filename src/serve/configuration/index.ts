import type { z } from "zod";
import { isRefusal, type Refusal } from "../../base/index.ts";
import type { Catalog, LoginOptions } from "../../capture/index.ts";
import { type Protection, type Role, tableKey } from "../../policy/index.ts";
import type { AlarmHook } from "./alarm.ts";
import { againstCatalog } from "./againstCatalog.ts";
import { contradictions } from "./contradictions.ts";
import { type ConfigurationFile, type Mistake, openConfiguration, refusedMistake } from "./file.ts";
import type { ControlLogin } from "./gateway.ts";
import { type RecordSections, type Sections, sections } from "./shape.ts";

/** Everything that the gateway is told, checked against itself. Never changes; a reload makes another. */
export interface GatewayConfiguration {
  readonly login: LoginOptions;
  readonly control: ControlLogin;
  readonly protection: Protection;
  readonly roles: ReadonlyMap<string, Role>;
  readonly workers: number;
  readonly alarm: AlarmHook | null;
  /** By actor: the logins at the server that are the actor's own. */
  readonly ownLogins: ReadonlyMap<string, readonly string[]>;
  /** What this database's catalog doesn't bear out; empty where everything is there and fits. */
  readonly checkAgainst: (catalog: Catalog) => readonly Mistake[];
}

export type { AlarmHook } from "./alarm.ts";

/** `whosaw.yaml`. Every key is optional; a key that isn't known is refused with its line. */
export interface Configuration extends RecordSections {
  readonly gateway?: GatewayConfiguration | undefined;
}

/** Reads `whosaw.yaml`; a mistake is refused with its line and what is allowed there. */
export function readConfiguration(file: string): Configuration | Refusal {
  const opened = openConfiguration(file);
  return isRefusal(opened) ? opened : understand(opened);
}

export function understand(opened: ConfigurationFile): Configuration | Refusal {
  const read = sections(opened.folder).safeParse(opened.value);
  if (!read.success) return refusedMistake(issueMistake(read.error.issues, opened));
  const [wrong] = contradictions(read.data);
  if (wrong !== undefined) return refusedMistake(opened.mistake(wrong.path, wrong.what));
  const { store, witnesses, trace } = read.data;
  const gateway = gatewayOf(read.data, opened);
  return { store, witnesses, trace, ...(gateway === null ? {} : { gateway }) };
}

function gatewayOf(given: Sections, opened: ConfigurationFile): GatewayConfiguration | null {
  const { gateway, protect, tickets, roles, users, pools } = given;
  if (gateway === undefined || protect === undefined || roles === undefined) return null;
  const protection: Protection = {
    tables: new Map([...protect].map(([name, { table }]) => [name, table])),
    tickets: tickets ?? null,
  };
  const written = (schema: string, table: string): string =>
    protect.get(tableKey(schema, table))?.written ?? tableKey(schema, table);
  return {
    login: {
      listen: gateway.listen,
      tls: gateway.tls,
      oidc: gateway.oidc,
      users: new Map([...(users ?? []), ...(pools ?? [])]),
      upstream: gateway.upstream,
      limits: gateway.limits,
    },
    control: gateway.control,
    protection,
    roles,
    workers: gateway.workers,
    alarm: gateway.alarm,
    ownLogins: ownLogins(users),
    checkAgainst: (catalog) =>
      againstCatalog({ protection, roles, written }, catalog).map(({ path, what }) =>
        opened.mistake(path, what),
      ),
  };
}

function ownLogins(users: Sections["users"]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { actor, upstreamLogin } of users?.values() ?? [])
    if (upstreamLogin !== null) found.set(actor, [...(found.get(actor) ?? []), upstreamLogin]);
  return found;
}

function issueMistake(issues: readonly z.core.$ZodIssue[], opened: ConfigurationFile): Mistake {
  const [issue] = issues;
  const key = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  return opened.mistake(
    [...(issue?.path ?? []), ...(key === undefined ? [] : [key])],
    issue?.message ?? "not allowed",
  );
}
