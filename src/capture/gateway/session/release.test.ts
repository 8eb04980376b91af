import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type Refusal, refusal } from "../../../base/index.ts";
import type { GatewayEvent } from "../recording.ts";
import { Gate } from "./release.ts";

const reader = { actor: "agent-0417", role: "agent", session: "s", ip: "127.0.0.1", application: "" };
const event: GatewayEvent = {
  kind: "refusal",
  time: 0,
  reader,
  code: "42501",
  rule: "test",
  statement: null,
};
const full: Refusal = refusal("refused", "the disk is full", "make room");

it("no byte is sent before the events given with it, and with all before it, are recorded; and none out of order", async () => {
  const batches = fc.array(fc.record({ events: fc.nat(2), delay: fc.nat(3) }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (given) => {
      const recorded: number[] = [];
      const sent: number[] = [];
      let next = 0;
      const gate = new Gate(
        async (events) => {
          const number = events[0]?.time ?? -1;
          for (let turn = 0; turn < (given[number]?.delay ?? 0); turn++) await new Promise(setImmediate);
          recorded.push(number);
          return null;
        },
        (bytes) => {
          const number = bytes.readUInt8(0);
          const due = given.flatMap(({ events }, at) => (at <= number && events > 0 ? [at] : []));
          expect([...recorded].sort((a, b) => a - b)).toEqual(expect.arrayContaining(due));
          sent.push(number);
          return null;
        },
        () => undefined,
      );
      for (const { events } of given) {
        const number = next++;
        gate.release(
          Array.from({ length: events }, () => ({ ...event, time: number })),
          Buffer.from([number]),
        );
      }
      await gate.settled();
      expect(sent).toEqual(given.map((_, at) => at));
      expect(gate.heldBytes).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it("what can't be recorded isn't sent, and neither is anything after it", async () => {
  const sent: string[] = [];
  const refusals: Refusal[] = [];
  const answers = [null, full, null];
  const gate = new Gate(
    async () => answers.shift() ?? null,
    (bytes) => {
      sent.push(bytes.toString());
      return null;
    },
    (why) => refusals.push(why),
  );
  for (const text of ["one", "two", "three"]) gate.release([event], Buffer.from(text));
  gate.release([], Buffer.from("four"));
  await gate.settled();
  gate.release([], Buffer.from("five"));
  await gate.settled();
  expect(sent).toEqual(["one"]);
  expect(refusals).toEqual([full]);
});

it("of batches that can't be recorded, and all waited, the first one is told of, once", async () => {
  const refusals: Refusal[] = [];
  const gate = new Gate(
    async () => full,
    () => null,
    (why) => refusals.push(why),
  );
  for (const text of ["one", "two", "three"]) gate.release([event], Buffer.from(text));
  await gate.settled();
  expect(refusals).toEqual([full]);
});

it("a shut gate lets nothing through, not even what was waiting for its record", async () => {
  const sent: string[] = [];
  const waiting: ((none: null) => void)[] = [];
  const gate = new Gate(
    () => new Promise((resolve) => void waiting.push(resolve)),
    (bytes) => {
      sent.push(bytes.toString());
      return null;
    },
    () => undefined,
  );
  gate.release([event], Buffer.from("row"));
  gate.shut();
  for (const recorded of waiting) recorded(null);
  await gate.settled();
  expect(sent).toEqual([]);
});
