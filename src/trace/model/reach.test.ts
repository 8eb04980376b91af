import { describe, expect, it } from "vitest";
import { accountPosteriors } from "./account.ts";
import { range, sketch, type Sketch } from "./fixture.testing.ts";
import type { WeighedHit } from "./likelihood.ts";
import { stories } from "./posterior.ts";
import { accountWeights, addReach, boundedWeight, bringsReport } from "./reach.ts";
import { defaultSettings } from "./settings.ts";

const told = defaultSettings.priors.reporting;

/** One hit of six reports, by an account of forty that had exposed this share of the base. */
function oneHit(share: number): Sketch {
  const others = range(0, 39).map((i) => ({
    actor: `a${i}`,
    kind: "unfamiliar" as const,
    hits: [],
    share: 0.0004,
  }));
  return {
    reports: 6,
    accounts: 40,
    channels: [{ actor: "one", kind: "unfamiliar", hits: [3], share }, ...others],
  };
}

/** The probability of the only account that has read in unfamiliar sessions, this share of the base, of whom the first report is. */
function aloneWith(share: number, reports: number): number {
  const made = sketch({ reports, channels: [{ actor: "one", kind: "unfamiliar", hits: [0], share }] });
  const place = Math.floor(Math.log2(share * 1e6));
  const unfamiliar = made.reaches.unfamiliar.map((of) => of.map((_, at) => (at === place ? 1 : 0)));
  const found = stories({ ...made, reaches: { ...made.reaches, unfamiliar } }, defaultSettings);
  return accountPosteriors(found)[0]?.probability ?? 0;
}

/** The most that one report can make of an account, whatever it read and the caller knew, and though nobody else read so. */
function oneReport(accounts: number): number {
  const knowledge = ["unsaid", "much", "exclusive"] as const;
  const ways = [["unfamiliar"], ["all", "unexplained"], ["all", "unexplained", "unfamiliar"]] as const;
  const shares = [0.000_003, 0.0003, 0.003, 0.03];
  const every = knowledge.flatMap((knew) =>
    ways.flatMap((kinds) =>
      shares.flatMap((share) => [1, 5, 11].map((reports) => ({ knew, kinds, share, reports }))),
    ),
  );
  const found = every.map(({ kinds, knew, reports, share }) => {
    const made = sketch({
      reports,
      accounts,
      knowledge: (report) => (report === 0 ? knew : "unsaid"),
      channels: kinds.map((kind) => ({ actor: "one", kind, hits: [0], share })),
    });
    const counts: number[] = [];
    addReach(counts, share * 1e6);
    const only = made.reports.map(() => counts);
    const evidence = { ...made, reaches: { all: only, unexplained: only, unfamiliar: only } };
    return accountPosteriors(stories(evidence, defaultSettings))[0]?.probability ?? 0;
  });
  return Math.max(...found);
}

function hitOf(ratio: number): WeighedHit {
  return { report: 0, shown: true, knowledge: "unsaid", ratio };
}

function probability(of: Sketch, actor: string): number {
  const found = accountPosteriors(stories(sketch(of), defaultSettings));
  return found.find((account) => account.actor === actor)?.probability ?? 0;
}

describe("the chance that a leak brings any report", () => {
  it("is the mean of 0.05% to 10% for one customer, and nears one for many", () => {
    // The mean of a share whose logarithm is even: (most - least) / ln(most / least).
    expect(bringsReport(1, told)).toBeCloseTo((0.1 - 0.0005) / Math.log(200), 3);
    expect(bringsReport(0, told)).toBe(0);
    expect(bringsReport(1e6, told)).toBeCloseTo(1, 9);
    // One minus (E1(x least) - E1(x most)) / ln(most / least), with E1(0.05) = 2.4679 and E1(10) = 0.0000 (Abramowitz and Stegun, table 5.1).
    expect(bringsReport(100, told)).toBeCloseTo(1 - (2.4679 - 0) / Math.log(200), 3);
  });
});

describe("what an account's prior is worth", () => {
  const channels = [
    { actor: "busy", hits: [0], share: 0.01 },
    { actor: "thief", hits: [0], share: 0.0004 },
    { actor: "passer-by", hits: [0], share: 0.000_003 },
  ];
  const evidence = sketch({ reports: 3, accounts: 3, channels });

  it("comes to the number of accounts over all of them, and is less for who exposed few", () => {
    const weigh = accountWeights(evidence, "all", told);
    const each = evidence.channels.map(weigh);
    expect(each.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(3, 9);
    const [busy = 0, thief = 0, passerBy = 0] = each;
    expect(busy).toBeGreaterThan(thief);
    expect(thief).toBeGreaterThan(5 * passerBy);
    expect(passerBy).toBeGreaterThan(0.08);
  });

  it("is the same for all where nobody is known to have exposed anybody", () => {
    const weigh = accountWeights({ ...evidence, reaches: { ...evidence.reaches, all: [] } }, "all", told);
    expect(evidence.channels.map(weigh)).toEqual([1, 1, 1]);
  });

  it("takes one lucky hit of a channel of three customers for less than the same hit of one of four hundred", () => {
    const few = probability(oneHit(0.000_003), "one");
    const many = probability(oneHit(0.0004), "one");
    expect(few).toBeLessThan(0.5 * many);
  });

  it("lets one report name nobody who alone has reads of the kind", () => {
    for (const share of [0.000_003, 0.0003, 0.003, 0.03]) {
      expect(aloneWith(share, 1), `${share} of the base, one report`).toBeLessThan(0.75);
      expect(aloneWith(share, 11), `${share} of the base, one of eleven reports`).toBeLessThan(0.3);
    }
  });

  it("is never more, with its hits, than contamination lets as many reports say", () => {
    const model = defaultSettings.model;
    expect(boundedWeight(90, [hitOf(500)], model)).toBeCloseTo(2, 9);
    expect(boundedWeight(90, [hitOf(1000)], model)).toBe(1);
    expect(boundedWeight(90, [hitOf(1e6)], model)).toBe(1);
    expect(boundedWeight(90, [hitOf(500), hitOf(200)], model)).toBeCloseTo(10, 9);
    expect(boundedWeight(90, [hitOf(200), hitOf(20), hitOf(1e6)], model)).toBe(90);
    expect(boundedWeight(3, [hitOf(4)], model)).toBe(3);
    expect(boundedWeight(0.2, [hitOf(1000)], model)).toBe(0.2);
  });

  it("holds it against no account that its own sessions can't be told from others", () => {
    const made = sketch({
      reports: 1,
      channels: [{ actor: "new", hits: [0], share: 0.000_012 }],
      sessionsUnknown: ["new"],
    });
    // Nobody else has strange sessions, and everybody else some thousand customers.
    const unfamiliar = made.reaches.all.map((of) => of.map((count) => (count === 1 ? 1 : 0)));
    const known = { ...made, reaches: { ...made.reaches, unfamiliar } };
    const weights = known.channels.map(accountWeights(known, "unfamiliar", told));
    expect(weights).toEqual(known.channels.map(accountWeights(known, "all", told)));
    expect(accountPosteriors(stories(known, defaultSettings))[0]?.probability ?? 0).toBeLessThan(0.5);
  });

  // What the report's page and the limitations say of one invented report.
  it("lets one report name nobody among two hundred accounts, but among fewer, who alone read its customer", () => {
    expect(oneReport(200)).toBeLessThan(0.9);
    expect(oneReport(100)).toBeGreaterThan(0.9);
  });
});
