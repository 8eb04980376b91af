/**
 * One gateway process among several: it is forked by `openWorkers`, is handed connections, and sends everything that it sees to the
 * recorder's process. Nothing leaves before the recorder says that it is durable; when the recorder is gone, so is this process.
 */
import { Socket } from "node:net";
import { isRefusal, type Refusal, systemClock } from "../../../base/index.ts";
import {
  type GatewayConfig,
  type GatewayEvent,
  type RunningGateway,
  startGateway,
  type TokenRule,
  type TokenUse,
} from "../../../capture/index.ts";
import { type Bundle, Line } from "./line.ts";

/** What a gateway process obeys, as a whole. */
export interface Rule {
  readonly config: GatewayConfig;
  readonly suspended: readonly string[];
}

/** What a gateway process may be asked. */
export interface WorkerCalls {
  readonly begin: {
    readonly given: Rule & { readonly mockSecret: Uint8Array };
    readonly answer: Refusal | null;
  };
  readonly obey: { readonly given: Rule; readonly answer: Refusal | null };
  /** Answers how many sessions were ended. */
  readonly suspend: { readonly given: string; readonly answer: number };
  readonly restore: { readonly given: string; readonly answer: null };
  readonly cancel: {
    readonly given: { readonly processId: number; readonly key: Uint8Array };
    readonly answer: boolean;
  };
  readonly close: { readonly given: number; readonly answer: null };
}

/** What the recorder's process may be asked by a gateway process. */
export interface RecorderCalls {
  readonly record: { readonly given: readonly GatewayEvent[]; readonly answer: Refusal | null };
  /** Answers the place's number, to be given back with `leave`; null: every place is taken. */
  readonly enter: { readonly given: string; readonly answer: number | null };
  readonly leave: { readonly given: number; readonly answer: null };
  readonly cancel: WorkerCalls["cancel"];
  /** An actor token was shown. Answers the rule that forbids it. */
  readonly used: { readonly given: TokenUse; readonly answer: TokenRule | null };
  readonly trouble: { readonly given: string; readonly answer: null };
  /** A connection that was handed over has ended. */
  readonly gone: { readonly given: null; readonly answer: null };
}

/** Comes with a connection. */
export interface HandedOver {
  readonly kind: "connection";
}

class Worker {
  readonly #line: Line<RecorderCalls, WorkerCalls>;
  #gateway: RunningGateway | null = null;
  #suspended: ReadonlySet<string> = new Set();

  constructor() {
    this.#line = new Line<RecorderCalls, WorkerCalls>((bundle) => process.send?.(bundle), {
      begin: (order) => this.#begin(order),
      obey: (rule) => this.#obey(rule),
      suspend: async (actor) => {
        this.#suspended = new Set([...this.#suspended, actor]);
        return (await this.#gateway?.suspend(actor))?.ended ?? 0;
      },
      restore: (actor) => {
        this.#suspended = new Set([...this.#suspended].filter((one) => one !== actor));
        this.#gateway?.restore(actor);
        return null;
      },
      cancel: ({ processId, key }) => this.#gateway?.cancel(processId, Buffer.from(key)) ?? false,
      close: async (millis) => {
        await this.#gateway?.close(millis);
        return null;
      },
    });
  }

  take(message: Bundle | HandedOver, handle: unknown): void {
    if (message.kind === "bundle") return this.#line.take(message);
    // A client that hung up on the way comes without its socket.
    if (!(handle instanceof Socket)) return this.#tell("gone", null);
    handle.once("close", () => this.#tell("gone", null));
    if (this.#gateway === null) handle.destroy();
    else this.#gateway.adopt(handle);
  }

  async #begin({ config, mockSecret, suspended }: WorkerCalls["begin"]["given"]): Promise<Refusal | null> {
    const gateway = await startGateway({
      config,
      clock: systemClock,
      mockSecret: Buffer.from(mockSecret),
      record: (events) => this.#line.ask("record", events),
      onTrouble: (what) => this.#tell("trouble", what),
      recorderCounts: true,
      neighbours: {
        enter: async (ip) => {
          const place = await this.#line.ask("enter", ip);
          return place === null ? null : () => this.#tell("leave", place);
        },
        cancel: (processId, key) => this.#line.ask("cancel", { processId, key }),
        used: (use) => this.#line.ask("used", use),
      },
    });
    if (isRefusal(gateway)) return gateway;
    this.#gateway = gateway;
    await this.#stop(suspended);
    return null;
  }

  async #obey({ config, suspended }: Rule): Promise<Refusal | null> {
    const refused = (await this.#gateway?.reload(config)) ?? null;
    if (refused === null) await this.#stop(suspended);
    return refused;
  }

  /** These are suspended, and nobody else. */
  async #stop(suspended: readonly string[]): Promise<void> {
    const before = this.#suspended;
    this.#suspended = new Set(suspended);
    for (const actor of before) if (!this.#suspended.has(actor)) this.#gateway?.restore(actor);
    for (const actor of this.#suspended) if (!before.has(actor)) await this.#gateway?.suspend(actor);
  }

  #tell<Name extends "leave" | "trouble" | "gone">(name: Name, given: RecorderCalls[Name]["given"]): void {
    void this.#line.ask(name, given);
  }
}

if (process.send !== undefined) {
  const worker = new Worker();
  process.on("message", (message, handle) => worker.take(message as Bundle | HandedOver, handle));
  // Without the recorder nothing may be released. What a socket has taken already was on the disk before.
  process.on("disconnect", () => process.exit(0));
  // A terminal or a service manager signals all processes at once; the recorder's process says when to drain and when to end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
}
