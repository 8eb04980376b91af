import { describe, expect, it } from "vitest";
import { accountPosteriors } from "./account.ts";
import type { UsedReport } from "./evidence.ts";
import { range, sketch } from "./fixture.testing.ts";
import { type KnowledgeNode, knowledgeNodes, missedShare } from "./knowledge.ts";
import { channelLog, type WeighedHit } from "./likelihood.ts";
import { mixtureLog } from "./mixture.ts";
import { shareNodes } from "./nodes.ts";
import { type Calls, callsOf } from "./onset.ts";
import { stories } from "./posterior.ts";
import { rateLog } from "./rate.ts";
import { exposureShares, likelihoodRatios } from "./ratio.ts";
import { defaultSettings } from "./settings.ts";
import { stratumName, stratumOf } from "./strata.ts";
import { type GivenReport, usableReports } from "./intake.ts";

const day = 86_400_000;
const silent = knowledgeNodes([])[0] as KnowledgeNode;

function hits(reports: readonly number[], ratio: number): readonly WeighedHit[] {
  return reports.map((report) => ({ report, knowledge: "unsaid" as const, shown: true, ratio }));
}

function heard(reports: number, fromStart = false): Calls {
  return callsOf(
    Array.from({ length: reports }, () => ({ knowledge: "unsaid" as const })),
    fromStart,
  );
}

/**
 * The exact evidence of a mixture with an even prior of the leak share and an even split among the channels, by going through every
 * assignment of reports to components: sum over assignments of prod likelihoods * probability of the counts.
 */
function enumerated(channels: readonly (readonly WeighedHit[])[], reports: number): number {
  const parts = channels.length + 1;
  const likelihood = (report: number, part: number): number => {
    if (part === 0) return 1;
    const hit = channels[part - 1]?.find((each) => each.report === report);
    return missedShare + (1 - missedShare) * (hit?.ratio ?? 0);
  };
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  let sum = 0;
  const walk = (report: number, product: number, of: readonly number[]): void => {
    if (product === 0) return;
    if (report === reports) {
      const [background = 0, ...leaked] = of;
      const all = reports - background;
      const whole = (factorial(background) * factorial(all)) / factorial(reports + 1);
      const split = leaked.reduce((ways, n) => ways * factorial(n), factorial(parts - 2));
      sum += (product * whole * split) / factorial(all + parts - 2);
      return;
    }
    for (let part = 0; part < parts; part++)
      walk(
        report + 1,
        product * likelihood(report, part),
        of.map((n, i) => n + (i === part ? 1 : 0)),
      );
  };
  walk(
    0,
    1,
    Array.from({ length: parts }, () => 0),
  );
  return Math.log(sum);
}

describe("the evidence of one channel", () => {
  it("is the enumeration over which reports leaked, for every number of hits", () => {
    for (const found of [[], [2], [0, 1, 4], range(0, 6)]) {
      const channel = hits(found, 7);
      const log = channelLog(channel, heard(6, true), silent, shareNodes(1, 1));
      expect(log).toBeCloseTo(enumerated([channel], 6), 2);
    }
  });
  it("is the mean over when the leak began, of those in which it produced a report", () => {
    for (const found of [[], [2], [5], [0, 1, 4], range(0, 6)]) {
      // Of a leak that began before report `from`: the reports since, as if there were no others, less the part in which none leaked.
      const since = range(0, 6).map((from) => {
        const left = found.filter((report) => report >= from).map((report) => report - from);
        return Math.exp(enumerated([hits(left, 7)], 6 - from)) - 1 / (7 - from);
      });
      const some = range(0, 6).reduce((sum, from) => sum + 1 - 1 / (7 - from), 0);
      const log = channelLog(hits(found, 7), heard(6), silent, shareNodes(1, 1));
      expect(log).toBeCloseTo(Math.log(since.reduce((sum, each) => sum + each, 0) / some), 1);
    }
  });
  it("counts reports that miss it less where they came before its first hit", () => {
    const [late = 0, early = 0] = [range(18, 21), range(0, 3)].map((found) =>
      channelLog(hits(found, 50), heard(21), silent, shareNodes(1, 1)),
    );
    expect(late - early).toBeGreaterThan(2);
  });
  it("stays a number where hundreds of reports miss it, or hit it", () => {
    const reports = Array.from({ length: 600 }, () => ({ knowledge: "little" as const }));
    const long = callsOf(reports, false);
    for (const node of knowledgeNodes(reports.map((report) => ({ ...sketchReport, ...report }))))
      for (const found of [[], [599], range(300, 600), range(0, 600)]) {
        const weighed = found.map((report) => ({
          report,
          knowledge: "little" as const,
          shown: true,
          ratio: 900,
        }));
        const log = channelLog(weighed, long, node, shareNodes(1, 1));
        expect(Number.isFinite(log)).toBe(true);
      }
  });
  it("falls with every report that misses it", () => {
    const logs = [3, 4, 20].map((reports) =>
      channelLog(hits([0, 1], 50), heard(reports), silent, shareNodes(1, 1)),
    );
    expect(logs[0]).toBeGreaterThan(logs[1] ?? 0);
    expect(logs[1]).toBeGreaterThan(logs[2] ?? 0);
  });
});

describe("the evidence of accounts together", () => {
  it("stays below the enumeration and close to it", () => {
    const cases = [
      [hits([0, 1, 2], 20), hits([3, 4], 30)],
      [hits([0, 1, 2], 20), hits([2, 3], 30)],
      [hits([0], 100), hits([1], 5)],
      [hits([0, 1], 40), hits([2, 3], 40), hits([4, 5], 40)],
    ];
    for (const channels of cases) {
      const exact = enumerated(channels, 6);
      const { log: bound } = mixtureLog(channels, heard(6).counts, silent, { background: 1, channel: 1 });
      expect(bound).toBeLessThanOrEqual(exact + 1e-6);
      // The gap is a factor of two at most, on the side that says less.
      expect(exact - bound).toBeLessThan(0.7);
    }
  });
  it("names two who share the hits, each with the other", () => {
    const found = accountPosteriors(
      stories(
        sketch({
          reports: 16,
          channels: [
            { actor: "ann", hits: range(0, 8), share: 0.004 },
            { actor: "ben", hits: range(8, 16), share: 0.004 },
            { actor: "eve", hits: [3], share: 0.05 },
          ],
        }),
        defaultSettings,
      ),
    );
    expect(found.slice(0, 2).map(({ actor }) => actor)).toEqual(["ann", "ben"]);
    expect(found[0]?.probability).toBeGreaterThan(0.99);
    expect(found[0]?.together).toEqual(["ben"]);
    expect(found.find(({ actor }) => actor === "eve")?.probability ?? 0).toBeLessThan(0.1);
  });
});

function noLeakOf(reports: number): number {
  return stories(sketch({ reports, channels: [] }), defaultSettings)
    .filter(({ hypothesis }) => hypothesis === "no_leak")
    .reduce((sum, { log }) => sum + Math.exp(log), 0);
}

describe("all stories", () => {
  it("sum to one", () => {
    const told = stories(
      sketch({ reports: 5, channels: [{ actor: "ann", hits: [0, 3], share: 0.01 }] }),
      defaultSettings,
    );
    expect(told.reduce((sum, { log }) => sum + Math.exp(log), 0)).toBeCloseTo(1, 10);
  });
  it("are the prior where nothing was reported", () => {
    const sums = new Map<string, number>();
    for (const { hypothesis, log } of stories(sketch({ reports: 0, channels: [] }), defaultSettings))
      sums.set(hypothesis, (sums.get(hypothesis) ?? 0) + Math.exp(log));
    expect(sums.get("no_leak")).toBeCloseTo(0.5, 6);
    expect(sums.get("outside_breach")).toBeCloseTo(1 / 6, 6);
    expect(sums.get("insider")).toBeCloseTo(1 / 6, 6);
  });
  it("a leak that nobody's reads point to leaves it to no leak", () => {
    expect(noLeakOf(1)).toBeGreaterThan(0.6);
    expect(noLeakOf(30)).toBeGreaterThan(noLeakOf(1) - 0.1);
  });
  it("a service account that reads everyone gains nothing from being hit by every report", () => {
    const found = accountPosteriors(
      stories(
        sketch({ reports: 30, channels: [{ actor: "svc", hits: range(0, 30), share: 1 }] }),
        defaultSettings,
      ),
    );
    expect(found[0]?.probability ?? 0).toBeLessThan(0.01);
  });
  it("the thief with few reads outweighs a busy account with more hits", () => {
    const found = accountPosteriors(
      stories(
        sketch({
          reports: 12,
          channels: [
            { actor: "thief", hits: range(0, 6), share: 0.002 },
            { actor: "busy", hits: range(0, 10), share: 0.7 },
          ],
        }),
        defaultSettings,
      ),
    );
    expect(found[0]?.actor).toBe("thief");
    expect(found[0]?.probability).toBeGreaterThan(0.95);
  });
  it("one report names nobody", () => {
    const found = accountPosteriors(
      stories(sketch({ reports: 1, channels: [{ actor: "ann", hits: [0], share: 1e-6 }] }), defaultSettings),
    );
    expect(found[0]?.probability ?? 0).toBeLessThan(0.9);
  });
  it("callers who know what only this database holds speak for a leak, wherever it came from", () => {
    const [exclusive, little] = (["exclusive", "little"] as const).map((knowledge) =>
      stories(sketch({ reports: 8, channels: [], knowledge: () => knowledge }), defaultSettings)
        .filter(({ hypothesis }) => hypothesis === "no_leak")
        .reduce((sum, { log }) => sum + Math.exp(log), 0),
    );
    expect(exclusive).toBeLessThan(0.01);
    expect(little).toBeGreaterThan(0.6);
  });
});

describe("likelihood ratios", () => {
  it("keep the expected Bayes factor under no leak at most one, whatever the shares of the strata", () => {
    // Two strata; the channel exposed half of one and a thousandth of the other. All orders and hit patterns are gone through.
    const matched = [1000, 1000, 1000, 1000];
    const orders = range(0, 16)
      .map((order) => range(0, 4).map((report) => ((order >> report) & 1 ? 500 : 1)))
      .filter((exposed) => exposed.reduce((sum, each) => sum + each, 0) === 1002);
    for (const stratumWeight of [0, 0.5, 1]) {
      const model = { ...defaultSettings.model, stratumWeight, contamination: 1e-9 };
      let expected = 0;
      for (const exposed of orders) {
        const exposure = { exposed, reach: [100_000, 100_000, 100_000, 100_000] };
        const ratios = likelihoodRatios(exposure, matched, 1_000_000, model);
        const shares = exposureShares(exposure, matched, 1_000_000, model.shrinkage);
        for (let pattern = 0; pattern < 16; pattern++) {
          const found = range(0, 4).filter((report) => (pattern >> report) & 1);
          const chance = range(0, 4).reduce(
            (p, r) => p * (found.includes(r) ? (shares[r] ?? 0) : 1 - (shares[r] ?? 0)),
            1,
          );
          const weighed = found.flatMap((report) => hits([report], ratios(report)));
          const log = channelLog(weighed, heard(4), silent, shareNodes(1, 1));
          expected += (chance * Math.exp(log)) / orders.length;
        }
      }
      expect(expected).toBeLessThanOrEqual(1 + 1e-6);
      // And the averaging costs some power, not all of it.
      expect(expected).toBeGreaterThan(0.3);
    }
  });
  it("never exceed what the contamination allows", () => {
    const exposure = { exposed: [0], reach: [1] };
    const ratio = likelihoodRatios(exposure, [100_000], 12_000_000, defaultSettings.model)(0);
    expect(ratio).toBeLessThanOrEqual(1 / defaultSettings.model.contamination);
    expect(ratio).toBeGreaterThan(0.9 / defaultSettings.model.contamination);
  });
});

describe("an account that reads everyone with a ticket", () => {
  it("is not named when everyone with a ticket was taken from outside, however small the strata", () => {
    const evidence = sketch({
      reports: 60,
      customers: 20_000,
      matched: 6,
      channels: [{ actor: "svc-sync", hits: range(0, 60), share: 0.3 }],
      knowledge: () => "exclusive",
    });
    const [channel] = evidence.channels;
    const whole = {
      ...evidence,
      channels: [{ ...(channel as NonNullable<typeof channel>), exposed: range(0, 60).map(() => 6) }],
    };
    const [top] = accountPosteriors(stories(whole, defaultSettings));
    expect(top?.probability ?? 0).toBeLessThan(0.05);
  });
});

describe("strata", () => {
  it("change on both sides of each step", () => {
    expect(stratumOf(0, Infinity)).toBe(0);
    expect(stratumOf(1, 7 * day)).not.toBe(stratumOf(1, 7 * day + 1));
    expect(stratumOf(8, day)).not.toBe(stratumOf(9, day));
    expect(stratumOf(9, day)).toBe(stratumOf(900, day));
    const all = [1, 2, 3, 5, 9].flatMap((n) => [1, 8, 31, 91, 366].map((days) => stratumOf(n, days * day)));
    expect(new Set(all).size).toBe(25);
  });
  it("have names that people can read", () => {
    expect(stratumName("en|consumer|yes", stratumOf(2, 20 * day))).toBe(
      "en, consumer, phone yes; 2 tickets, the last within 30 days before",
    );
    expect(stratumName("||", 0)).toBe("anyone; no ticket before");
  });
});

describe("the rate of reports", () => {
  it("supports a leak when it rises, and never by more than the priors allow", () => {
    const steady = range(0, 30).map((week) => week * 7 * day);
    const risen = [...steady, ...range(0, 40).map((i) => (20 + (i % 8)) * 7 * day + i * 1000)];
    expect(rateLog(steady)).toBeLessThan(0);
    expect(rateLog(risen)).toBeGreaterThan(0.5);
    expect(rateLog(risen)).toBeLessThanOrEqual(Math.log(2) + 1e-9);
    expect(rateLog(steady)).toBeGreaterThanOrEqual(Math.log(1 / 3) - 1e-9);
  });
});

const sketchReport = sketch({ reports: 1, channels: [] }).reports[0] as UsedReport;

function given(customer: string | null, days: number, knew: readonly string[] = []): GivenReport {
  return { customer, time: days * day, knew };
}

describe("intake", () => {
  it("counts a customer's further reports once, and keeps what any of the callers knew", () => {
    const { used, counts: intake } = usableReports(
      [given("c1", 10), given("c1", 20, ["ticket"]), given("c2", 5)],
      defaultSettings,
    );
    expect(used.map(({ customer }) => customer)).toEqual(["c2", "c1"]);
    expect(used[1]?.knowledge).toBe("exclusive");
    expect(intake).toEqual({ given: 3, used: 2, unknownCustomer: 0, duplicates: 1 });
  });
  it("counts a customer once however many years lie between the calls", () => {
    const calls = [0, 91, 182, 273, 364, 4000].map((days) =>
      given("c1", days, days === 273 ? ["ticket"] : []),
    );
    const { used, counts: intake } = usableReports(calls, defaultSettings);
    expect(used.map(({ time, knowledge }) => [time, knowledge])).toEqual([[0, "exclusive"]]);
    expect(intake.duplicates).toBe(5);
  });
  it("counts unknown customers and never uses them", () => {
    expect(usableReports([given(null, 1)], defaultSettings)).toEqual({
      used: [],
      counts: { given: 1, used: 0, unknownCustomer: 1, duplicates: 0 },
    });
  });
});
