import { describe, expect, it } from "vitest";
import type { Json } from "../base/index.ts";
import { approvalText, formatVerifierKey, signerFromSeed, type SignerKey } from "../tlog/index.ts";
import { DecisionCheck } from "./decisions.ts";
import { Problems } from "./problem.ts";

const log = "log.example/desk";
const person = (name: string, byte: number): SignerKey => signerFromSeed(name, Buffer.alloc(32, byte));
const [anna, bruno, clara] = [person("anna", 1), person("bruno", 2), person("clara", 3)];
const order = { do: "erase", kind: "sighting", before: null, stretches: null, reason: "" };
const sha256 = (index: number): string => String(index).padStart(64, "0");

type Told = { readonly kind: string; readonly [member: string]: Json };

/** What the log's own key may say; whoever holds it can say any of this. */
const register = (who: SignerKey, more: { readonly [member: string]: Json } = {}): Told => ({
  kind: "log.approver",
  approver: formatVerifierKey(who.verifier),
  change: "add",
  proposal: null,
  ...more,
});
const propose = (what: { readonly [member: string]: Json } = order, entries = 5): Told => ({
  kind: "log.proposal",
  order: what,
  entries,
});
const approve = (who: SignerKey, proposal: number, named: string = who.verifier.name): Told => ({
  kind: "log.approval",
  proposal,
  approver: named,
  agreed: Buffer.from(who.sign(Buffer.from(approvalText(log, proposal, sha256(proposal))))).toString(
    "base64",
  ),
});
const erase = (proposal: number, ...stretches: readonly (readonly [number, number])[]): Told => ({
  kind: "log.erasure",
  proposal,
  stretches: stretches.map(([from, to]) => ({ from, to })),
});

/** The statements stand from entry 100 on. */
function judged(...told: readonly Told[]): {
  readonly check: DecisionCheck;
  readonly found: readonly string[];
} {
  const problems = new Problems();
  const check = new DecisionCheck(log, problems);
  for (const [at, one] of told.entries())
    check.take(100 + at, { time: "2026-01-31T09:30:00Z", ...one }, sha256(100 + at));
  return { check, found: problems.sorted().map(({ code, index }) => `${code} ${index}`) };
}

describe("an erasure that two have signed for", () => {
  it("passes, and names both", () => {
    const { check, found } = judged(
      register(anna),
      register(bruno),
      propose(),
      approve(anna, 102),
      approve(bruno, 102),
      erase(102, [3, 5], [7, 8]),
      erase(102, [10, 12]),
    );
    expect(found).toEqual([]);
    expect(check.erasures.map(({ from, approvedBy }) => [from, ...approvedBy])).toEqual([
      [3, "anna", "bruno"],
      [7, "anna", "bruno"],
      [10, "anna", "bruno"],
    ]);
  });
});

describe("what the operator of the log can't do alone", () => {
  const two = [register(anna), register(bruno)];
  it.each<[string, readonly Told[], readonly string[]]>([
    ["erase without a proposal", [...two, erase(102, [1, 2])], ["erasure_wrong 102"]],
    [
      "erase with one approval",
      [...two, propose(), approve(anna, 102), erase(102, [1, 2])],
      ["erasure_wrong 104"],
    ],
    [
      "erase with one person's approval twice",
      [...two, propose(), approve(anna, 102), approve(anna, 102), erase(102, [1, 2])],
      ["erasure_wrong 105"],
    ],
    [
      "put another's name under an approval",
      [...two, propose(), approve(anna, 102), approve(anna, 102, "bruno"), erase(102, [1, 2])],
      ["approval_wrong 104", "erasure_wrong 105"],
    ],
    [
      "use an approval for another proposal",
      [
        ...two,
        propose(),
        propose(),
        approve(anna, 103),
        approve(bruno, 103),
        { ...approve(anna, 103), proposal: 102 },
        { ...approve(bruno, 103), proposal: 102 },
        erase(102, [1, 2]),
      ],
      ["approval_wrong 106", "approval_wrong 107", "erasure_wrong 108"],
    ],
    [
      "let somebody approve who was never registered",
      [...two, propose(), approve(anna, 102), approve(clara, 102), erase(102, [1, 2])],
      ["approval_wrong 104", "erasure_wrong 105"],
    ],
    ["register a third alone", [...two, register(clara)], ["approval_wrong 102"]],
    [
      "register a third on the strength of another proposal",
      [...two, propose(), approve(anna, 102), approve(bruno, 102), register(clara, { proposal: 102 })],
      ["approval_wrong 105"],
    ],
    [
      "register one key under two names",
      [register(anna), register(person("bruno", 1))],
      ["approval_wrong 101"],
    ],
    [
      "replace the only approver's key",
      [register(anna), register(person("anna", 9))],
      ["approval_wrong 101"],
    ],
    [
      "take the only approver off",
      [register(anna), register(anna, { change: "remove" })],
      ["approval_wrong 101"],
    ],
    [
      "erase more than was agreed to",
      [
        ...two,
        propose(order, 2),
        approve(anna, 102),
        approve(bruno, 102),
        erase(102, [1, 3]),
        erase(102, [4, 5]),
      ],
      ["erasure_wrong 106"],
    ],
    [
      "erase what came after the proposal",
      [...two, propose(), approve(anna, 102), approve(bruno, 102), erase(102, [104, 105])],
      ["erasure_wrong 105"],
    ],
    [
      "shred another person than agreed to",
      [
        ...two,
        propose({ do: "shred", person: "actor:a", holder: "aa", reason: "" }, 0),
        approve(anna, 102),
        approve(bruno, 102),
        { kind: "log.shredding", proposal: 102, holder: "bb" },
      ],
      ["erasure_wrong 105"],
    ],
    [
      "shred on the strength of an erasure",
      [
        ...two,
        propose(),
        approve(anna, 102),
        approve(bruno, 102),
        { kind: "log.shredding", proposal: 102, holder: "" },
      ],
      ["erasure_wrong 105"],
    ],
  ])("%s", (_, told, expected) => {
    expect(judged(...told).found).toEqual(expected);
  });

  it("and with two approvals a third is registered, and one is taken off, who can't approve from then on", () => {
    const adding = { do: "approver", change: "add", approver: formatVerifierKey(clara.verifier), reason: "" };
    const taking = {
      do: "approver",
      change: "remove",
      approver: formatVerifierKey(anna.verifier),
      reason: "",
    };
    const { check, found } = judged(
      register(anna),
      register(bruno),
      propose(adding, 0),
      approve(anna, 102),
      approve(bruno, 102),
      register(clara, { proposal: 102 }),
      propose(taking, 0),
      approve(bruno, 106),
      approve(clara, 106),
      register(anna, { change: "remove", proposal: 106 }),
      propose(),
      approve(anna, 110),
    );
    expect(found).toEqual(["approval_wrong 111"]);
    expect(check.approvers.map(({ name, index }) => `${name} ${index}`)).toEqual(["bruno 101", "clara 105"]);
  });
});
