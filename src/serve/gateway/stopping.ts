import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Clock, type Json, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import type { ActorId } from "../../domain/index.ts";
import { readConfiguration } from "../configuration/index.ts";
import { findServe } from "../live/running.ts";
import { openLog } from "../witness.ts";
import { type Recorder, openReader } from "../../record/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import { missingData } from "../../store/index.ts";
import type { AskDatabase } from "../live/reasons.ts";
import { standingOf } from "../live/standing.ts";
import { ownQuestions } from "./control.ts";
import { type Revoked, returnLogin, revokeLogins } from "./upstream-login.ts";
import {
  type GivenBack,
  loginsOf,
  reasonCharactersMax,
  restorationEntry,
  type SuspensionWish,
  type Suspended,
  suspensionEntry,
  takenOf,
} from "./suspending.ts";

export interface StoppingWish {
  readonly data: string;
  readonly actor: ActorId;
  readonly reason: string;
  /** whosaw.yaml, for a suspension while no serve runs; without it the data directory's. */
  readonly config?: string;
  readonly clock: Clock;
}

/** Where the log tells of a restoration, and whether a gateway heard of it at once. */
export interface Restored {
  readonly actor: string;
  readonly running: boolean;
  /** What came of the logins at the server that the suspension took. */
  readonly upstream: readonly Revoked[];
  readonly receipt: { readonly log: string; readonly index: number };
}

/**
 * Stops an actor: by the serve that runs; or, where none does, by the log, which the next start obeys, and at the server, where the actor
 * has a login of their own there.
 */
export async function suspendActor(wish: StoppingWish): Promise<Suspended | Refusal> {
  const order = orderOf(wish);
  if (isRefusal(order)) return order;
  const serve = await findServe(resolve(wish.data));
  if (serve !== null)
    return (await serve.ask("/suspend", order as unknown as Json)) as unknown as Suspended | Refusal;
  const { gateway, unread } = gatewayOf(wish);
  const logins = gateway === null ? [] : loginsOf(gateway, order);
  if (isRefusal(logins)) return logins;
  const came = { ended: 0, probe: null, millis: null };
  return withLog(wish, async (recorder) => {
    const ordered = await recorder.append(suspensionEntry(order, wish.clock(), { ...came, upstream: null }));
    if (isRefusal(ordered)) return ordered;
    const answer = { actor: order.actor, ...came, logins, unread };
    const own = gateway?.ownLogins.get(order.actor) ?? [];
    if (gateway === null || own.length === 0) return { ...answer, upstream: [], receipt: receiptOf(ordered) };
    const upstream = await atTheServer(gateway, (ask) => revokeLogins(ask, own));
    const taken = takenOf(upstream);
    if (taken === null) return { ...answer, upstream, receipt: receiptOf(ordered) };
    const done = await recorder.append(suspensionEntry(order, wish.clock(), { ...came, upstream: taken }));
    return isRefusal(done) ? done : { ...answer, upstream, receipt: receiptOf(done) };
  });
}

/** Lets an actor in again, likewise. */
export async function restoreActor(wish: StoppingWish): Promise<Restored | Refusal> {
  const order = orderOf(wish);
  if (isRefusal(order)) return order;
  const serve = await findServe(resolve(wish.data));
  if (serve === null) return restoreAlone(wish, order);
  const given = (await serve.ask("/restore", order as unknown as Json)) as unknown as GivenBack | Refusal;
  if (isRefusal(given)) return given;
  const { index, log, upstream } = given;
  return { actor: order.actor, running: true, upstream, receipt: { log, index } };
}

async function restoreAlone(wish: StoppingWish, order: SuspensionWish): Promise<Restored | Refusal> {
  return withLog(wish, async (recorder) => {
    const published = await recorder.checkpoint();
    if (isRefusal(published)) return published;
    const reader = await openReader(resolve(wish.data));
    if (isRefusal(reader)) return reader;
    const taken = (await standingOf(resolve(wish.data), reader)).revoked.get(order.actor) ?? [];
    const told = restorationEntry(order, wish.clock(), taken.length === 0 ? null : taken);
    const receipt = await recorder.append(told);
    if (isRefusal(receipt)) return receipt;
    const { gateway, unread } = taken.length === 0 ? { gateway: null, unread: null } : gatewayOf(wish);
    const upstream =
      gateway === null
        ? taken.map((login): Revoked => ({
            login,
            outcome: "failed",
            why: unread ?? "whosaw.yaml has no gateway",
          }))
        : await atTheServer(gateway, (ask) => Promise.all(taken.map((login) => returnLogin(ask, login))));
    return { actor: order.actor, running: false, upstream, receipt: receiptOf(receipt) };
  });
}

/** The gateway's part of the configuration; a file that can't be read must not keep anybody from being stopped. */
function gatewayOf({ config, data }: StoppingWish): {
  readonly gateway: GatewayConfiguration | null;
  readonly unread: string | null;
} {
  const configured = readConfiguration(config ?? join(resolve(data), "whosaw.yaml"));
  return isRefusal(configured)
    ? { gateway: null, unread: configured.what }
    : { gateway: configured.gateway ?? null, unread: null };
}

/** Asks the database server by the revoker's login, for as long as it takes. */
async function atTheServer<Answer>(
  gateway: GatewayConfiguration,
  act: (ask: AskDatabase) => Promise<Answer>,
): Promise<Answer> {
  const questions = ownQuestions(() => gateway);
  try {
    return await act(questions.askRevoker);
  } finally {
    questions.close();
  }
}

function orderOf({ actor, reason }: StoppingWish): SuspensionWish | Refusal {
  const fits = reason.trim() !== "" && reason.length <= reasonCharactersMax;
  return fits
    ? { actor, reason, by: userInfo().username }
    : refusal(
        "usage",
        "a reason is needed",
        `Say it with --reason, in at most ${reasonCharactersMax} characters.`,
      );
}

async function withLog<Answer>(
  { data, clock }: StoppingWish,
  act: (recorder: Recorder) => Promise<Answer | Refusal>,
): Promise<Answer | Refusal> {
  const missing = missingData(resolve(data));
  if (missing !== null) return missing;
  const log = await openLog(resolve(data), { clock });
  if (isRefusal(log)) return log;
  try {
    return await act(log.recorder);
  } finally {
    await log.close();
  }
}

function receiptOf({ log, index }: Restored["receipt"]): Restored["receipt"] {
  return { log, index };
}
