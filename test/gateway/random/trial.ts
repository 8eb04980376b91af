import { type BindOptions, say } from "../bytes.ts";
import { type Answer, join, type Piece, type RawClient } from "../client.ts";
import { Dice } from "./expressions.ts";
import { Ledger, overRecorded, unrecorded, type Unrecorded } from "../oracle.ts";
import type { World } from "../evasions/play.ts";
import { seededRandom } from "../../../src/base/index.ts";
import type { Script } from "./statements.ts";

/** What came of many random statements. */
export interface Tally {
  statements: number;
  answered: number;
  /** Statements of which the bare server brought markers. */
  marked: number;
  readonly unrecorded: { readonly script: Script; readonly mark: Unrecorded }[];
  /** Customer and field pairs that were recorded, and of these those with no marker in the bytes. */
  recorded: number;
  extra: number;
  /** The bare server answers without a marker; the gateway refuses. */
  refusedHarmless: number;
  harmless: number;
  refused: number;
  readonly rules: Map<string, number>;
  /** Scripts that were refused though harmless, by the rule that refused them. */
  readonly harmlessByRule: Map<string, Script[]>;
  /** The bare server answers, and the gateway neither answers nor refuses. */
  readonly broken: { readonly script: Script; readonly said: string }[];
  /** Markers that the bare server brings and the gateway doesn't, also where nothing chooses among rows. */
  readonly missing: { readonly script: Script; readonly marks: number }[];
}

export function emptyTally(): Tally {
  return {
    statements: 0,
    answered: 0,
    marked: 0,
    recorded: 0,
    extra: 0,
    refusedHarmless: 0,
    harmless: 0,
    refused: 0,
    unrecorded: [],
    rules: new Map(),
    harmlessByRule: new Map(),
    broken: [],
    missing: [],
  };
}

/** How a script is sent: the same way to both sides. */
type Send = (client: RawClient, sql: string) => Promise<Answer>;

function sender(seed: number): Send {
  const dice = new Dice(seededRandom(seed));
  const way = dice.below(4);
  const limit = dice.pick([0, 0, 1, 3]);
  const options: BindOptions = { formats: dice.pick([[], [0], [1]]), portal: dice.pick(["", "p"]) };
  return async (client, sql) => {
    if (way < 2) return client.query(sql);
    const described = way === 2 ? [say.describe("P", options.portal)] : [];
    const again =
      limit > 0 && /^[(]?(select|with|values|table)/.test(sql) ? [say.execute(options.portal, limit)] : [];
    const close = [say.close("P", options.portal)];
    return client.pipeline([
      say.parse(sql),
      say.bind(options),
      ...described,
      say.execute(options.portal, limit),
      ...again,
      ...close,
      say.sync(),
    ]);
  };
}

const plainly: Send = (client, sql) => client.query(sql);

/**
 * The same script, choosing no rows. A sample is another one each time, and of rows that sort alike LIMIT takes whichever come first, which
 * hangs on how the server goes about it; so two answers may well differ.
 */
function choosingNone(script: Script): Script {
  return script.map((sql) => sql.replaceAll(/ (?:tablesample bernoulli \(\d+\)|(?:limit|offset) \d+)/g, ""));
}

interface Run {
  readonly pieces: readonly Piece[];
  readonly errors: readonly string[];
  readonly said: string;
}

async function run(client: RawClient, script: Script, send: Send): Promise<Run> {
  const from = client.pieces.length;
  const answers: Answer[] = [];
  const stuck: string[] = [];
  try {
    for (const sql of script) answers.push(await send(client, sql));
  } catch (error) {
    // No answer in time. What it says tells what came instead.
    stuck.push(String(error));
    client.destroy();
  }
  const said = answers
    .flatMap(({ messages }) => messages)
    .filter(({ type }) => type === "E")
    .map(({ body }) => body.toString().replaceAll("\0", " "));
  return {
    pieces: client.pieces.slice(from),
    errors: [...answers.flatMap(({ errors }) => errors), ...stuck.map(() => "stuck")],
    said: [...said, ...stuck].join(" | "),
  };
}

/** Two connections, one straight to the server and one through what is tried, that are told the same things. */
export class Trial {
  readonly #world: World;
  readonly tally: Tally = emptyTally();
  #bare: RawClient | null = null;
  #mine: RawClient | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  async #connect(which: "bare" | "mine"): Promise<RawClient> {
    const { postgres, address, ledger } = this.#world;
    const durable = (): number => (which === "mine" ? ledger.durable.length : 0);
    const client = await join(which === "mine" ? address : postgres, postgres.lead, durable);
    await client.query("set statement_timeout = '3s'");
    return client;
  }

  async #both(): Promise<{ readonly bare: RawClient; readonly mine: RawClient }> {
    const bare = this.#bare?.closed === false ? this.#bare : await this.#connect("bare");
    const mine = this.#mine?.closed === false ? this.#mine : await this.#connect("mine");
    this.#bare = bare;
    this.#mine = mine;
    return { bare, mine };
  }

  /** `seed` decides how the statements are sent. */
  async one(script: Script, seed: number): Promise<void> {
    const { postgres, ledger, finder } = this.#world;
    const clients = await this.#both();
    const before = ledger.durable.length;
    const send = sender(seed);
    const bare = await run(clients.bare, script, send);
    const mine = await run(clients.mine, script, send);
    const { tally } = this;
    tally.statements += script.length;
    await ledger.settled();
    const heard = { actor: postgres.lead.user, from: before, pieces: mine.pieces };
    for (const mark of unrecorded(heard, ledger, finder)) tally.unrecorded.push({ script, mark });
    const now = new Ledger();
    now.durable.push(...ledger.durable.slice(before));
    const over = overRecorded(heard, now, finder);
    tally.recorded += over.recorded;
    tally.extra += over.extra;
    const marksIn = ({ pieces }: Run): number =>
      finder.inAll(Buffer.concat(pieces.map(({ bytes }) => bytes))).length;
    const bareMarks = marksIn(bare);
    const refused = mine.errors.includes("42501") && !bare.errors.includes("42501");
    if (bareMarks > 0) tally.marked++;
    else if (bare.errors.length === 0) tally.harmless++;
    if (mine.errors.length === 0) tally.answered++;
    if (refused) {
      tally.refused++;
      for (const { rule } of now.of("refusal")) tally.rules.set(rule, (tally.rules.get(rule) ?? 0) + 1);
      if (bare.errors.length === 0 && bareMarks === 0) {
        tally.refusedHarmless++;
        const rule = now.of("refusal")[0]?.rule ?? "none";
        tally.harmlessByRule.set(rule, [...(tally.harmlessByRule.get(rule) ?? []), script]);
      }
    } else if (bare.errors.length === 0 && mine.errors.length > 0)
      tally.broken.push({ script, said: mine.said });
    // Whatever a script has left in its sessions must not colour the next one.
    await this.#calm();
    if (refused || bare.errors.length > 0 || marksIn(mine) >= bareMarks) return;
    const again = await this.#both();
    const every = choosingNone(script);
    const bareEvery = await run(again.bare, every, plainly);
    const mineEvery = await run(again.mine, every, plainly);
    const marks = marksIn(bareEvery) - marksIn(mineEvery);
    // Too long without LIMIT, perhaps: then it can't be told, and somebody must look.
    if (marks > 0 || bareEvery.errors.length > 0) tally.missing.push({ script, marks });
    await this.#calm();
  }

  async #calm(): Promise<void> {
    for (const client of [this.#bare, this.#mine]) {
      if (client?.closed === true) continue;
      const answer = await client?.query("rollback");
      const status = answer?.messages.at(-1)?.body.toString();
      if (client !== null && (status !== "I" || client.closed)) client.destroy();
    }
  }

  async end(): Promise<void> {
    await Promise.all([this.#bare?.end(), this.#mine?.end()]);
  }
}
