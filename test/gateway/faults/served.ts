import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isRefusal } from "../../../src/base/index.ts";
import { openReader } from "../../../src/record/index.ts";
import { verifyLog } from "../../../src/verify/index.ts";
import { type Address, join, type RawClient } from "../client.ts";
import { plainMarks } from "../find.ts";
import { pair } from "../oracle.ts";
import type { Marked } from "../../../src/simulate/index.ts";
import { asOwner, type Postgres, startPostgres } from "../postgres.ts";
import { deskPassword, type ServedDesk, serveDesk } from "../serving.ts";

/** The desk's size: enough rows that a scan of them takes several batches. */
const customers = 3000;
const desk = { customers, agents: 5, seed: 1, markers: true };
export const actors = ["lead-1", "agent-0001"] as const;
export type Actor = (typeof actors)[number];

/** What clients heard, as `actor customer table field`; and what stands on record, in the same words. */
export interface Judgement {
  readonly seen: number;
  readonly recorded: number;
  /** Seen, but in no entry of the verified log. */
  readonly missing: readonly string[];
  /** What is wrong with the log itself; empty: it verifies. */
  readonly problems: readonly string[];
}

/** A real `whosaw serve` in a process of its own, in front of a real server, to which faults happen. */
export class ServedUnderFaults {
  readonly #clients: { readonly actor: Actor; readonly client: RawClient }[] = [];
  readonly #seen = new Set<string>();
  readonly #served: ServedDesk;
  readonly postgres: Postgres;
  readonly address: Address;
  #process: ChildProcess;

  private constructor(postgres: Postgres, served: ServedDesk, process_: ChildProcess) {
    this.postgres = postgres;
    this.#served = served;
    this.#process = process_;
    this.address = { host: "127.0.0.1", port: served.port, database: postgres.database };
  }

  /** @param prepare told of the data directory before anything runs on it. */
  static async start(prepare: (data: string) => void = () => undefined): Promise<ServedUnderFaults> {
    const postgres = await startPostgres(desk);
    await asOwner(postgres, [
      `create role desk_control login password '${postgres.agent.password}'`,
      "grant select on tickets to desk_control",
    ]);
    const served = await serveDesk(postgres);
    prepare(served.data);
    return new ServedUnderFaults(postgres, served, await served.start());
  }

  /** The process that is gateway and recorder. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The store's engine, a child of it. */
  get storePids(): readonly number[] {
    const said = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8");
    return said
      .split(" ")
      .map(Number)
      .filter((pid) => pid > 1);
  }

  /** Bytes of memory that the gateway's process holds. */
  get residentBytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** Descriptors that it holds: connections, most of them. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async join(actor: Actor): Promise<RawClient> {
    const client = await join(this.address, { user: actor, password: deskPassword });
    this.#clients.push({ actor, client });
    return client;
  }

  /** A field that an actor was shown, of an answer that was too large to keep. */
  saw(actor: Actor, seen: Marked): void {
    this.#seen.add(pair(actor, seen));
  }

  /** The same, as often as it takes: what is recovering turns clients away for a while. */
  async joinAtLast(actor: Actor): Promise<RawClient> {
    const until = Date.now() + 30_000;
    for (;;) {
      try {
        return await this.join(actor);
      } catch (error) {
        if (Date.now() > until) throw error;
        await sleep(200);
      }
    }
  }

  /** Tries to read until it succeeds, as an impatient user would. @returns milliseconds; throws when nothing helps. */
  async back(): Promise<number> {
    const begun = Date.now();
    let why = "";
    while (Date.now() - begun < 30_000) {
      try {
        const client = await this.join("lead-1");
        const { rows, errors } = await client.query("select email from customers where id = 11");
        await client.end();
        if (rows.length === 1) return Date.now() - begun;
        why = errors.join(" ");
      } catch (error) {
        why = String(error);
      }
      await sleep(100);
    }
    throw new Error(`service is not back: ${why}`);
  }

  kill(): Promise<void> {
    const gone = new Promise<void>((done) => this.#process.once("exit", () => done()));
    this.#process.kill("SIGKILL");
    return gone;
  }

  async startAgain(): Promise<void> {
    this.#process = await this.#served.start();
  }

  /** Lets strace do something to the process's system calls. @returns how to stop that. */
  async strace(...inject: readonly string[]): Promise<() => Promise<void>> {
    const calls = inject.map((one) => one.split(":")[0]).join(",");
    const injections = inject.flatMap((one) => ["-e", `inject=${one}`]);
    const strace = spawn(
      "strace",
      ["-f", "-p", String(this.pid), "-e", `trace=${calls}`, ...injections, "-o", "/dev/null"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const gone = new Promise<void>((done) => strace.once("exit", () => done()));
    await new Promise<void>((done, fail) => {
      strace.stderr.on("data", (said: Buffer) => (said.includes("attached") ? done() : undefined));
      strace.once("exit", () => fail(new Error("strace did not attach")));
    });
    return async () => {
      strace.kill("SIGINT");
      await gone;
    };
  }

  /** Ends every client, and holds what each of them heard against a log that verifies. */
  async judge(): Promise<Judgement> {
    for (const { actor, client } of this.#clients.splice(0)) {
      client.destroy();
      const bytes = Buffer.concat(client.pieces.map((piece) => piece.bytes));
      for (const mark of plainMarks(bytes.toString("latin1"))) this.#seen.add(pair(actor, mark));
    }
    const data = this.#served.data;
    // What was recorded last is in the log's next checkpoint, which is due within a second.
    await sleep(2500);
    const verdict = await verifyLog(data, { thorough: true });
    const reader = await openReader(data);
    const recorded = new Set<string>();
    if (!isRefusal(reader))
      for await (const batch of reader.entries())
        for (const { entry } of batch) for (const key of keysOf(entry)) recorded.add(key);
    return {
      seen: this.#seen.size,
      recorded: recorded.size,
      missing: [...this.#seen].filter((key) => !recorded.has(key)),
      problems: verdict.ok ? [] : verdict.problems.map((problem) => JSON.stringify(problem)),
    };
  }

  async stop(): Promise<void> {
    for (const { client } of this.#clients) client.destroy();
    await this.#served.remove();
    await this.postgres.stop();
  }
}

/** Who saw whose field, out of an entry of the log. */
function keysOf(entry: unknown): readonly string[] {
  const { kind, actor, seen } = (entry ?? {}) as Partial<SightingEntry>;
  if (kind !== "sighting" || actor === undefined) return [];
  return (seen ?? []).flatMap(({ customers: whose, shown, masked, table }) =>
    whose.flatMap((customer) =>
      [...shown, ...masked].map((field) => pair(actor, { customer, table, field })),
    ),
  );
}

interface SightingEntry {
  readonly kind: string;
  readonly actor: string;
  readonly seen: readonly {
    readonly customers: readonly string[];
    readonly shown: readonly string[];
    readonly masked: readonly string[];
    readonly table: string;
  }[];
}

/** Whether this machine lets strace attach to other processes. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}
