import { rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Clock, type Json, type Refusal, defect, isRefusal, refusal } from "../../base/index.ts";
import { loadCatalog, QuotaBook, type RecordEvents } from "../../capture/index.ts";
import type { Role } from "../../policy/index.ts";
import {
  type Receipt,
  type Recorder,
  type Said,
  type Sealing,
  openReader,
  openSealing,
} from "../../record/index.ts";
import { type Store, openStore } from "../../store/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import { type Reloaded, type WatchedConfiguration, watchConfiguration } from "../configuration/watch.ts";
import { eventText, storeOptionsOf } from "../store-options.ts";
import { openPrivateSocket } from "../live/private-socket.ts";
import { AlarmBell } from "../live/alarm-bell.ts";
import { countInto, recallShown } from "../live/counting.ts";
import { type AskDatabase, Reasons } from "../live/reasons.ts";
import { recordInto } from "../live/recorder.ts";
import { findServe, runningFile } from "../live/running.ts";
import { Shipper } from "../live/shipper.ts";
import { isAlarm, standingOf, type Standing } from "../live/standing.ts";
import { type OpenLog, openLog } from "../witness.ts";
import { ownQuestions } from "./control.ts";
import type { Doors } from "./doors.ts";
import { ordersOf } from "./orders.ts";
import { openDoors } from "./single.ts";
import { openWorkers } from "./workers/workers.ts";

export interface ServeOptions {
  readonly data: string;
  /** whosaw.yaml; without it `whosaw.yaml` in the data directory. */
  readonly config?: string;
  readonly clock: Clock;
  /** What the operator should know while it happens. */
  readonly onEvent: (text: string) => void;
}

/** A `whosaw serve` that runs. */
export interface Serving {
  readonly port: number;
  readonly status: () => Promise<ServingStatus>;
  /** Lets running transactions finish for `millis`, takes the last of the log over, and lets go of everything. */
  readonly close: (millis: number) => Promise<void>;
}

export interface ServingStatus {
  readonly sessions: number;
  /** Entries of the log, and how many of them the store has taken over. */
  readonly recorded: number;
  readonly shipped: number;
  /** Why nothing can be recorded any more; then no row is released. */
  readonly stopped: string | null;
}

/** Opens everything: the log first, because without it nothing may be released; the gateway last. */
export async function serve(options: ServeOptions): Promise<Serving | Refusal> {
  const data = resolve(options.data);
  const running = await findServe(data);
  if (running !== null)
    return refusal(
      "refused",
      `whosaw serve works on ${data} already (process ${running.status.pid})`,
      "stop it, or give this one a data directory of its own",
    );
  const opening = new Opening(options, data);
  const opened = await opening.open();
  if (isRefusal(opened)) await opening.undo();
  return opened;
}

interface RecordingParts {
  readonly recorder: Recorder;
  readonly sealing: Sealing;
  readonly ask: AskDatabase;
  readonly bell: AlarmBell;
}

/** What has been opened so far, to be let go of in the opposite order. */
class Opening {
  readonly #options: ServeOptions;
  readonly #data: string;
  readonly #undo: (() => unknown)[] = [];

  constructor(options: ServeOptions, data: string) {
    this.#options = options;
    this.#data = data;
  }

  async undo(): Promise<void> {
    for (const step of this.#undo.toReversed()) await step();
  }

  async open(): Promise<Serving | Refusal> {
    const { clock, onEvent } = this.#options;
    const data = this.#data;
    const file = this.#options.config ?? join(data, "whosaw.yaml");
    let changed: ((reloaded: Reloaded) => void) | null = null;
    const watched = watchConfiguration(file, {
      changed: (reloaded) => changed?.(reloaded),
      refused: (why) => onEvent(`the configuration stays as it was: ${why.what}`),
    });
    if (isRefusal(watched)) return watched;
    this.#undo.push(() => watched.stop());
    const gatewayNow = (): GatewayConfiguration => watched.current().gateway ?? defect("no gateway");
    if (watched.current().gateway === undefined) return noGateway(file);
    const { store: storeSection, witnesses } = watched.current();
    const store = await openStore({
      data,
      ...storeOptionsOf(storeSection),
      onEvent: (event) => onEvent(eventText(event)),
    });
    if (isRefusal(store)) return store;
    this.#undo.push(() => store.close());
    const log = await openLog(data, { clock, witnesses, onEvent });
    if (isRefusal(log)) return log;
    this.#undo.push(() => log.close());
    const questions = ownQuestions(gatewayNow);
    this.#undo.push(() => questions.close());
    const unfit = await this.#unfit(gatewayNow(), questions.ask);
    if (unfit !== null) return unfit;
    const sealing = await openSealing(data);
    if (isRefusal(sealing)) return sealing;
    const bell = new AlarmBell(() => gatewayNow().alarm, onEvent);
    this.#undo.push(() => bell.close(0));
    const { ask, askRevoker } = questions;
    const into = { recorder: log.recorder, sealing, ask, bell };
    const recording = await this.#recording(into, gatewayNow);
    if (isRefusal(recording)) return recording;
    const { record, standing } = recording;
    const { workers } = gatewayNow();
    const inside = { data, configuration: gatewayNow(), record, clock, onTrouble: onEvent };
    const doors = await (workers === 1 ? openDoors(inside) : openWorkers(inside, workers));
    if (isRefusal(doors)) return doors;
    this.#undo.push(() => doors.close(0));
    for (const actor of standing.suspended) await doors.suspend(actor);
    const shipper = new Shipper(store, () => log.recorder.checkpoint(), onEvent);
    const letGo = (): void => {
      recording.reasons.close();
      questions.close();
    };
    const beside = { data, clock, onEvent, askRevoker, bell, letGo };
    const parts: Parts = { ...beside, store, log, sealing, watched, doors, standing, shipper };
    changed = (reloaded) => void obey(parts, reloaded);
    await tellConfiguration(parts, { changed: [], sha256: watched.digest(), why: "start" });
    return start(parts, gatewayNow);
  }

  /** What the database doesn't bear out of the configuration; a database that can't be reached says nothing, yet. */
  async #unfit(
    configuration: GatewayConfiguration,
    ask: (sql: string) => Promise<readonly (readonly (string | null)[])[]>,
  ): Promise<Refusal | null> {
    try {
      const [mistake] = configuration.checkAgainst(await loadCatalog(ask, "idle"));
      return mistake === undefined
        ? null
        : refusal("input", `${mistake.at}: ${mistake.key}: ${mistake.what}`, "whosaw doctor shows all of it");
    } catch (error) {
      this.#options.onEvent(
        `the database server can't be asked yet: ${error instanceof Error ? error.message : String(error)}`,
      );
      return null;
    }
  }

  async #recording(
    { recorder, sealing, ask, bell }: RecordingParts,
    configuration: () => GatewayConfiguration,
  ): Promise<
    { readonly record: RecordEvents; readonly standing: Standing; readonly reasons: Reasons } | Refusal
  > {
    const { onEvent } = this.#options;
    const reader = await openReader(this.#data);
    if (isRefusal(reader)) return reader;
    const standing = await standingOf(this.#data, reader);
    const reasons = new Reasons({
      tickets: () => configuration().protection.tickets,
      ask,
      onTrouble: onEvent,
    });
    this.#undo.push(() => reasons.close());
    let stopped = false;
    const record = recordInto({
      explain: reasons.explain,
      expect: (actor, now) => reasons.expect(actor, now),
      seal: (actor, text) => sealing.seal(`actor:${actor}`, text),
      isSuspended: (actor) => standing.suspended.has(actor),
      alarms: (event) => {
        const alarms = standing.alarms(event);
        for (const { actor, customer } of alarms)
          onEvent(`ALARM: ${actor} is being shown the canary ${customer}`);
        return alarms;
      },
      appendAll: async (said) => {
        const receipts = await recorder.appendAll(said);
        if (isRefusal(receipts) && recorder.status().stopped !== null && !stopped) {
          stopped = true;
          onEvent(`nothing can be recorded, so nothing is released: ${receipts.what}\n  ${receipts.todo}`);
        }
        if (!isRefusal(receipts)) ringFor(bell, said, receipts);
        return receipts;
      },
    });
    const quotas = {
      book: new QuotaBook(() => configuration().protection),
      roles: (): ReadonlyMap<string, Role> => configuration().roles,
    };
    await recallShown(reader, quotas, this.#options.clock());
    return { record: countInto({ ...quotas, record }), standing, reasons };
  }
}

/** Alarms are passed on when they are on the disk. */
function ringFor(bell: AlarmBell, said: readonly Said[], receipts: readonly Receipt[]): void {
  for (const [at, entry] of said.entries()) {
    const receipt = receipts[at];
    if (isAlarm(entry) && receipt !== undefined)
      bell.ring({ alarm: entry, log: receipt.log, index: receipt.index });
  }
}

/** What a running serve works with. */
export interface Parts {
  readonly data: string;
  readonly store: Store;
  readonly log: OpenLog;
  readonly sealing: Sealing;
  readonly watched: WatchedConfiguration;
  readonly doors: Doors;
  readonly standing: Standing;
  readonly shipper: Shipper;
  readonly clock: Clock;
  readonly onEvent: (text: string) => void;
  readonly askRevoker: AskDatabase;
  readonly bell: AlarmBell;
  /** Ends what asks the support database. */
  readonly letGo: () => void;
}

/** How long alarms that wait to be passed on may hold up an end, ms. */
const alarmMillisMax = 5_000;

async function start(parts: Parts, configuration: () => GatewayConfiguration): Promise<Serving> {
  const { data, doors, letGo, log, shipper, store, watched } = parts;
  shipper.start();
  const socket = await openPrivateSocket(ordersOf(parts, configuration), (held) => shipper.alone(held));
  const note = join(data, runningFile);
  writeFileSync(note, `${JSON.stringify({ pid: process.pid, socket: socket.path })}\n`, { mode: 0o600 });
  return {
    port: doors.port,
    status: async () => {
      const { size, stopped } = log.recorder.status();
      const sessions = await doors.sessions();
      const why = stopped === null ? null : stopped.what;
      return { sessions: sessions.length, recorded: size, shipped: shipper.next, stopped: why };
    },
    close: async (millis) => {
      watched.stop();
      await doors.close(millis);
      letGo();
      await parts.bell.close(alarmMillisMax);
      await shipper.flush();
      await socket.close();
      await shipper.close();
      await log.close();
      await store.close();
      rmSync(note, { force: true });
    },
  };
}

/** First the log knows of the new configuration, then it is obeyed. */
async function obey(parts: Parts, reloaded: Reloaded): Promise<void> {
  const { doors, onEvent } = parts;
  const { configuration, digest, changes, needRestart } = reloaded;
  if (configuration.gateway === undefined)
    return onEvent("the configuration has no gateway any more; the gateway goes on as it was");
  const changed = changes.map(({ key, was, now }) => ({ key, now, was }));
  const told = await tellConfiguration(parts, { changed, sha256: digest, why: "reload" });
  if (told !== null) return onEvent(`the configuration stays as it was: ${told.what}`);
  const refused = await doors.reload(configuration.gateway);
  if (refused !== null) return onEvent(`the configuration stays as it was: ${refused.what}`);
  const later = needRestart.length === 0 ? "" : `; only a restart brings about ${needRestart.join(", ")}`;
  onEvent(
    `the configuration was read again: ${changes.map(({ key }) => key).join(", ") || "files beside it"}${later}`,
  );
}

async function tellConfiguration(
  { log, clock }: Pick<Parts, "log" | "clock">,
  told: { readonly changed: Json; readonly sha256: string; readonly why: string },
): Promise<Refusal | null> {
  const time = new Date(clock()).toISOString();
  const receipt = await log.recorder.append({
    by: userInfo().username,
    ...told,
    kind: "configuration",
    time,
  });
  return isRefusal(receipt) ? receipt : null;
}

function noGateway(file: string): Refusal {
  return refusal(
    "input",
    `${file} says nothing of a gateway`,
    "whosaw init postgres://... proposes its sections: gateway, protect, roles, users",
  );
}
