import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Role } from "../../../policy/index.ts";
import type { Slot, StatementPlan } from "../plan.ts";
import type { Identity } from "./identity.ts";
import { manyKeys, Run } from "./run.ts";

const identity: Identity = {
  reader: { actor: "agent-0417", role: "agent", session: "s", ip: "127.0.0.1", application: "psql" },
  role: () => ({}) as Role,
  ticket: "T-1",
  expires: null,
};
const slot = (table: string, many: boolean): Slot => ({
  column: `whosaw_slot_${table}`,
  table,
  shown: ["email"],
  masked: [],
  probed: [],
  many,
});

function runOf(slots: readonly Slot[]): Run {
  const plan: StatementPlan = {
    sql: "",
    does: { kind: "rows" },
    slots,
    origins: [],
    probes: [],
    decided: [],
    protected: true,
    action: "read",
    normalized: "",
    names: new Set(),
  };
  return new Run(plan, plan, identity, { normalized: "", original: "" });
}

it("every customer whose key came is in an event, once", () => {
  const nested = fc.letrec((tie) => ({
    keys: fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.constant(null), tie("keys")), { maxLength: 4 }),
  })).keys;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.option(fc.string()), nested)), (rows) => {
      const run = runOf([slot("one", false), slot("many", true)]);
      const wanted = { one: new Set<string>(), many: new Set<string>() };
      for (const [one, many] of rows) {
        if (one !== null) wanted.one.add(one);
        for (const key of many.flat(Infinity)) if (typeof key === "string") wanted.many.add(key);
        expect(run.found(0, one)).toBe(true);
        expect(run.found(1, JSON.stringify(many))).toBe(true);
        run.row();
      }
      const event = run.take(5);
      const seen = new Map((event?.seen ?? []).map(({ table, customers }) => [table, customers]));
      expect([...(seen.get("one") ?? [])]).toEqual([...wanted.one]);
      expect(new Set(seen.get("many") ?? [])).toEqual(wanted.many);
      expect(run.take(6)).toBeNull();
    }),
  );
});

it("rows that show whom an earlier batch showed wait for the next event, and the last one tells of them", () => {
  const run = runOf([slot("one", false)]);
  const batch = (keys: readonly (string | null)[]): ReturnType<Run["take"]> => {
    for (const key of keys) {
      run.found(0, key);
      run.row();
    }
    const event = run.take(5);
    if (event !== null && !run.mustTell(event)) run.tellsLater(event);
    return event;
  };
  expect(batch([null])).toBeNull();
  expect(batch(["c-1", "c-1"])).toMatchObject({ rows: 3, seen: [{ customers: ["c-1"] }] });
  expect(batch(["c-1", null])).toMatchObject({ rows: 2, seen: [] });
  expect([run.released, run.owesEvent]).toEqual([3, true]);
  expect(batch(["c-2"])).toMatchObject({ rows: 3, seen: [{ customers: ["c-2"] }] });
  expect(batch(["c-2"])).toMatchObject({ rows: 1, seen: [] });
  run.ends();
  expect(batch([])).toMatchObject({ rows: 1, seen: [] });
  expect([run.released, run.owesEvent, run.take(6)]).toEqual([7, false, null]);
});

it("a run that found nobody where it looked is a probe, once, before rows or the end say so", () => {
  const decided = [{ table: "public.customers", fields: ["email"] }];
  const made = (found: string | null): Run => {
    const { note, plan } = runOf([slot("one", false)]);
    const run = new Run(plan, { ...plan, decided }, identity, note);
    expect(run.takeProbe(5)).toBeNull();
    if (found !== "no row") {
      run.found(0, found);
      run.row();
    }
    return run;
  };
  const nobody = made(null);
  expect(nobody.takeProbe(5)).toMatchObject({ kind: "probe", probes: decided });
  nobody.ends();
  expect(nobody.takeProbe(6)).toBeNull();
  const empty = made("no row");
  empty.ends();
  expect(empty.takeProbe(5)).toMatchObject({ kind: "probe", probes: decided });
  const somebody = made("c-1");
  somebody.ends();
  expect(somebody.takeProbe(5)).toBeNull();
});

it("a hidden value that isn't what the plan says is no key, and is not passed over", () => {
  expect(manyKeys("{")).toBeNull();
  expect(manyKeys('[1, "c-1"]')).toBeNull();
  expect(manyKeys('{"a": "c-1"}')).toBeNull();
  expect(manyKeys('[["c-1", null], "c-2"]')).toEqual(expect.arrayContaining(["c-1", "c-2"]));
  expect(runOf([slot("many", true)]).found(0, "c-1")).toBe(false);
  expect(runOf([]).found(0, "c-1")).toBe(false);
});
