import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { type Clock, type Refusal, refusal } from "../../../base/index.ts";
import type { GatewayEvent, Reader, RecordEvents, UsedTokens } from "../../../capture/index.ts";
import { type Bundle, Line, LineLost } from "./line.ts";
import type { HandedOver, RecorderCalls, Rule, WorkerCalls } from "./worker.ts";

type Cancel = WorkerCalls["cancel"]["given"];

/** What a gateway process needs of the recorder's. */
export interface PostServices {
  readonly record: RecordEvents;
  readonly onTrouble: (what: string) => void;
  readonly clock: Clock;
  readonly enter: (ip: string) => (() => void) | null;
  readonly used: UsedTokens;
  readonly cancel: (from: Post, wanted: Cancel) => Promise<boolean>;
}

/** How a gateway process ended, and how many sessions with it. */
export interface PostEnded {
  readonly how: string;
  readonly sessions: number;
  /** Whether it had been at work. */
  readonly worked: boolean;
}

/** One gateway process, as the recorder's process sees it. */
export class Post {
  readonly #services: PostServices;
  readonly #child: ChildProcess;
  readonly #line: Line<WorkerCalls, RecorderCalls>;
  readonly #places: Map<number, () => void> = new Map();
  #nextPlace = 0;
  /** By session: who is logged in there, as the record says. */
  readonly readers: Map<string, Reader> = new Map();
  readonly ended: Promise<PostEnded>;
  /** Handed over and not ended yet. */
  connections = 0;
  /** Whether it may be handed connections. */
  ready = false;

  constructor(services: PostServices) {
    this.#services = services;
    const child = fork(workerEntry(), [], {
      // Its stdout must never reach ours: `--json` promises one document there and nothing else.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // Maps and bytes come through as they are.
      serialization: "advanced",
      execArgv: [],
    });
    this.#child = child;
    this.#line = new Line<WorkerCalls, RecorderCalls>((bundle) => this.#send(bundle), this.#answering());
    child.on("message", (message) => this.#line.take(message as Bundle));
    child.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => void this.#over(signal ?? `code ${code}`).then(resolve));
    });
  }

  begin(order: WorkerCalls["begin"]["given"]): Promise<Refusal | null> {
    return this.#line.ask("begin", order).catch(died);
  }

  /** It reads keys and may ask for some over the network; one that takes longer than `millis` hangs, and is killed. */
  obey(rule: Rule, millis: number): Promise<Refusal | null> {
    const late = setTimeout(() => this.kill(), millis);
    return this.#line
      .ask("obey", rule)
      .catch(died)
      .finally(() => clearTimeout(late));
  }

  /** @returns the sessions that were ended, at the latest after `millis`. */
  async suspend(actor: string, millis: number): Promise<number> {
    const theirs = [...this.readers.values()].filter((reader) => reader.actor === actor).length;
    const late = setTimeout(() => this.kill(), millis);
    return this.#line
      .ask("suspend", actor)
      .catch(async () => {
        await this.ended;
        return theirs;
      })
      .finally(() => clearTimeout(late));
  }

  async restore(actor: string): Promise<void> {
    await this.#line.ask("restore", actor).catch(() => undefined);
  }

  cancel(wanted: Cancel): Promise<boolean> {
    return this.#line.ask("cancel", wanted).catch(() => false);
  }

  hand(socket: Socket): void {
    this.connections++;
    const message: HandedOver = { kind: "connection" };
    this.#child.send(message, socket, {}, (error) => {
      if (error !== null) socket.destroy();
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Lets transactions finish for `millis`; what hasn't ended `more` later is killed. */
  async close(millis: number, more: number): Promise<void> {
    const late = setTimeout(() => this.kill(), millis + more);
    await this.#line.ask("close", millis).catch(() => undefined);
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
    clearTimeout(late);
  }

  #send(bundle: Bundle): void {
    // A process that ends meanwhile has nothing more to hear.
    this.#child.send(bundle, () => undefined);
  }

  #answering(): ConstructorParameters<typeof Line<WorkerCalls, RecorderCalls>>[1] {
    return {
      record: (events) => this.#record(events),
      enter: (ip) => this.#enter(ip),
      leave: (place) => this.#leave(place),
      cancel: (wanted) => this.#services.cancel(this, wanted),
      used: (use) => this.#services.used(use),
      trouble: (what) => {
        this.#services.onTrouble(what);
        return null;
      },
      gone: () => {
        this.connections--;
        return null;
      },
    };
  }

  async #record(events: readonly GatewayEvent[]): Promise<Refusal | null> {
    const refused = await this.#services.record(events);
    for (const event of events) {
      if (event.kind === "login" && refused === null) this.readers.set(event.reader.session, event.reader);
      if (event.kind === "logout") this.readers.delete(event.reader.session);
    }
    return refused;
  }

  #enter(ip: string): number | null {
    const leave = this.#services.enter(ip);
    if (leave === null) return null;
    const place = this.#nextPlace++;
    this.#places.set(place, leave);
    return place;
  }

  #leave(place: number): null {
    this.#places.get(place)?.();
    this.#places.delete(place);
    return null;
  }

  /** The log tells of every session's end, however it came. */
  async #over(how: string): Promise<PostEnded> {
    const worked = this.ready;
    this.ready = false;
    this.#line.lost();
    for (const place of this.#places.keys()) this.#leave(place);
    const lost = [...this.readers.values()];
    this.readers.clear();
    const time = this.#services.clock();
    if (lost.length > 0)
      await this.#services.record(
        lost.map((reader) => ({ kind: "logout", time, reader, method: "process_died" })),
      );
    return { how, sessions: lost.length, worked };
  }
}

function died(why: unknown): Refusal {
  if (!(why instanceof LineLost)) throw why;
  return refusal("connection", "a gateway process died", "see its messages; it is started again");
}

/** Node runs no TypeScript itself: from the sources (tests) the built one is used. */
function workerEntry(): string {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../../dist/serve/gateway/workers/worker.js"
    : "./worker.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
