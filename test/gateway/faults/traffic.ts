import { setTimeout as sleep } from "node:timers/promises";
import { type Random, seededRandom } from "../../../src/base/index.ts";
import { say } from "../bytes.ts";
import type { RawClient } from "../client.ts";
import { actors, type ServedUnderFaults } from "./served.ts";

const run = (sql: string, rows = 0): readonly Buffer[] => [say.parse(sql), say.bind(), say.execute("", rows)];

/** One thing that a client does, from small to large. */
type Act = (client: RawClient, random: Random) => Promise<unknown>;

const someone = (random: Random): number => 1 + Math.floor(random() * 2900);

const acts: readonly Act[] = [
  (client, random) => client.query(`select name, email from customers where id = ${someone(random)}`),
  (client, random) => client.extended(`select * from customers where id = ${someone(random)}`),
  (client, random) =>
    client.query(`select email, phone from customers where id between ${someone(random)} and 2990`),
  (client) => client.query("select * from customers"),
  (client) => client.query("copy customers (id, email, notes) to stdout"),
  (client) =>
    client.pipeline([...run("select email from customers order by id", 40), say.execute("", 40), say.sync()]),
  (client, random) => {
    const pipeline = Array.from({ length: 20 }, () => [
      ...run(`select name, phone from customers where id = ${someone(random)}`),
      say.sync(),
    ]).flat();
    return client.pipeline(pipeline, 20);
  },
  async (client) => {
    await client.query("begin; declare c cursor for select email, notes from customers");
    for (let times = 0; times < 4; times++) await client.query("fetch 50 c");
    await client.query("commit");
  },
  (client, random) =>
    client.query(
      `begin; update tickets set queue = 'email' where customer_id = ${someone(random)} returning subject; rollback`,
    ),
];

/** Runs clients that come, ask, and come again when they are cut off, until told to stop. */
export class Traffic {
  readonly #served: ServedUnderFaults;
  readonly #working: Promise<void>[];
  #stopped = false;
  /** Answers that ended in ReadyForQuery. */
  answers = 0;

  constructor(served: ServedUnderFaults, clients: number, seed: number) {
    this.#served = served;
    this.#working = Array.from({ length: clients }, (_, at) =>
      this.#client(at, seededRandom(seed * 100 + at)),
    );
  }

  async #client(at: number, random: Random): Promise<void> {
    const actor = actors[at % actors.length] ?? "lead-1";
    while (!this.#stopped) {
      try {
        const client = await this.#served.join(actor);
        while (!this.#stopped && !client.closed) {
          await acts[Math.floor(random() * acts.length)]?.(client, random);
          if (!client.closed) this.answers++;
        }
        client.destroy();
      } catch {
        // The gateway is down, or slower than a client waits: what was heard counts nevertheless.
        await sleep(50);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#working);
  }
}
