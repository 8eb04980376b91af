import type { KeyCondition, KeyPath, KeyStep, TicketTable } from "../../policy/index.ts";
import type { ExplainReads, KnownReason } from "./entries.ts";

/** Asks the support database; cells in text form. Rejects when it can't be reached or refuses. */
export type AskDatabase = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** How old what is known of an active actor's tickets may get, ms. */
const refreshMillis = 5_000;
/** After a read that no known ticket explains, a look is due; but not sooner than this after the last, ms. */
const missMillis = 1_000;
/** An actor who hasn't read for this long is forgotten, ms. */
const idleMillis = 15 * 60_000;
/** How long an actor's first read may wait for the first look, ms. */
const firstLookMillis = 1_000;
/** Open tickets of the active actors that are kept; a support desk with more is looked at without reasons, and told so. */
export const openTicketsMax = 2_000_000;

export interface ReasonsOptions {
  /** The table as of now; null: no ticket explains anything. */
  readonly tickets: () => TicketTable | null;
  readonly ask: AskDatabase;
  readonly onTrouble: (what: string) => void;
}

interface Held {
  /** From customer to ticket. */
  tickets: ReadonlyMap<string, string>;
  lastRead: number;
}

/**
 * The open tickets of those who read, as the support database says it: known before a read asks, so that no read waits for another
 * database's answer. What it knows is seconds old; the entry holds what was known.
 */
export class Reasons {
  readonly #options: ReasonsOptions;
  readonly #actors = new Map<string, Held>();
  #looking: Promise<void> | null = null;
  #lookedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #troubled = false;

  constructor(options: ReasonsOptions) {
    this.#options = options;
  }

  readonly explain: ExplainReads = (actor, customers, now) => {
    const held = this.#actors.get(actor);
    if (held === undefined) return customers.map(() => null);
    held.lastRead = now;
    let missed = false;
    const reasons = customers.map((customer): KnownReason | null => {
      const ticket = held.tickets.get(customer);
      missed ||= ticket === undefined;
      return ticket === undefined ? null : { kind: "assigned", ticket };
    });
    if (missed && performance.now() - this.#lookedAt > missMillis) void this.#look();
    return reasons;
  };

  /** Before an actor's first read: a promise to wait for, within bounds; null once the actor is known. */
  expect(actor: string, now: number): Promise<void> | null {
    if (this.#options.tickets() === null || this.#actors.has(actor)) return null;
    this.#actors.set(actor, { tickets: new Map(), lastRead: now });
    this.#timer ??= setInterval(() => void this.#tick(Date.now()), refreshMillis).unref();
    // A look that is under way began without this actor.
    const looked = (this.#looking ?? Promise.resolve()).then(() => this.#look());
    const late = new Promise<void>((resolve) => setTimeout(resolve, firstLookMillis).unref());
    return Promise.race([looked, late]);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #tick(now: number): Promise<void> {
    for (const [actor, { lastRead }] of this.#actors)
      if (now - lastRead > idleMillis) this.#actors.delete(actor);
    if (this.#actors.size > 0) await this.#look();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = null;
      this.#lookedAt = performance.now();
    });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const table = this.#options.tickets();
    const actors = [...this.#actors.keys()];
    if (table === null || actors.length === 0) return;
    try {
      const rows = await this.#options.ask(openTicketsSql(table, actors));
      const found = new Map(actors.map((actor) => [actor, new Map<string, string>()]));
      for (const [ticket, customer, actor] of rows)
        if (ticket != null && customer != null && actor != null) found.get(actor)?.set(customer, ticket);
      for (const [actor, tickets] of found) {
        const held = this.#actors.get(actor);
        if (held !== undefined) held.tickets = tickets;
      }
      this.#troubled = false;
    } catch (error) {
      // What was known stays: a ticket that was open a moment ago is a better guess than none.
      if (!this.#troubled)
        this.#options.onTrouble(
          `the ticket table can't be read, so that reads are recorded without their reasons: ${error instanceof Error ? error.message : String(error)}`,
        );
      this.#troubled = true;
    }
  }
}

/** Ticket, customer and actor, as text, of every open ticket of some actors. Of two tickets of one customer the later id stands. */
export function openTicketsSql(table: TicketTable, actors: readonly string[]): string {
  const names = new Names();
  const customer = names.path("t", table.customer);
  const actor = names.path("t", { column: table.assignee, steps: table.actor });
  const open = table.open === undefined ? null : names.path("t", table.open.path);
  const conditions = [
    `${actor}::text = ANY (ARRAY[${actors.map(literal).join(", ")}]::text[])`,
    ...(table.closed === null ? [] : [`t.${name(table.closed)} IS NULL`]),
    ...(open === null
      ? []
      : [`${open}::text IN (${(table.open?.values ?? []).map(literal).join(", ") || "NULL"})`]),
    ...names.conditions,
  ];
  return (
    `SELECT t.${name(table.id)}::text, ${customer}::text, ${actor}::text` +
    ` FROM ${name(table.schema)}.${name(table.table)} AS t ${names.joins.join(" ")}` +
    ` WHERE ${conditions.join(" AND ")} ORDER BY t.${name(table.id)} LIMIT ${openTicketsMax}`
  );
}

/** The joins that paths need, each table under a name of its own. */
class Names {
  readonly joins: string[] = [];
  readonly conditions: string[] = [];

  /** The expression at a path's end. */
  path(from: string, { column, steps, where = [] }: KeyPath): string {
    this.conditions.push(...where.map((one) => condition(from, one)));
    let end = `${from}.${name(column)}`;
    for (const step of steps) end = this.#step(end, step);
    return end;
  }

  #step(end: string, step: KeyStep): string {
    const alias = `j${this.joins.length}`;
    const on = [
      `${alias}.${name(step.match)} = ${end}`,
      ...(step.where ?? []).map((one) => condition(alias, one)),
    ];
    this.joins.push(`JOIN ${name(step.schema)}.${name(step.table)} AS ${alias} ON ${on.join(" AND ")}`);
    return `${alias}.${name(step.take)}`;
  }
}

function condition(alias: string, { column, value }: KeyCondition): string {
  return `${alias}.${name(column)}::text = ${literal(value)}`;
}

function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** An E string means the same whatever standard_conforming_strings says. */
export function literal(text: string): string {
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
