import { array, assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { AccessColumns, timeOrder } from "./columns.ts";

test("the order of time is the order a stable sort gives", () => {
  assert(
    property(array(integer({ min: 0, max: 86_399_999 }), { maxLength: 200 }), (offsets) => {
      const start = Date.UTC(2019, 7, 1);
      const time = Float64Array.from(offsets, (offset) => start + offset);
      const expected = offsets.map((_, at) => at).sort((a, b) => offsets[a]! - offsets[b]! || a - b);
      expect([...timeOrder(time, time.length, start)]).toEqual(expected);
    }),
  );
});

const row = (n: number): Parameters<AccessColumns["add"]>[0] => ({
  time: n,
  actor: n,
  customer: n,
  action: n % 4,
  fields: n % 64,
  ticket: n - 1,
  session: n,
  ip: 0xc612_0000 + n,
});

test("columns keep every row through growing, copying, appending and trimming", () => {
  const first = new AccessColumns(1);
  for (let n = 0; n < 100; n++) first.add(row(n));
  const second = new AccessColumns(0);
  second.copy(first, 7);
  second.append(first);
  second.trim();
  expect(second.time).toHaveLength(101);
  expect([second.ticket[0], second.ticket[1], second.ticket[100]]).toEqual([6, -1, 98]);
  expect(second.ip[100]).toBe(0xc612_0000 + 99);
});
