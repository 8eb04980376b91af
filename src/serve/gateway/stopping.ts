import { userInfo } from "node:os";
import { resolve } from "node:path";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Json, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import type { ActorId } from "../../domain/index.ts";
import { readConfiguration } from "../configuration/index.ts";
import { findServe } from "../live/running.ts";
import { openLog } from "../witness.ts";
import type { Revoked } from "./upstream-login.ts";
import {
  type GivenBack,
  loginsOf,
  reasonCharactersMax,
  restorationEntry,
  type SuspensionWish,
  type Suspended,
  suspensionEntry,
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

/** Stops an actor: by the serve that runs; or, where none does, by the log alone, which the next start obeys. */
export async function suspendActor(wish: StoppingWish): Promise<Suspended | Refusal> {
  const order = orderOf(wish);
  if (isRefusal(order)) return order;
  const serve = await findServe(resolve(wish.data));
  if (serve !== null)
    return (await serve.ask("/suspend", order as unknown as Json)) as unknown as Suspended | Refusal;
  const configured = readConfiguration(wish.config ?? join(resolve(wish.data), "whosaw.yaml"));
  // A configuration that can't be read must not keep anybody from being stopped.
  const gateway = isRefusal(configured) ? undefined : configured.gateway;
  const logins = gateway === undefined ? [] : loginsOf(gateway, order);
  if (isRefusal(logins)) return logins;
  const entry = suspensionEntry(order, wish.clock(), { ended: 0, probe: null, millis: null, upstream: null });
  const receipt = await appendAlone(wish, entry);
  if (isRefusal(receipt)) return receipt;
  return { actor: order.actor, ended: 0, probe: null, millis: null, logins, upstream: [], receipt };
}

/** Lets an actor in again, likewise. */
export async function restoreActor(wish: StoppingWish): Promise<Restored | Refusal> {
  const order = orderOf(wish);
  if (isRefusal(order)) return order;
  const serve = await findServe(resolve(wish.data));
  if (serve === null) {
    const receipt = await appendAlone(wish, restorationEntry(order, wish.clock()));
    return isRefusal(receipt) ? receipt : { actor: order.actor, running: false, upstream: [], receipt };
  }
  const given = (await serve.ask("/restore", order as unknown as Json)) as unknown as GivenBack | Refusal;
  if (isRefusal(given)) return given;
  const { index, log, upstream } = given;
  return { actor: order.actor, running: true, upstream, receipt: { log, index } };
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

async function appendAlone(
  { data, clock }: StoppingWish,
  entry: ReturnType<typeof restorationEntry>,
): Promise<Restored["receipt"] | Refusal> {
  if (!existsSync(join(resolve(data), "VERSION")))
    return refusal("input", `there is no data directory ${data}`, "Name it with --data or WHOSAW_DATA.");
  const log = await openLog(resolve(data), { clock });
  if (isRefusal(log)) return log;
  const receipt = await log.recorder.append(entry);
  await log.close();
  return isRefusal(receipt) ? receipt : { log: receipt.log, index: receipt.index };
}
