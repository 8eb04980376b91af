import { setTimeout as sleep } from "node:timers/promises";
import { type Address, join, type RawClient } from "../client.ts";
import { type Finder, finder } from "../find.ts";
import { type Ledger, type Unrecorded, unrecorded } from "../oracle.ts";
import { type Login, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";
import { converse, type Heard, inWords } from "./interleavings.ts";
import { ledgersFor } from "./ledgers.ts";
import { laneTable, ofLane, type Said, type Side } from "./said.ts";

/** Where the gateway's answers first differ from the bare server's. */
export interface Deviation {
  readonly bare: string;
  readonly through: string;
  /**
   * `refused`: by a rule, and what follows differs with it. `early`: what is wrong with a name the gateway says at Parse, or
   * before a batch's first statement, the server for some statements at Execute, or in its turn. `lost`: the server ended the connection, and its last words may be lost on the way.
   * `internal`: an internal error of the server's own (PostgreSQL 18 has one after a simple query in a pipeline). `crashed`: the
   * server's processes crashed, by this conversation or one beside it. `other`: a defect.
   */
  readonly kind: "refused" | "early" | "lost" | "internal" | "crashed" | "other";
}

/** What came of a conversation. */
export interface Tried {
  /** Markers without a record, a session that didn't go on, and what the gateway called trouble. */
  readonly wrong: readonly (Unrecorded | string)[];
  readonly deviation: Deviation | null;
  /** What both said, in words. */
  readonly bare: readonly string[];
  readonly through: readonly string[];
  /** In new sessions. */
  readonly first: boolean;
  /** Bytes with a marker came. */
  readonly sighted: boolean;
}

/** Conversations tried on a bare server and through a gateway, as many at a time as there are lanes. */
export interface Trials {
  readonly postgres: Postgres;
  readonly attempt: (said: readonly Said[], piece: number, lane?: number) => Promise<Tried>;
  readonly stop: () => Promise<void>;
}

/** Two sessions that are told the same things, one conversation after the other. */
interface Pair {
  readonly bare: RawClient;
  readonly through: RawClient;
  conversations: number;
}

/** Conversations that one pair of sessions has, each after a DISCARD ALL: a session must also forget. */
const conversationsMax = 12;

class Lane {
  readonly #number: number;
  readonly #ways: { readonly bare: Address; readonly through: Address };
  readonly #login: Login;
  readonly #ledger: Ledger;
  readonly #finds: Finder;
  #pair: Pair | null = null;

  constructor(
    number: number,
    ways: { readonly bare: Address; readonly through: Address },
    {
      postgres,
      ledger,
      finds,
    }: { readonly postgres: Postgres; readonly ledger: Ledger; readonly finds: Finder },
  ) {
    this.#number = number;
    this.#ways = ways;
    this.#login = postgres.lead;
    this.#ledger = ledger;
    this.#finds = finds;
  }

  get actor(): string {
    return actorOf(this.#number);
  }

  async #sessions(): Promise<Pair> {
    if (this.#pair !== null && this.#pair.conversations < conversationsMax) return this.#pair;
    this.destroy();
    const { bare, through } = this.#ways;
    const login = { user: this.actor, password: this.#login.password };
    this.#pair = {
      bare: await joined(bare, this.#login),
      through: await joined(through, login, () => this.#ledger.durable.length),
      conversations: 0,
    };
    return this.#pair;
  }

  destroy(): void {
    this.#pair?.bare.destroy();
    this.#pair?.through.destroy();
    this.#pair = null;
  }

  async attempt(everything: readonly Said[], piece: number): Promise<Tried> {
    const said = (side: Side): readonly Said[] => everything.map((one) => ofLane(one, this.#number, side));
    const pair = await this.#sessions();
    pair.conversations++;
    await this.#ledger.settled();
    this.#ledger.durable.length = 0;
    const from = pair.through.pieces.length;
    const bare = await converse(pair.bare, this.#ways.bare, said("bare"), piece);
    const through = await converse(pair.through, this.#ways.through, said("through"), piece);
    await this.#ledger.settled();
    const pieces = pair.through.pieces.slice(from);
    const wrong = unrecorded({ actor: this.actor, pieces, from: 0 }, this.#ledger, this.#finds);
    const deviation = deviationOf(wordsOf(bare), wordsOf(through));
    const stopped =
      deviation?.kind !== "crashed" && bare.works && !through.works && !(await crashed(pair))
        ? ["the session did not go on"]
        : [];
    if (deviation !== null || !bare.works || !(await this.#forgets(pair, everything))) this.destroy();
    return {
      wrong: [...wrong, ...stopped],
      deviation,
      first: pair.conversations === 1,
      bare: wordsOf(bare),
      through: wordsOf(through),
      sighted: this.#ledger.of("sighting").length > 0,
    };
  }

  /** Before every other conversation; what others could see, always. @returns whether the sessions are good for another one. */
  async #forgets({ bare, through, conversations }: Pair, said: readonly Said[]): Promise<boolean> {
    const table = (side: Side): string => `scratch.${laneTable(this.#number, side)}`;
    const shared = said.some(({ text }) => text.includes("of_lane"));
    for (const [side, one] of [
      ["bare", bare],
      ["through", through],
    ] as const) {
      const statements = conversations % 2 === 0 ? ["discard all"] : [];
      if (shared)
        statements.push(`drop view if exists ${table(side)}`, `drop table if exists ${table(side)}`);
      for (const sql of statements) {
        const { errors } = await one.query(sql);
        // It is a table or a view, and the other statement drops it.
        if (errors.length > 0 && errors[0] !== "42809") return false;
      }
    }
    return true;
  }
}

const wordsOf = ({ messages, works }: Heard): readonly string[] => [
  ...messages.map(inWords),
  works ? "works" : "doesn't work",
];

function deviationOf(all: readonly string[], mine: readonly string[]): Deviation | null {
  const at = all.findIndex((word, index) => word !== mine[index]);
  if (at < 0) return null;
  const [bare = "", through = "nothing"] = [all[at], mine[at]];
  if ([...all, ...mine].some((word) => /^[EN] (57P02|57P03)$/.test(word)))
    return { bare, through, kind: "crashed" };
  return { bare, through, kind: kindOf(all, through, at) };
}

/** SQLSTATEs that tell of a name. */
const ofNames = /^E (42P01|3F000|42809|42703)$/;

function kindOf(all: readonly string[], through: string, at: number): Deviation["kind"] {
  if (through === "E 42501") return "refused";
  if (all.slice(0, at + 1).includes("E XX000")) return "internal";
  if (ofNames.test(through) && (/^(E|1) /.test(all[at] ?? "") || all.slice(at).includes(through)))
    return "early";
  // Of several errors the gateway finds another one first: of a name inside a portal that is gone, or of a portal that failed.
  if (/^E (25P02|34000|55000|26000)$/.test(all[at] ?? "") && /^E (34000|26000)$/.test(through))
    return "early";
  return through === "E 08006" ? "lost" : "other";
}

/** A server that crashes ends all sessions, also one that nothing was said in meanwhile. */
async function crashed({ bare }: Pair): Promise<boolean> {
  await sleep(200);
  return bare.closed;
}

/** What the gateway says of a server that is still starting again. */
const startsAgain = /\b57P03\b/;

/** A server that has crashed comes back by itself, and the gateway with it. */
async function joined(address: Address, login: Login, durable?: () => number): Promise<RawClient> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await join(address, login, durable);
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(300);
    }
  }
}

const actorOf = (lane: number): string => `lane_${lane}`;

export async function startTrials(lanes = 1): Promise<Trials> {
  const desk = { customers: 40, agents: 5, seed: 1, markers: true };
  const finds = finder(desk);
  const postgres = await startPostgres(desk);
  const ledgers = ledgersFor(Array.from({ length: lanes }, (_, at) => actorOf(at)));
  const troubles: string[] = [];
  let crashedAt = 0;
  const gateway = await startThrough({
    postgres,
    roles: Object.fromEntries(ledgers.actors.map((actor) => [actor, wideRole])),
    record: ledgers.record,
    onTrouble: (what) => troubles.push(what),
  });
  const bare = { host: postgres.host, port: postgres.port, database: postgres.database };
  const all = ledgers.actors.map(
    (actor, at) =>
      new Lane(at, { bare, through: gateway.address }, { postgres, ledger: ledgers.of(actor), finds }),
  );
  return {
    postgres,
    attempt: async (said, piece, lane = 0) => {
      const one = all[lane];
      if (one === undefined) throw new Error("there is no such lane");
      const tried = await one.attempt(said, piece);
      const heard = troubles.splice(0);
      if (tried.deviation?.kind === "crashed" || heard.some((what) => startsAgain.test(what)))
        crashedAt = Date.now();
      // What a crashed server does to the sessions beside this one is no fault of theirs.
      const told = Date.now() - crashedAt < 60_000 ? [] : heard;
      return { ...tried, wrong: [...tried.wrong, ...told] };
    },
    stop: async () => {
      for (const lane of all) lane.destroy();
      await gateway.stop();
      await postgres.stop();
    },
  };
}
