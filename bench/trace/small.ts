import { contactDaysMax } from "../../src/trace/index.ts";
import type { Contact, Desk } from "./desk.ts";

const day = 86_400_000;

export interface SmallRead {
  readonly customer: number;
  readonly actor: number;
  readonly time: number;
}

/** A desk without tickets and addresses, by hand: customers alike in everything but who read them, and accounts of people only. */
export function smallDesk(
  of: { readonly customers: number; readonly actors: number },
  told: readonly SmallRead[],
): Desk {
  const rows = [...told].sort((a, b) => a.customer - b.customer || a.actor - b.actor || a.time - b.time);
  const start = new Int32Array(of.customers + 1);
  for (const { customer } of rows) start[customer + 1] = (start[customer + 1] ?? 0) + 1;
  for (let c = 0; c < of.customers; c++) start[c + 1] = (start[c + 1] ?? 0) + (start[c] ?? 0);
  return {
    ...of,
    actorName: (actor) => `agent-${String(actor).padStart(2, "0")}`,
    customerName: (customer) => `c${customer}`,
    standing: new Int32Array(of.customers),
    language: new Int32Array(of.customers),
    languageName: () => "",
    kind: new Int32Array(of.customers),
    kindName: () => "",
    created: new Float64Array(of.customers),
    ticketStart: new Int32Array(of.customers + 1),
    ticketTimes: new Float64Array(),
    contact: contactOf(of.customers, rows),
    reads: {
      start,
      actor: Int32Array.from(rows, ({ actor }) => actor),
      time: Float64Array.from(rows, ({ time }) => time),
      unexplained: new Uint8Array(rows.length).fill(1),
      unfamiliar: new Uint8Array(rows.length),
      exclusive: new Uint8Array(rows.length).fill(1),
    },
    sessionsUnknown: () => true,
  };
}

function contactOf(customers: number, rows: readonly SmallRead[]): Contact {
  const days = Array.from({ length: customers }, () => new Map<number, number>());
  for (const { customer, time } of rows) {
    const of = days[customer];
    const on = Math.floor(time / day);
    of?.set(on, Math.min(time, of.get(on) ?? Infinity));
  }
  const start = new Int32Array(customers + 1);
  const times = days.map((of) => [...of.values()].sort((a, b) => a - b).slice(-contactDaysMax));
  for (const [c, list] of times.entries()) start[c + 1] = (start[c] ?? 0) + list.length;
  return { from: "reads", start, times: Float64Array.from(times.flat()) };
}
