import { describe, expect, it } from "vitest";
import type { StatementPlan } from "../../plan.ts";
import { SessionNames } from "./session-names.ts";

const plan = (does: StatementPlan["does"]): StatementPlan => ({
  sql: "",
  does,
  slots: [],
  origins: [],
  probes: [],
  decided: [],
  protected: true,
  action: "read",
  normalized: "",
  names: new Set(),
});
const note = { normalized: "", original: "" };
const declare = plan({ kind: "declare", cursor: "c", hold: true });
const fetch = plan({ kind: "fetch", cursor: "c", move: false });

describe("a cursor's rows", () => {
  const names = new SessionNames(() => 0);
  names.runs(declare, { note, named: null, key: "catalog 1\npath\nwide role", pipeline: 0 });

  it("come while the rights are those that it was declared under, whatever names mean by now", () => {
    expect(names.sourceOf(fetch, () => "catalog 2\nother path\nwide role")).toMatchObject({
      protected: true,
    });
  });

  it("don't come under others, which may mask or bind to tickets", () => {
    expect(names.sourceOf(fetch, () => "catalog 1\npath\nnarrow role")).toMatchObject({
      rule: "stale_cursor",
    });
  });
});
