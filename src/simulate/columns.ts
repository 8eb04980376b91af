import { actions } from "../domain/index.ts";

/** The action column by number: `actions[number]`. */
export const actionNumber: { readonly [action in "read" | "search" | "export" | "update"]: number } = {
  read: actions.indexOf("read"),
  search: actions.indexOf("search"),
  export: actions.indexOf("export"),
  update: actions.indexOf("update"),
};

export interface AccessRow {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly actor: number;
  readonly customer: number;
  readonly action: number;
  /** A mask over `fieldNames`. */
  readonly fields: number;
  /** -1: none. */
  readonly ticket: number;
  readonly session: number;
  /** IPv4 as a number. */
  readonly ip: number;
}

/** Sightings as columns of integers: 30 bytes a row. Only the first `count` rows count. */
export class AccessColumns {
  count = 0;
  time: Float64Array;
  actor: Uint16Array;
  customer: Uint32Array;
  action: Uint8Array;
  fields: Uint8Array;
  ticket: Int32Array;
  session: Uint32Array;
  ip: Uint32Array;

  constructor(room: number) {
    this.time = new Float64Array(room);
    this.actor = new Uint16Array(room);
    this.customer = new Uint32Array(room);
    this.action = new Uint8Array(room);
    this.fields = new Uint8Array(room);
    this.ticket = new Int32Array(room);
    this.session = new Uint32Array(room);
    this.ip = new Uint32Array(room);
  }

  add(row: AccessRow): void {
    if (this.count === this.time.length) this.#resize(Math.max(64, this.count * 2));
    const at = this.count++;
    this.time[at] = row.time;
    this.actor[at] = row.actor;
    this.customer[at] = row.customer;
    this.action[at] = row.action;
    this.fields[at] = row.fields;
    this.ticket[at] = row.ticket;
    this.session[at] = row.session;
    this.ip[at] = row.ip;
  }

  /** Copies row `from` of `source` to the end. */
  copy(source: AccessColumns, from: number): void {
    if (this.count === this.time.length) this.#resize(Math.max(64, this.count * 2));
    const at = this.count++;
    this.time[at] = source.time[from]!;
    this.actor[at] = source.actor[from]!;
    this.customer[at] = source.customer[from]!;
    this.action[at] = source.action[from]!;
    this.fields[at] = source.fields[from]!;
    this.ticket[at] = source.ticket[from]!;
    this.session[at] = source.session[from]!;
    this.ip[at] = source.ip[from]!;
  }

  /** Appends all of `source`. */
  append(source: AccessColumns): void {
    const total = this.count + source.count;
    if (total > this.time.length) this.#resize(Math.max(total, this.count * 2));
    this.time.set(source.time.subarray(0, source.count), this.count);
    this.actor.set(source.actor.subarray(0, source.count), this.count);
    this.customer.set(source.customer.subarray(0, source.count), this.count);
    this.action.set(source.action.subarray(0, source.count), this.count);
    this.fields.set(source.fields.subarray(0, source.count), this.count);
    this.ticket.set(source.ticket.subarray(0, source.count), this.count);
    this.session.set(source.session.subarray(0, source.count), this.count);
    this.ip.set(source.ip.subarray(0, source.count), this.count);
    this.count = total;
  }

  /** Gives back the room that was never used. */
  trim(): void {
    if (this.count < this.time.length) this.#resize(this.count);
  }

  #resize(room: number): void {
    this.time = resized(this.time, new Float64Array(room));
    this.actor = resized(this.actor, new Uint16Array(room));
    this.customer = resized(this.customer, new Uint32Array(room));
    this.action = resized(this.action, new Uint8Array(room));
    this.fields = resized(this.fields, new Uint8Array(room));
    this.ticket = resized(this.ticket, new Int32Array(room));
    this.session = resized(this.session, new Uint32Array(room));
    this.ip = resized(this.ip, new Uint32Array(room));
  }
}

/** One ticket as the tickets table has it. `id` counts openings; rows come in the order of closing. */
export interface TicketRow {
  readonly id: number;
  readonly customer: number;
  readonly opened: number;
  /** null: still open when the desk ends. */
  readonly closed: number | null;
  /** Everyone it was ever assigned to, in order. */
  readonly assignees: readonly number[];
  readonly queue: number;
}

export interface EventRow {
  readonly time: number;
  readonly ticket: number;
  readonly actor: number;
  /** `eventNames[event]`. */
  readonly event: number;
}

export class EventColumns {
  count = 0;
  time: Float64Array;
  ticket: Int32Array;
  actor: Uint16Array;
  event: Uint8Array;

  constructor(room: number) {
    this.time = new Float64Array(room);
    this.ticket = new Int32Array(room);
    this.actor = new Uint16Array(room);
    this.event = new Uint8Array(room);
  }

  add(row: EventRow): void {
    if (this.count === this.time.length) this.#resize(Math.max(64, this.count * 2));
    const at = this.count++;
    this.time[at] = row.time;
    this.ticket[at] = row.ticket;
    this.actor[at] = row.actor;
    this.event[at] = row.event;
  }

  row(at: number): EventRow {
    return { time: this.time[at]!, ticket: this.ticket[at]!, actor: this.actor[at]!, event: this.event[at]! };
  }

  trim(): void {
    if (this.count < this.time.length) this.#resize(this.count);
  }

  #resize(room: number): void {
    this.time = resized(this.time, new Float64Array(room));
    this.ticket = resized(this.ticket, new Int32Array(room));
    this.actor = resized(this.actor, new Uint16Array(room));
    this.event = resized(this.event, new Uint8Array(room));
  }
}

interface NumberArray {
  readonly length: number;
  set(source: ArrayLike<number>): void;
  subarray(from: number, to: number): ArrayLike<number>;
}

function resized<Column extends NumberArray>(old: Column, fresh: Column): Column {
  fresh.set(old.subarray(0, Math.min(old.length, fresh.length)));
  return fresh;
}

/**
 * The order of the first `count` rows by time, ties in the order of adding. Sorting one array of numbers
 * that hold both offset and row is several times faster than sorting rows with a comparison.
 */
export function timeOrder(time: Float64Array, count: number, dayStart: number): Uint32Array {
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row++) keys[row] = (time[row]! - dayStart) * 0x400_0000 + row;
  keys.sort();
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = keys[place]! % 0x400_0000;
  return order;
}
