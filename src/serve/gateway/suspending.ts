import { type Clock, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import type { Recorder, Said } from "../../record/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import type { Standing } from "../live/standing.ts";
import type { Doors } from "./doors.ts";
import type { AskDatabase } from "../live/reasons.ts";
import { type Probed, probe, withProbe } from "./probe.ts";
import { type Revoked, returnLogin, revokeLogins } from "./upstream-login.ts";

export interface SuspensionWish {
  readonly actor: string;
  readonly reason: string;
  readonly by: string;
}

/** What came of a suspension; `probe` and `millis` are null where no gateway runs: it is then effective at the next start. */
export interface Suspended {
  readonly actor: string;
  readonly ended: number;
  readonly probe: Probed | null;
  readonly millis: number | null;
  /** Logins of whosaw.yaml that read as this actor. None, where no pool speaks for people either, is a slip more often than not. */
  readonly logins: readonly string[];
  /** The actor's own logins at the server, taken away; empty where none is configured. */
  readonly upstream: readonly Revoked[];
  /** Why whosaw.yaml could not say which logins at the server are the actor's own; null: it could. */
  readonly unread: string | null;
  readonly receipt: { readonly log: string; readonly index: number };
}

/**
 * The logins that read as an actor. Who means somebody by the login's name, where the actor is called something else, would stop
 * nobody and believe the opposite: that is refused, with the name to use.
 */
export function loginsOf(
  configuration: GatewayConfiguration,
  { actor, reason }: Pick<SuspensionWish, "actor" | "reason">,
): readonly string[] | Refusal {
  const { users } = configuration.login;
  const logins = [...users].filter(([, user]) => user.actor === actor).map(([name]) => name);
  const meant = users.get(actor)?.actor;
  if (logins.length > 0 || meant === undefined) return logins;
  return refusal(
    "input",
    `${actor} is a login, and reads as the actor ${meant}; nobody was stopped`,
    `whosaw suspend ${meant} --reason ${JSON.stringify(reason)}`,
  );
}

/** Characters of a reason. */
export const reasonCharactersMax = 2_000;

export interface SuspendParts {
  readonly recorder: Pick<Recorder, "append">;
  readonly standing: Standing;
  readonly doors: Doors;
  readonly configuration: () => GatewayConfiguration;
  readonly askRevoker: AskDatabase;
  readonly clock: Clock;
}

/**
 * Stops an actor everywhere (I8): the log says so, the recorder refuses every sighting of the actor from then on, every session is
 * cut, and a probe logs in as the actor would and must be refused. What the probe met is in the log too.
 */
export async function suspend(parts: SuspendParts, wish: SuspensionWish): Promise<Suspended | Refusal> {
  const begun = performance.now();
  const { recorder, standing, doors, clock } = parts;
  const logins = loginsOf(parts.configuration(), wish);
  if (isRefusal(logins)) return logins;
  // Before the log knows of it: what comes later than this line is released to nobody.
  standing.suspended.add(wish.actor);
  const ordered = await recorder.append(
    suspensionEntry(wish, clock(), { ended: 0, probe: null, millis: null, upstream: null }),
  );
  if (isRefusal(ordered)) return ordered;
  // Both at once: a server that is slow to revoke must not keep the gateway's door open.
  const [{ ended }, upstream] = await Promise.all([doors.suspend(wish.actor), revoked(parts, wish.actor)]);
  const probed = await tried(parts, wish.actor);
  const millis = Math.round((performance.now() - begun) * 10) / 10;
  const told = suspensionEntry(wish, clock(), {
    ended,
    probe: { ...probed },
    millis,
    upstream: takenOf(upstream),
  });
  const done = await recorder.append(told);
  if (isRefusal(done)) return done;
  standing.take(told);
  const receipt = { log: done.log, index: done.index };
  return { actor: wish.actor, ended, probe: probed, millis, logins, upstream, unread: null, receipt };
}

async function revoked(
  { configuration, askRevoker }: SuspendParts,
  actor: string,
): Promise<readonly Revoked[]> {
  return revokeLogins(askRevoker, configuration().ownLogins.get(actor) ?? []);
}

/** The logins that a suspension took, as an entry has them: null where there is none. */
export function takenOf(upstream: readonly Revoked[]): readonly string[] | null {
  return listed(upstream.filter(({ outcome }) => outcome === "done").map(({ login }) => login));
}

/** As an entry has it: null where there is none. */
function listed(logins: readonly string[]): readonly string[] | null {
  return logins.length === 0 ? null : logins;
}

/** The probe's login is there for the probe alone. */
async function tried({ doors, configuration }: SuspendParts, actor: string): Promise<Probed> {
  const login = await withProbe(configuration(), actor);
  const refused = await doors.reload(login.configuration);
  if (refused !== null) return { outcome: "unreachable", code: null };
  try {
    return await probe(login, doors.port);
  } finally {
    await doors.reload(configuration());
  }
}

export function suspensionEntry(
  { actor, reason, by }: SuspensionWish,
  now: number,
  came: {
    readonly ended: number;
    readonly probe: { readonly outcome: string; readonly code: string | null } | null;
    readonly millis: number | null;
    readonly upstream: readonly string[] | null;
  },
): Said {
  const { ended, millis, probe: met, upstream } = came;
  const time = new Date(now).toISOString();
  return { actor, by, ended, kind: "suspension", millis, probe: met, reason, time, upstream };
}

export function restorationEntry(
  { actor, reason, by }: SuspensionWish,
  now: number,
  upstream: readonly string[] | null = null,
): Said {
  const time = new Date(now).toISOString();
  return { actor, by, kind: "restoration", reason, time, upstream };
}

/** Lets an actor in again: first the log says so. */
export async function restore(
  { recorder, standing, doors, askRevoker, clock }: SuspendParts,
  wish: SuspensionWish,
): Promise<GivenBack | Refusal> {
  const taken = standing.revoked.get(wish.actor) ?? [];
  const told = restorationEntry(wish, clock(), listed(taken));
  const receipt = await recorder.append(told);
  if (isRefusal(receipt)) return receipt;
  standing.take(told);
  const upstream = await Promise.all(taken.map((login) => returnLogin(askRevoker, login)));
  await doors.restore(wish.actor);
  return { log: receipt.log, index: receipt.index, upstream };
}

/** Where the log tells of a restoration, and what came of the logins that the suspension took. */
export interface GivenBack {
  readonly log: string;
  readonly index: number;
  readonly upstream: readonly Revoked[];
}
