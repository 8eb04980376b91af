import { type AccessColumns, actionNumber } from "./columns.ts";
import { bit } from "./text.ts";

/** One account takes the first `customers` customers, in the order of their ids. */
export interface Export {
  readonly actor: number;
  readonly customers: number;
  /** Epoch milliseconds; the rows spread evenly over `length` from it. */
  readonly from: number;
  readonly length: number;
  readonly fields: number;
  readonly session: number;
  readonly ip: number;
}

/** Rows a part holds at most; what streaming holds in memory beside the population and one day's people. */
export const partRowsMax = 65_536;

/** The day's rows and its exports, merged by time, in `chunk`, which is filled anew for each part. */
export function* mergedByTime(
  day: DayRows,
  exports: readonly Export[],
  chunk: AccessColumns,
): Generator<void> {
  const next = exports.map(() => 0);
  let place = 0;
  chunk.count = 0;
  for (;;) {
    const own = place < day.order.length ? day.rows.time[day.order[place]!]! : Number.POSITIVE_INFINITY;
    const first = earliest(exports, next, own);
    if (first >= 0) chunk.add(exportRow(exports[first]!, next[first]!++, day.phone));
    else if (own === Number.POSITIVE_INFINITY) break;
    else chunk.copy(day.rows, day.order[place++]!);
    if (chunk.count < partRowsMax) continue;
    yield;
    chunk.count = 0;
  }
}

export interface DayRows {
  readonly rows: AccessColumns;
  readonly order: Uint32Array;
  readonly phone: Uint8Array;
}

/** The export whose next row comes before `own`; -1: none does. */
function earliest(exports: readonly Export[], next: readonly number[], own: number): number {
  let found = -1;
  let best = own;
  for (let at = 0; at < exports.length; at++) {
    const each = exports[at]!;
    if (next[at]! >= each.customers) continue;
    const time = rowTime(each, next[at]!);
    if (time < best) {
      best = time;
      found = at;
    }
  }
  return found;
}

function rowTime(each: Export, at: number): number {
  return each.from + Math.floor((at / each.customers) * each.length);
}

export function exportFields(each: Export, customer: number, phone: Uint8Array): number {
  return phone[customer] === 1 ? each.fields : each.fields & ~bit.phone;
}

function exportRow(each: Export, customer: number, phone: Uint8Array): Parameters<AccessColumns["add"]>[0] {
  return {
    time: rowTime(each, customer),
    actor: each.actor,
    customer,
    action: actionNumber.export,
    fields: exportFields(each, customer, phone),
    ticket: -1,
    session: each.session,
    ip: each.ip,
  };
}
