import * as fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../../src/base/index.ts";
import { guardedConversations, harmlessConversations } from "../abuse/interleavings.ts";
import { type Ledgers, ledgersFor } from "../abuse/ledgers.ts";
import { reads, whole } from "../abuse/said.ts";
import { say } from "../bytes.ts";
import { type Address, dial, join, type RawClient } from "../client.ts";
import { type Finder, finder } from "../find.ts";
import { type Unrecorded, unrecorded } from "../oracle.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { Dice } from "../random/expressions.ts";
import { mangledFrames } from "./mangle.ts";
import { type Mangler, startMangler } from "./mangler.ts";

/** A gateway before a server that the mangler stands before; in this process, or in one of its own. */
export interface FuzzedGateway {
  readonly address: Address;
  readonly stop: () => Promise<void>;
}

export type StartGateway = (postgres: Postgres, ledgers: Ledgers) => Promise<FuzzedGateway>;

/** Clients at a time; the first of them have logged in and read before anything is garbled, so that their sessions always show somebody. */
const clients = 4;
const settledClients = 2;
const healthy = "healthy";
const desk = { customers: 40, agents: 5, seed: 1, markers: true };
/** Milliseconds until a client that behaves must have been served, on however busy a machine. */
const servedMillisMax = 60_000;
/** Milliseconds without a word after which a client takes it that nothing more comes; longer where whoever behaves waits longer too. */
const quietMillisMin = 100;
const quietMillisMax = 3000;

export type Side = "client" | "server" | "both";

/** What came of one round. */
export interface Round {
  readonly side: Side;
  readonly unrecorded: readonly Unrecorded[];
  /** What else should not be: a healthy client that is not served, sessions that are left behind. */
  readonly wrong: readonly string[];
  readonly sighted: number;
  readonly servedMillis: number;
}

function actorOf(at: number): string {
  return `fuzz_${at}`;
}

function conversations(dice: Dice): readonly Buffer[] {
  const kind = dice.once(4) ? harmlessConversations : guardedConversations;
  return fc
    .sample(kind, { seed: dice.below(2 ** 31), numRuns: 2 })
    .flatMap((one) => [...one.flatMap(({ bytes }) => bytes), say.sync()]);
}

/** Of customers' records, one after the other, as most clients do. */
function readings(dice: Dice): readonly Buffer[] {
  return Array.from({ length: 6 + dice.below(12) }, () => {
    const text = dice.pick(reads);
    const way = { rows: dice.pick([0, 0, 2]), describe: dice.once(2), formats: dice.pick([[], [0], [1]]) };
    return dice.once(2) ? [say.query(text)] : [...whole(text, way).bytes, say.sync()];
  }).flat();
}

/** Rounds of clients that garble what they say, before a server whose answers are garbled. */
export class Fuzz {
  readonly #postgres: Postgres;
  readonly #mangler: Mangler;
  readonly #gateway: FuzzedGateway;
  readonly #ledgers: Ledgers;
  readonly #finds: Finder = finder(desk);
  /** What it took to serve whoever behaved last. */
  #lastMillis = 0;

  private constructor(started: {
    readonly postgres: Postgres;
    readonly mangler: Mangler;
    readonly gateway: FuzzedGateway;
    readonly ledgers: Ledgers;
  }) {
    this.#postgres = started.postgres;
    this.#mangler = started.mangler;
    this.#gateway = started.gateway;
    this.#ledgers = started.ledgers;
  }

  static async start(startGateway: StartGateway): Promise<Fuzz> {
    const postgres = await startPostgres(desk);
    const mangler = await startMangler(postgres);
    const actors = [...Array.from({ length: clients }, (_, at) => actorOf(at)), healthy];
    const ledgers = ledgersFor(actors);
    const gateway = await startGateway({ ...postgres, port: mangler.port }, ledgers);
    const fuzz = new Fuzz({ postgres, mangler, gateway, ledgers });
    const unserved = await fuzz.#serves();
    if (unserved.length > 0) throw new Error(unserved.join("; "));
    return fuzz;
  }

  /** Messages of the server's that were garbled so far. */
  get mangled(): number {
    return this.#mangler.mangled;
  }

  async round(seed: number): Promise<Round> {
    const dice = new Dice(seededRandom(seed));
    const settled = await Promise.all(
      Array.from({ length: settledClients }, async (_, at) => {
        const client = await this.#dials(at);
        await this.#logsIn(client, actorOf(at));
        client.send(say.query("select email from customers where id = 2"));
        await client.until("Z");
        return client;
      }),
    );
    const side = dice.pick(["client", "server", "server", "both"] as const);
    if (side !== "client")
      this.#mangler.noise = { dice, oneIn: dice.pick([4, 12, 40, 120]), login: dice.once(4) };
    const tried = await Promise.all(
      Array.from({ length: clients }, (_, at) =>
        this.#client(at, new Dice(seededRandom(seed * 10 + at)), { side, settled: settled[at] ?? null }),
      ),
    );
    this.#mangler.noise = null;
    const begun = performance.now();
    const unserved = await this.#serves();
    const servedMillis = performance.now() - begun;
    const left = await this.#left();
    return {
      side,
      unrecorded: tried.flatMap((one) => one.unrecorded),
      wrong: [...unserved, ...left],
      sighted: tried.filter(({ sighted }) => sighted).length,
      servedMillis,
    };
  }

  async #client(
    at: number,
    dice: Dice,
    { side, settled }: { readonly side: Side; readonly settled: RawClient | null },
  ): Promise<{ readonly unrecorded: readonly Unrecorded[]; readonly sighted: boolean }> {
    const actor = actorOf(at);
    const ledger = this.#ledgers.of(actor);
    const client = settled ?? (await this.#dials(at));
    const garbles = side !== "server";
    // Whatever is wrong with the login, the connection goes on to be used.
    if (settled === null && garbles && dice.once(5))
      client.send(...mangledFrames(this.#greetings(actor), dice));
    else if (settled === null) await this.#logsIn(client, actor);
    const said = dice.once(2) ? readings(dice) : conversations(dice);
    const frames = garbles ? mangledFrames(said, dice) : said;
    const piece = dice.pick([1, 4, 1000]);
    for (let from = 0; from < frames.length && !client.closed; from += piece) {
      client.send(...frames.slice(from, from + piece));
      if (piece < frames.length) await client.listen(2);
    }
    const quietMillis = Math.min(quietMillisMax, Math.max(quietMillisMin, 2 * this.#lastMillis));
    for (let quiet = 0; quiet < 4 && !client.closed;) {
      const { length } = client.pieces;
      await client.listen(quietMillis / 4);
      quiet = client.pieces.length === length ? quiet + 1 : 0;
    }
    if (dice.once(3)) client.finish();
    client.destroy();
    await ledger.settled();
    const heard = { actor, from: 0, pieces: client.pieces };
    return {
      unrecorded: unrecorded(heard, ledger, this.#finds),
      sighted: ledger.of("sighting").length > 0,
    };
  }

  /** A connection, and nothing on record of its actor yet. */
  async #dials(at: number): Promise<RawClient> {
    const ledger = this.#ledgers.of(actorOf(at));
    await ledger.settled();
    ledger.durable.length = 0;
    return dial(this.#gateway.address, () => ledger.durable.length);
  }

  #greetings(actor: string): readonly Buffer[] {
    const parameters = [
      ["user", actor],
      ["database", this.#postgres.database],
    ] as const;
    return [
      say.ssl(),
      say.cancel(4711, Buffer.from("abcd")),
      say.startup(parameters),
      say.startup([...parameters, ["options", "-c search_path=kb"], ["_pq_.x", "1"]], 0x3_00ff),
    ];
  }

  async #logsIn(client: RawClient, user: string): Promise<void> {
    const { lead, database } = this.#postgres;
    try {
      await client.login({ user, password: lead.password }, database, []);
    } catch {
      // The server's part of it was garbled: whatever the client has now, it goes on with.
    }
  }

  /** @returns what is wrong, if a client that comes now and behaves is not served. */
  async #serves(): Promise<readonly string[]> {
    const until = Date.now() + servedMillisMax;
    let why = "";
    while (Date.now() < until) {
      const begun = performance.now();
      try {
        const { lead } = this.#postgres;
        const client = await join(this.#gateway.address, { user: healthy, password: lead.password });
        const { rows, errors } = await client.query("select email from customers where id = 3");
        await client.end();
        this.#lastMillis = performance.now() - begun;
        if (rows.length === 1 && rows[0]?.[0]?.startsWith("mk0003x") === true) return [];
        why = `${errors.join(" ")} ${rows.length} rows`;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
      await sleep(200);
    }
    return [`a healthy client was not served: ${why}`];
  }

  /** Sessions end with their clients, whatever the server says or doesn't. */
  async #left(): Promise<readonly string[]> {
    const until = Date.now() + 30_000;
    while (this.#mangler.sessions > 0 && Date.now() < until) await sleep(20);
    const { sessions } = this.#mangler;
    return sessions === 0 ? [] : [`${sessions} sessions outlived their clients`];
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    await this.#mangler.stop();
    await this.#postgres.stop();
  }
}
