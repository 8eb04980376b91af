import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Quotas } from "./quotas.ts";
import type { Role } from "./role.ts";

const none = { hour: null, day: null };
const role = (hour: number | null, day: number | null): Pick<Role, "quotas"> => ({
  quotas: { identifier: none, contact: { hour, day }, content: none },
});
const hour = 3_600_000;

function ask(quotas: Quotas, who: Pick<Role, "quotas">, customers: readonly string[], now: number) {
  return quotas.admit({ actor: "ann", role: who, class: "contact", customers, now });
}

describe("quotas", () => {
  it("let different customers through up to the limit, and say which limit refuses the next", () => {
    const quotas = new Quotas();
    expect(ask(quotas, role(3, null), ["a", "b", "c"], 0)).toBeNull();
    expect(ask(quotas, role(3, null), ["d"], 1)).toEqual({
      kind: "quota",
      class: "contact",
      span: "hour",
      limit: 3,
      seen: 3,
      more: 1,
    });
  });

  it("don't count a customer twice who is seen again", () => {
    const quotas = new Quotas();
    for (let now = 0; now < 10; now++) expect(ask(quotas, role(2, 2), ["a", "b", "a"], now)).toBeNull();
    expect(quotas.seen({ actor: "ann", class: "contact", span: "day", now: 10 })).toBe(2);
  });

  it("count none of a batch that they refuse", () => {
    const quotas = new Quotas();
    expect(ask(quotas, role(2, null), ["a", "b", "c"], 0)).not.toBeNull();
    expect(ask(quotas, role(2, null), ["d", "e"], 0)).toBeNull();
  });

  it("slide: a customer counts until an hour after they were last seen, to the millisecond", () => {
    const quotas = new Quotas();
    expect(ask(quotas, role(1, null), ["a"], 0)).toBeNull();
    expect(ask(quotas, role(1, null), ["a"], 10)).toBeNull();
    expect(ask(quotas, role(1, null), ["b"], hour + 9)).not.toBeNull();
    expect(ask(quotas, role(1, null), ["b"], hour + 10)).toBeNull();
  });

  it("keep actors and classes apart, and classes without a limit free", () => {
    const quotas = new Quotas();
    expect(ask(quotas, role(1, 1), ["a"], 0)).toBeNull();
    const bob = { actor: "bob", role: role(1, 1), class: "contact", customers: ["b"], now: 0 } as const;
    expect(quotas.admit(bob)).toBeNull();
    const content = { actor: "ann", role: role(1, 1), class: "content", now: 0 } as const;
    expect(quotas.admit({ ...content, customers: ["x", "y", "z"] })).toBeNull();
  });

  it("remember from the log what was seen before a restart", () => {
    const quotas = new Quotas();
    quotas.remember({ actor: "ann", role: role(2, 2), class: "contact", customers: ["a", "b"], time: 0 });
    expect(ask(quotas, role(2, 2), ["c"], 5)).toMatchObject({ span: "hour", seen: 2 });
  });

  it("admit nobody new when their memory is full, and go on when what is past is forgotten", () => {
    const quotas = new Quotas(4);
    expect(ask(quotas, role(9, null), ["a", "b", "c", "d"], 0)).toBeNull();
    const bob = { actor: "bob", role: role(9, null), class: "contact", customers: ["a"] } as const;
    expect(quotas.admit({ ...bob, now: 1 })).toMatchObject({ span: "memory", limit: 4 });
    expect(quotas.admit({ ...bob, now: hour })).toBeNull();
  });

  it("never let more different customers through in any hour or day than the limits, whatever comes when", () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 2 * hour }),
      customers: fc.array(fc.integer({ min: 0, max: 12 }).map(String), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const quotas = new Quotas();
        const released: { time: number; customer: string }[] = [];
        let now = 0;
        for (const { after, customers } of steps) {
          now += after;
          const fits = (millis: number, limit: number): boolean => {
            const within = released.filter(({ time }) => time > now - millis).map(({ customer }) => customer);
            return new Set([...within, ...customers]).size <= limit;
          };
          const expected = fits(hour, 3) && fits(24 * hour, 7);
          const admitted = ask(quotas, role(3, 7), customers, now) === null;
          expect(admitted).toBe(expected);
          if (admitted) released.push(...customers.map((customer) => ({ time: now, customer })));
        }
      }),
      { seed: 20190801, numRuns: 300 },
    );
  });
});
