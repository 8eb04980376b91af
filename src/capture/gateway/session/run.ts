import type { Caught } from "../net/secondNet.ts";
import type { GatewayEvent, Seen, StatementNote } from "../recording.ts";
import type { Slot, StatementPlan } from "../plan.ts";
import type { Identity } from "./identity.ts";

/** Customers that one run remembers, so that none is recorded twice; beyond it they are recorded again, never missed. */
export const customersRememberedMax = 100_000;

/** What the rows of one statement are, whoever runs it: the plan's own, or for FETCH and EXECUTE those of what they run. */
export type Source = Pick<StatementPlan, "slots" | "origins" | "protected" | "action" | "names" | "probes">;

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
  #fresh = false;

  constructor(plan: StatementPlan, source: Source, identity: Identity, note: StatementNote) {
    this.plan = plan;
    this.source = source;
    this.identity = identity;
    this.note = note;
    this.#ledgers = source.slots.map((slot) => ({ slot, told: new Set(), fresh: [] }));
  }

  /** Rows of the batches before this one. */
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

  /** Whether customers were found that no event has told of yet. */
  get owesEvent(): boolean {
    return this.#fresh;
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
    this.#fresh = true;
  }

  /** Takes what was found since the last time. Null if there is nothing to tell. */
  take(time: number): (GatewayEvent & { readonly kind: "sighting" }) | null {
    if (!this.#fresh) return null;
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
    this.#fresh = false;
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
export const emptyPlan: StatementPlan = {
  sql: "",
  does: { kind: "other" },
  slots: [],
  origins: [],
  probes: [],
  protected: false,
  action: "read",
  normalized: "",
  names: new Set(),
};
