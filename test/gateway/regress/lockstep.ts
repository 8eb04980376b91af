import { fieldsOf, frame, type Message, say } from "../bytes.ts";
import { type Address, type Answer, join, type RawClient } from "../client.ts";
import type { Login } from "../postgres.ts";
import { type Difference, difference } from "./compare.ts";

/** Where the two sides of a comparison are. The servers have lived through the same, so that their answers may be held together. */
export interface Sides {
  readonly bare: Address;
  /** The gateway in front of the other server; for a control run, that server itself. */
  readonly mine: Address;
  /** That server itself, for what the gateway refuses. */
  readonly behind: Address;
  readonly bareLogin: Login;
  readonly mineLogin: Login;
  /** The rules of the gateway's own by which it has refused so far, in order. */
  readonly rules: readonly string[];
}

/** What came of one message, or of all up to a Sync. */
export type Outcome =
  | { readonly kind: "same" }
  | { readonly kind: "refused"; readonly rule: string; readonly said: string }
  | { readonly kind: "different"; readonly difference: Difference }
  /** The connection is over on one side only. */
  | { readonly kind: "broken"; readonly said: string };

/** Data for COPY ... FROM STDIN, once somebody wants it. */
export type CopySource = (wanted: Message) => Promise<readonly Buffer[]>;

interface Unit {
  readonly frames: readonly Buffer[];
  readonly copied: readonly Buffer[] | null;
}

const nameOf =
  "select n.nspname, c.relname, n.oid = pg_catalog.pg_my_temp_schema(), c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace";

/** Other things that psql describes by number, each under a name that only one of its kind can have. */
const namedOnce = [
  "select pubname as name, oid from pg_catalog.pg_publication",
  "select subname, oid from pg_catalog.pg_subscription",
  "select nspname, oid from pg_catalog.pg_namespace where nspname !~ '^pg_(toast_)?temp_'",
]
  .map((query, index) => `select ${index} as kind, * from (${query}) x`)
  .join(" union all ");

/** Two connections that are told the same things, one bare and one through the gateway. */
export class Lockstep {
  readonly #sides: Sides;
  readonly #parameters: readonly (readonly [string, string])[];
  bare: RawClient;
  #mine: RawClient;
  /** Straight to both servers: what the gateway refuses is done here, so that both have it. */
  readonly #helpers: readonly [RawClient, RawClient];
  #status = "I";
  /** The units of the transaction that is open. */
  #block: Unit[] = [];

  private constructor(
    sides: Sides,
    parameters: readonly (readonly [string, string])[],
    clients: readonly [RawClient, RawClient, RawClient, RawClient],
  ) {
    this.#sides = sides;
    this.#parameters = parameters;
    this.bare = clients[0];
    this.#mine = clients[1];
    this.#helpers = [clients[2], clients[3]];
  }

  static async open(sides: Sides, parameters: readonly (readonly [string, string])[]): Promise<Lockstep> {
    const { bare, bareLogin, behind, mine, mineLogin } = sides;
    const open = (address: Address, login: Login): Promise<RawClient> =>
      join(address, login, () => 0, parameters);
    const clients = [
      await open(bare, bareLogin),
      await open(mine, mineLogin),
      await open(bare, bareLogin),
      await open(behind, bareLogin),
    ] as const;
    for (const helper of clients.slice(2)) await helper.query("set lock_timeout = '3s'");
    return new Lockstep(sides, parameters, clients);
  }

  /** Does it on both sides. @returns what to tell the client, which is what the bare server said. */
  async run(
    frames: readonly Buffer[],
    copy: CopySource,
  ): Promise<{ readonly messages: readonly Message[]; readonly outcome: Outcome }> {
    const before = this.#status;
    let copied: readonly Buffer[] | null = null;
    const source: CopySource = async (wanted) => (copied ??= await copy(wanted));
    const { rules } = this.#sides;
    const refusals = rules.length;
    const mine = await exchange(this.#mine, await this.#forMine(frames), source);
    const rule = rules[refusals];
    if (rule !== undefined) {
      const outcome: Outcome = { kind: "refused", rule, said: errorOf(mine) };
      if (before === "E") return { messages: await this.#bareOnly(frames, source), outcome };
      return { messages: await this.#instead(frames, source, before), outcome };
    }
    const bare = await exchange(this.bare, frames, source);
    const outcome = this.#compared(bare, mine);
    if (this.bare.closed || this.#mine.closed) await this.#again();
    this.#status = statusOf(bare);
    if (this.#status === "T") this.#block.push({ frames, copied });
    if (this.#status === "I") this.#block = [];
    if (statusOf(mine) !== this.#status) await this.#calm();
    return { messages: bare.messages, outcome };
  }

  /**
   * psql describes things by numbers that it has just been told, by the bare server: the other one has others for the same things.
   */
  async #forMine(frames: readonly Buffer[]): Promise<readonly Buffer[]> {
    const [only] = frames;
    if (only === undefined || frames.length > 1 || this.#status === "E") return frames;
    const sql = only.toString("utf8", 5, only.length - 1);
    if (!sql.includes("pg_catalog.") || !/'\d{5,}'/.test(sql)) return frames;
    let own = sql;
    for (const oid of new Set([...sql.matchAll(/'(\d{5,})'/g)].map(([, digits]) => digits ?? ""))) {
      const found = (await this.#sameRelation(oid)) ?? (await this.#sameThing(oid));
      if (found !== null) own = own.replaceAll(`'${oid}'`, `'${found}'`);
    }
    return [say.query(own)];
  }

  async #sameRelation(oid: string): Promise<string | null> {
    const [named] = (await this.bare.query(`${nameOf} where c.oid = ${oid}`)).rows;
    if (named === undefined) return null;
    const [schema, name, temporary] = named.map((value) => `'${(value ?? "").replaceAll("'", "''")}'`);
    const where = `where c.relname = ${name} and (n.nspname = ${schema} or ${temporary} = 't' and n.oid = pg_catalog.pg_my_temp_schema())`;
    return (await this.#mine.query(`${nameOf} ${where}`)).rows[0]?.[3] ?? null;
  }

  async #sameThing(oid: string): Promise<string | null> {
    const [named] = (await this.bare.query(`select kind, name from (${namedOnce}) y where oid = ${oid}`))
      .rows;
    if (named === undefined) return null;
    const [kind, name] = named.map((value) => `'${(value ?? "").replaceAll("'", "''")}'`);
    const found = await this.#mine.query(
      `select oid from (${namedOnce}) y where kind = ${kind} and name = ${name}`,
    );
    return found.rows[0]?.[0] ?? null;
  }

  #compared(bare: Answer, mine: Answer): Outcome {
    if (mine.closed !== bare.closed)
      return {
        kind: "broken",
        said: mine.messages
          .map(({ body }) => body.toString("latin1"))
          .join(" ")
          .slice(-400),
      };
    const unlike = difference(bare.messages, mine.messages);
    return unlike === null ? { kind: "same" } : { kind: "different", difference: unlike };
  }

  async #bareOnly(frames: readonly Buffer[], source: CopySource): Promise<readonly Message[]> {
    const bare = await exchange(this.bare, frames, source);
    this.#status = statusOf(bare);
    if (this.#status !== "E") await this.#calm();
    return bare.messages;
  }

  /**
   * What the gateway refuses is done beside both sessions, so that what it makes is there on both. An open transaction, which the
   * refusal has ended, is begun anew afterwards, with all that it had done.
   */
  async #instead(frames: readonly Buffer[], source: CopySource, before: string): Promise<readonly Message[]> {
    if (before === "T") for (const client of [this.bare, this.#mine]) await client.query("rollback");
    const path = (await this.bare.query("show search_path")).rows[0]?.[0] ?? "public";
    const answers: Answer[] = [];
    for (const helper of this.#helpers) {
      if (helper.closed) continue;
      await helper.query(`set search_path = ${path === "" ? "''" : path}`);
      answers.push(await exchange(helper, frames, source));
      await helper.query("rollback");
    }
    if (before === "T")
      for (const { frames: again, copied } of this.#block)
        for (const client of [this.bare, this.#mine])
          await exchange(client, again, async () => Promise.resolve(copied ?? []));
    const ready = frame("Z", Buffer.from(before));
    const messages = (answers[0]?.messages ?? []).filter(({ type }) => type !== "Z");
    return [...messages, { type: "Z", body: ready.subarray(5) }];
  }

  /** Both sides in no transaction. */
  async #calm(): Promise<void> {
    for (const client of [this.bare, this.#mine]) if (!client.closed) await client.query("rollback");
    this.#status = "I";
    this.#block = [];
  }

  async #again(): Promise<void> {
    const { bare, bareLogin, mine, mineLogin } = this.#sides;
    this.bare.destroy();
    this.#mine.destroy();
    this.bare = await join(bare, bareLogin, () => 0, this.#parameters);
    this.#mine = await join(mine, mineLogin, () => 0, this.#parameters);
    this.#status = "I";
    this.#block = [];
  }

  async end(): Promise<void> {
    await Promise.all([this.bare, this.#mine, ...this.#helpers].map(async (client) => client.end()));
  }
}

function statusOf({ messages }: Answer): string {
  return messages.findLast(({ type }) => type === "Z")?.body.toString() ?? "I";
}

function errorOf({ messages }: Answer): string {
  const error = messages.find(({ type }) => type === "E");
  return error === undefined ? "" : (fieldsOf(error.body).get("M") ?? "");
}

/** Sends, and gives what COPY asks for, until the server is ready. */
async function exchange(client: RawClient, frames: readonly Buffer[], copy: CopySource): Promise<Answer> {
  client.send(...frames);
  const parts: Answer[] = [];
  for (;;) {
    const part = await client.until("ZG", 1, 120_000);
    parts.push(part);
    const last = part.messages.at(-1);
    if (client.closed || last?.type !== "G") break;
    client.send(...(await copy(last)));
  }
  const messages = parts.flatMap((part) => part.messages);
  return { ...parts[0]!, messages, closed: client.closed };
}
