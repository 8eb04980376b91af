import type { Caught } from "../net/secondNet.ts";
import type { GatewayEvent, Seen, StatementNote } from "../recording.ts";
import { nobodys, type Slot, type StatementPlan } from "../plan.ts";
import type { Identity } from "./identity.ts";

/** Customers that one run remembers, so that none is recorded twice; beyond it they are recorded again, never missed. */
export const customersRememberedMax = 100_000;

/** What the rows of one statement are, whoever runs it: the plan's own, or for FETCH and EXECUTE those of what they run. */
export type Source = Pick<
  StatementPlan,
  "slots" | "origins" | "protected" | "action" | "names" | "probes" | "decided"
>;

type Sighting = GatewayEvent & { readonly kind: "sighting" };

/** Customers found since the last event, and those already told of. */
interface Ledger {
  readonly slot: Pick<Slot, "table" | "shown" | "masked" | "probed" | "many">;
  readonly told: Set<string>;
  fresh: string[];
}

/**
 * One execution of one statement. It gathers whose rows came, until an event takes them; the rows are held until that event is
 * durable.
 */
export class Run {
  readonly plan: StatementPlan;
  readonly source: Source;
  readonly identity: Identity;
  readonly note: StatementNote;
  readonly #ledgers: readonly Ledger[];
  readonly #caught: Map<string, Ledger> = new Map();
  #rows = 0;
  #released = 0;
  /** Whether any customer was found, in this batch or before. */
  #anyone = false;
  #isOver = false;
  #isProbeTold = false;

  constructor(plan: StatementPlan, source: Source, identity: Identity, note: StatementNote) {
    this.plan = plan;
    this.source = source;
    this.identity = identity;
    this.note = note;
    this.#ledgers = source.slots.map((slot) => ({ slot, told: new Set(), fresh: [] }));
  }

  /** Rows that events have told of. */
  get released(): number {
    return this.#released;
  }

  /** Whether the server was sent what the client wrote, so that positions in errors mean the client's text. */
  get verbatim(): boolean {
    return this.plan.sql === this.note.original;
  }

  get protected(): boolean {
    return this.source.protected || this.plan.protected;
  }

  /** Whether there are rows that no event has told of yet, of a run that has found customers: perhaps those of an earlier batch again. */
  get owesEvent(): boolean {
    return this.#anyone && this.#rows > 0;
  }

  /** Whether rows, or the end, say something of customers none of whose rows came: of a name that nobody has, of what isn't so. */
  get owesProbe(): boolean {
    const isSaid = this.#rows > 0 || this.#isOver;
    return isSaid && !this.#anyone && !this.#isProbeTold && this.source.decided.length > 0;
  }

  /** No more rows come of it. */
  ends(): void {
    this.#isOver = true;
  }

  /** Whether an event must be durable before its rows leave. One that names nobody new needs no write of its own until the last. */
  mustTell({ seen }: Sighting): boolean {
    return seen.length > 0 || this.#isOver;
  }

  /** Its rows leave untold, and count in the run's next event. */
  tellsLater({ rows }: Sighting): void {
    this.#rows += rows;
    this.#released -= rows;
  }

  row(): void {
    this.#rows++;
  }

  /** @param key what the slot's hidden column held; null: no row of the table took part. @returns false if it can't be read. */
  found(slot: number, key: string | null): boolean {
    const ledger = this.#ledgers[slot];
    if (ledger === undefined) return false;
    if (key === null) return true;
    if (!ledger.slot.many) {
      this.#add(ledger, key);
      return true;
    }
    const keys = manyKeys(key);
    if (keys === null) return false;
    for (const one of keys) this.#add(ledger, one);
    return true;
  }

  /** A value of a customer's stood where none should. */
  caught({ customer, field, table }: Caught): void {
    const place = `${table}\n${field}`;
    const slot = { table, shown: [field], masked: [], probed: [], many: false };
    const ledger = this.#caught.get(place) ?? { slot, told: new Set(), fresh: [] };
    this.#caught.set(place, ledger);
    this.#add(ledger, customer);
  }

  #add(ledger: Ledger, customer: string): void {
    if (ledger.told.has(customer)) return;
    if (ledger.told.size >= customersRememberedMax) ledger.told.clear();
    ledger.told.add(customer);
    ledger.fresh.push(customer);
    this.#anyone = true;
  }

  /** Null if there is none to tell of. */
  takeProbe(time: number): GatewayEvent | null {
    if (!this.owesProbe) return null;
    this.#isProbeTold = true;
    const { reader } = this.identity;
    return { kind: "probe", time, reader, probes: this.source.decided, statement: this.note };
  }

  /** Takes the rows since the last time, and the customers that no event has named. Null if there is nothing to tell. */
  take(time: number): Sighting | null {
    if (!this.owesEvent) return null;
    const seen: Seen[] = [];
    for (const ledger of [...this.#ledgers, ...this.#caught.values()]) {
      if (ledger.fresh.length === 0) continue;
      const { table, shown, masked, probed } = ledger.slot;
      seen.push({ table, customers: ledger.fresh, shown, masked, probed });
      ledger.fresh = [];
    }
    const rows = this.#rows;
    this.#rows = 0;
    this.#released += rows;
    const { reader, ticket } = this.identity;
    return {
      kind: "sighting",
      time,
      reader,
      action: this.source.action,
      seen,
      rows,
      ticket,
      statement: this.note,
    };
  }
}

/** The ids in a many-slot's JSON: arrays at any depth of texts and nulls. Null: it is something else. */
export function manyKeys(json: string): readonly string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const keys: string[] = [];
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one === "string") keys.push(one);
    else if (Array.isArray(one)) for (const inner of one as readonly unknown[]) waiting.push(inner);
    else if (one !== null) return null;
  }
  return keys;
}

/** What is sent for a text: itself, if that is what its statements' plans come to. */
export function sentFor(text: string, runs: readonly Run[]): string {
  return runs.every((run) => run.verbatim) ? text : runs.map(({ plan }) => plan.sql).join(";\n");
}

/** Of an empty statement. */
export const emptyPlan: StatementPlan = { ...nobodys, sql: "", does: { kind: "other" }, normalized: "" };
