import { describe, expect, it } from "vitest";
import { infer } from "./infer.ts";
import type { TraceAnswer } from "./index.ts";
import type { Evidence } from "./model/evidence.ts";
import { sketch, type Sketch } from "./model/fixture.testing.ts";
import { defaultSettings } from "./model/settings.ts";

/** Evidence in which these reports are of canaries. */
function withCanaries(evidence: Evidence, canaries: readonly number[]): Evidence {
  return {
    ...evidence,
    reports: evidence.reports.map((report, at) =>
      canaries.includes(at) ? { ...report, canary: true } : report,
    ),
  };
}

function traced(of: Sketch, canaries: readonly number[]): TraceAnswer {
  return infer(withCanaries(sketch(of), canaries), defaultSettings);
}

function probabilityOf(answer: TraceAnswer, actor: string): number {
  return answer.accounts.find((account) => account.actor === actor)?.probability ?? 0;
}

describe("a reported canary", () => {
  const shownToOne: Sketch = { reports: 1, channels: [{ actor: "ann", hits: [0], share: 0.05 }] };

  it("names the one account that was shown it, among a hundred, by one report", () => {
    const answer = traced(shownToOne, [0]);
    expect(answer.verdict).toBe("insider");
    expect(probabilityOf(answer, "ann")).toBeGreaterThan(0.95);
    expect(answer.sentences).toContain(
      "c0 is a canary: it doesn't exist, so no caller has it by chance. Before the call it was shown to ann alone.",
    );
    expect(answer.used[0]?.canary).toBe(true);
  });

  it("would name nobody if the customer were real", () => {
    const answer = traced(shownToOne, []);
    expect(answer.verdict).toBe("undetermined");
    expect(probabilityOf(answer, "ann")).toBeLessThan(0.2);
    expect(answer.sentences.join(" ")).not.toContain("canary");
  });

  it("names it however much else it reads: nobody has a canary by ordinary work", () => {
    const answer = traced({ reports: 1, channels: [{ actor: "ann", hits: [0], share: 0.9 }] }, [0]);
    expect(probabilityOf(answer, "ann")).toBeGreaterThan(0.95);
  });

  it("that nobody was shown speaks for a copy made past every account", () => {
    const answer = traced({ reports: 1, channels: [] }, [0]);
    expect(answer.verdict).toBe("outside_breach");
    expect(answer.accounts).toEqual([]);
    expect(answer.sentences.join(" ")).toContain("No account was shown it before the call");
  });

  it("leaves it open between the thief and an innocent account that a search showed it to", () => {
    const answer = traced(
      {
        reports: 1,
        channels: [
          { actor: "thief", hits: [0], share: 0.01 },
          { actor: "bystander", hits: [0], share: 0.01 },
        ],
      },
      [0],
    );
    expect(probabilityOf(answer, "thief")).toBeCloseTo(probabilityOf(answer, "bystander"), 6);
    expect(probabilityOf(answer, "bystander")).toBeLessThan(0.9);
    expect(answer.hypotheses.no_leak + answer.hypotheses.outside_breach).toBeLessThan(0.05);
    expect(answer.sentences.join(" ")).toContain(
      "it was shown to 2 accounts: thief, bystander; it came through one of them, and alone it doesn't tell which.",
    );
  });

  it("clears that innocent account as soon as other reports point to the thief", () => {
    const answer = traced(
      {
        reports: 4,
        channels: [
          { actor: "thief", hits: [0, 1, 2, 3], share: 0.01 },
          { actor: "bystander", hits: [0], share: 0.01 },
        ],
      },
      [0],
    );
    expect(answer.accounts[0]?.actor).toBe("thief");
    expect(probabilityOf(answer, "thief")).toBeGreaterThan(0.99);
    expect(probabilityOf(answer, "bystander")).toBeLessThan(0.1);
  });

  it("weighs no more than the settings grant", () => {
    const model = { ...defaultSettings.model, canaryContamination: 0.5 };
    const answer = infer(withCanaries(sketch(shownToOne), [0]), { ...defaultSettings, model });
    expect(probabilityOf(answer, "ann")).toBeLessThan(0.05);
  });

  it("doesn't make reports of real customers say more than they did", () => {
    const real: Sketch = {
      reports: 3,
      channels: [
        { actor: "ann", hits: [0], share: 0.05 },
        { actor: "bob", hits: [1, 2], share: 0.3 },
      ],
    };
    const answer = traced(real, [0]);
    expect(probabilityOf(answer, "ann")).toBeGreaterThan(0.9);
    expect(probabilityOf(answer, "bob")).toBeLessThan(0.1);
  });
});
