import { describe, expect, it } from "vitest";
import { align, erased } from "./align.ts";
import type { Erasure } from "./decisions.ts";
import { checkErasures } from "./erasures.ts";
import { Problems, problemsMax } from "./problem.ts";

const erasure = (from: number, to: number): Erasure => ({
  from,
  to,
  index: 99,
  proposal: 98,
  reason: "",
  approvedBy: [],
});

describe("what became of a run of records is said in the fewest words", () => {
  const expected = Array.from("abcdef");
  it.each([
    ["nothing", "abcdef", []],
    ["one replaced", "abXdef", [{ kind: "differs", at: 2 }]],
    ["one taken out", "abdef", [{ kind: "missing", at: 2 }]],
    [
      "two taken out",
      "adef",
      [
        { kind: "missing", at: 1 },
        { kind: "missing", at: 2 },
      ],
    ],
    [
      "the end taken off",
      "abcd",
      [
        { kind: "missing", at: 4 },
        { kind: "missing", at: 5 },
      ],
    ],
    ["one put in", "abXcdef", [{ kind: "inserted", at: 2 }]],
    ["one put behind", "abcdefX", [{ kind: "inserted", at: 6 }]],
    [
      "two swapped",
      "aecdbf",
      [
        { kind: "moved", at: 1 },
        { kind: "moved", at: 4 },
      ],
    ],
  ])("%s", (_, found, differences) => {
    expect(align(expected, Array.from(found))).toEqual(differences);
  });

  it("an erased record and one that can't be checked are passed over", () => {
    expect(align(["a", null, "c"], ["a", "?", erased])).toEqual([]);
  });
});

describe("erasures answer for what is empty, no more and no less", () => {
  it.each([
    ["exactly", [[2, 5]], [[2, 5]], []],
    [
      "by two that touch",
      [[2, 9]],
      [
        [2, 5],
        [5, 9],
      ],
      [],
    ],
    [
      "by two that overlap",
      [[2, 9]],
      [
        [2, 7],
        [5, 9],
      ],
      [],
    ],
    ["not at all", [[2, 5]], [], ["entry_missing 2"]],
    ["in part", [[2, 9]], [[3, 5]], ["entry_missing 2", "entry_missing 5"]],
    ["too much", [[3, 4]], [[2, 6]], ["erasure_unfinished 2", "erasure_unfinished 4"]],
  ])("%s", (_, empty, erasures, found) => {
    const problems = new Problems();
    const count = checkErasures(
      empty.map(([from = 0, to = 0]) => ({ from, to })),
      erasures.map(([from = 0, to = 0]) => erasure(from, to)),
      problems,
    );
    expect(problems.sorted().map(({ code, index }) => `${code} ${index}`)).toEqual(found);
    expect(count).toBe(empty.reduce((sum, [from = 0, to = 0]) => sum + to - from, 0));
  });

  it("problems beyond the most that are kept are counted", () => {
    const problems = new Problems();
    for (let at = 0; at < problemsMax + 5; at++) problems.add("entry_missing", at, "");
    expect([problems.sorted().length, problems.beyond]).toEqual([problemsMax, 5]);
  });
});
