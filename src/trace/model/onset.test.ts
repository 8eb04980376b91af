import { describe, expect, it } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { accountPosteriors } from "./account.ts";
import type { ChannelEvidence, Evidence, Knowledge } from "./evidence.ts";
import { changed, range, sketch } from "./fixture.testing.ts";
import { type KnowledgeNode, knowledgeNodes, missedShare } from "./knowledge.ts";
import { byChance, channelLog, silentCalls, type WeighedHit } from "./likelihood.ts";
import { shareNodes, type ShareNode } from "./nodes.ts";
import { callsOf } from "./onset.ts";
import { type Hypothesis, stories } from "./posterior.ts";
import { defaultSettings } from "./settings.ts";

const shares = shareNodes(1, 1);
const told: readonly Knowledge[] = ["exclusive", "much", "little", "unsaid"];

/** All the ways in which each of so many things is one of `options`. */
function every<Option>(options: readonly Option[], times: number): readonly (readonly Option[])[] {
  if (times === 0) return [[]];
  return every(options, times - 1).flatMap((rest) => options.map((option) => [...rest, option]));
}

/** What a caller of the leak tells, beside what any caller tells: P(this report | leak), P(this report | background). */
interface Chances {
  readonly leak: (report: number) => number;
  readonly background: (report: number) => number;
}

/**
 * P(reports) by going through everything that may have happened: the share of the leak, the report before which it began, and of every
 * report since whether it is the leak's. What happened has at least one that is, so its chances are those of all such, over their sum.
 */
function enumerated(reports: number, { leak, background }: Chances, of: readonly ShareNode[]): number {
  let some = 0;
  let whole = 0;
  for (const { share, logWeight } of of)
    for (let began = 0; began < reports; began++)
      for (const leaked of every([true, false], reports - began)) {
        if (!leaked.includes(true)) continue;
        const prior = leaked.reduce(
          (product, is) => product * (is ? share : 1 - share),
          Math.exp(logWeight) / reports,
        );
        some += prior;
        whole += range(0, reports).reduce((product, report) => {
          const is = report >= began && leaked[report - began] === true;
          return product * (is ? leak(report) : background(report));
        }, prior);
      }
  return whole / some;
}

function hitOf(report: number, knowledge: Knowledge, ratio: number): WeighedHit {
  return { report, knowledge, shown: true, ratio };
}

function chancesOf(
  knowledge: readonly Knowledge[],
  hits: readonly WeighedHit[],
  node: KnowledgeNode,
): Chances {
  return {
    background: (report) => node.background[knowledge[report] ?? "unsaid"],
    leak: (report) => {
      const hit = hits.find((each) => each.report === report);
      const ratio = hit?.ratio ?? 0;
      return (missedShare + (1 - missedShare) * ratio) * node.leak[knowledge[report] ?? "unsaid"];
    },
  };
}

describe("the evidence of a leak that began at any moment", () => {
  it("is the sum over all beginnings and over which reports leaked, to the ninth digit", () => {
    const random = seededRandom(7);
    for (const reports of [1, 2, 3, 4, 5])
      for (let round = 0; round < 12; round++) {
        const knowledge = range(0, reports).map(() => told[Math.floor(random() * 4)] ?? "unsaid");
        const hits = range(0, reports)
          .filter(() => random() < 0.6)
          .map((report) => hitOf(report, knowledge[report] ?? "unsaid", 1 + random() * 500));
        const calls = callsOf(
          knowledge.map((each) => ({ knowledge: each })),
          false,
        );
        for (const node of knowledgeNodes(
          sketch({ reports: 1, channels: [], knowledge: () => "much" }).reports,
        )) {
          const exact = Math.log(enumerated(reports, chancesOf(knowledge, hits, node), shares));
          expect(channelLog(hits, calls, node, shares)).toBeCloseTo(exact, 9);
        }
      }
  });

  it("sums to one over everything that may be reported, in whatever order", () => {
    // Strata differ from report to report; a hit's ratio is one over its own chance.
    const chances = [0.5, 0.02, 0.2, 0.9];
    const nodes = knowledgeNodes(sketch({ reports: 1, channels: [], knowledge: () => "much" }).reports);
    for (const node of [nodes[0], nodes[5], nodes[11]] as readonly KnowledgeNode[]) {
      let sum = 0;
      for (const knowledge of every<Knowledge>(["exclusive", "much", "little"], 4)) {
        const calls = callsOf(
          knowledge.map((each) => ({ knowledge: each })),
          false,
        );
        for (const is of every([true, false], 4)) {
          const hits = range(0, 4)
            .filter((report) => is[report])
            .map((report) => hitOf(report, knowledge[report] ?? "unsaid", 1 / (chances[report] ?? 1)));
          const chance = range(0, 4).reduce(
            (p, report) => p * (is[report] ? (chances[report] ?? 0) : 1 - (chances[report] ?? 0)),
            1,
          );
          sum += chance * Math.exp(channelLog(hits, calls, node, shares));
        }
      }
      expect(sum).toBeCloseTo(1, 9);
    }
  });
});

const alone = {
  ...defaultSettings,
  priors: { ...defaultSettings.priors, accountsTogether: [1] },
  model: { ...defaultSettings.model, contamination: 1e-15 },
};

/** One over the mean share of the strata, worked out from the counts as decision 5 has them. */
function ratioOf(channel: Evidence["channels"][number], { reports, customers }: Evidence): number {
  const each = reports.map(({ matched }, report) => {
    const [found = 0, reach = 0] = [channel.exposed[report], channel.reach[report]];
    return Math.max(found / matched, (found + 2) / (matched + (2 * customers) / Math.max(1, reach)));
  });
  return each.length / each.reduce((a, b) => a + b, 0);
}

/** The chance of a report of a leak of so many, by the trapezoid rule over the logarithm of the share who tell. */
function reported(customers: number): number {
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const telling = Math.exp(Math.log(0.0005) + (i / steps) * Math.log(200));
    sum += (i === 0 || i === steps ? 0.5 : 1) * (1 - Math.exp(-telling * customers));
  }
  return sum / steps;
}

function middle(reach: number): number {
  return 2 ** (Math.floor(Math.log2(reach)) + 0.5);
}

/** What an account's prior is worth beside an even one, from what every account had exposed: the middle of its power of two. */
function worthOf(actor: string, channels: readonly ChannelEvidence[], accounts: number): number {
  const each = channels.map((channel) => ({
    actor: channel.actor,
    reports: reported(middle(channel.reach[0] ?? 0)),
  }));
  const mean = each.reduce((sum, { reports }) => sum + reports, 0) / accounts;
  const own = each.find((one) => one.actor === actor)?.reports ?? 0;
  return 0.92 * (own / mean) + 0.08;
}

/** The probability of every account and hypothesis, of one account at most, by going through everything. */
function everything(
  evidence: Evidence,
  accounts: readonly string[],
  all: readonly ChannelEvidence[],
): ReadonlyMap<string, number> {
  const nodes = knowledgeNodes(evidence.reports);
  const size = evidence.reports.length;
  const sums = new Map<string, number>();
  const add = (names: readonly string[], prior: number, chances: (node: KnowledgeNode) => Chances): void => {
    const whole = nodes.reduce(
      (sum, node) => sum + enumerated(size, chances(node), shares) / nodes.length,
      0,
    );
    for (const name of names) sums.set(name, (sums.get(name) ?? 0) + prior * whole);
  };
  const knowledge = evidence.reports.map((report) => report.knowledge);
  const ways: readonly (readonly [Hypothesis, string, number])[] = [
    ["insider", "all", 1 / 12],
    ["insider", "unexplained", 1 / 12],
    ["stolen_account", "unfamiliar", 1 / 6],
  ];
  for (const [hypothesis, kind, prior] of ways)
    for (const actor of accounts) {
      const channel = evidence.channels.find((each) => each.actor === actor && each.kind === kind);
      const ratio = channel === undefined ? 0 : ratioOf(channel, evidence);
      const hits = (channel?.hits ?? []).map(({ report }) =>
        hitOf(report, knowledge[report] ?? "unsaid", ratio),
      );
      const names = channel === undefined ? [hypothesis] : [hypothesis, actor];
      const worth = worthOf(
        actor,
        all.filter((each) => each.kind === kind),
        accounts.length,
      );
      add(names, (prior * worth) / accounts.length, (node) => chancesOf(knowledge, hits, node));
    }
  const everyone = knowledge.map((each, report) => hitOf(report, each, 1));
  add(["outside_breach"], 1 / 6, (node) => chancesOf(knowledge, everyone, node));
  add(["no_leak"], 1 / 2, (node) => {
    const { background } = chancesOf(knowledge, [], node);
    return { background, leak: background };
  });
  const total = ["insider", "stolen_account", "outside_breach", "no_leak"].reduce(
    (sum, hypothesis) => sum + (sums.get(hypothesis) ?? 0),
    0,
  );
  return new Map([...sums].map(([name, sum]) => [name, sum / total]));
}

describe("every probability of a small case", () => {
  it("is the one found by going through hypotheses, accounts, beginnings and which reports leaked", () => {
    const random = seededRandom(11);
    for (const reports of [3, 4, 5])
      for (const accounts of [
        ["ann", "ben"],
        ["ann", "ben", "eve"],
      ])
        for (const said of [false, true]) {
          const made = sketch({
            reports,
            accounts: accounts.length,
            knowledge: () => (said ? (told[Math.floor(random() * 4)] ?? "unsaid") : "unsaid"),
            channels: accounts.flatMap((actor) =>
              (["all", "unexplained", "unfamiliar"] as const).map((kind) => ({
                actor,
                kind,
                hits: range(0, reports).filter(() => random() < 0.5),
                // From one customer up: the fewer, the less an account's prior is worth.
                share: 0.2 * 10 ** (-5 * random()),
              })),
            ),
          });
          const evidence = {
            ...made,
            channels: made.channels
              .filter(({ hits }) => hits.length > 0)
              .map((channel) => ({
                ...channel,
                exposed: channel.exposed.map((n) => Math.round(n * random())),
              })),
          };
          const exact = everything(evidence, accounts, made.channels);
          const found = stories(evidence, alone);
          const sums = new Map<string, number>();
          for (const { hypothesis, actors, log } of found)
            for (const name of [hypothesis, ...actors]) sums.set(name, (sums.get(name) ?? 0) + Math.exp(log));
          // Where callers said what they knew, an account that is hardly ahead is worked out at one knowledge node of twelve only.
          for (const [name, probability] of exact)
            expect(sums.get(name), `${name} of ${reports} reports`).toBeCloseTo(probability, said ? 2 : 9);
        }
  });
});

describe("a channel that exposed more and more", () => {
  it("has evidence of eight times what chance brings at most, in the mean over all that may be reported", () => {
    const chances = range(0, 16).map((report) => (report < 11 ? 0.0002 : 0.3));
    const ratio = chances.length / chances.reduce((a, b) => a + b, 0);
    const [silent] = knowledgeNodes([]) as readonly [KnowledgeNode];
    const calls = silentCalls(chances.length, false);
    const missed = chances.reduce((p, chance) => p * (1 - chance), 1);
    let expected = 0;
    for (const is of every([true, false], chances.length)) {
      const hits = range(0, chances.length).filter((report) => is[report]);
      const odds = hits.reduce(
        (p, report) => (p * (chances[report] ?? 0)) / (1 - (chances[report] ?? 0)),
        missed,
      );
      const log = channelLog(
        hits.map((report) => hitOf(report, "unsaid", ratio)),
        calls,
        silent,
        shares,
      );
      expected += odds * Math.exp(log);
    }
    expect(expected).toBeGreaterThan(8.5);
    const off = byChance(
      chances.map((chance) => chance * ratio),
      { calls, shares, weight: 1 },
    );
    expect(expected * Math.exp(-off)).toBeCloseTo(8, 9);
  });
});

describe("what chance brings a channel in the mean", () => {
  it("is never taken for less than it is, to be spared the sum", () => {
    const random = seededRandom(5);
    let spared = 0;
    for (let round = 0; round < 400; round++) {
      const reports = 4 + Math.floor(random() * 60);
      const from = random() * reports;
      const grows = 1 + 20 * random();
      const chances = range(0, reports).map((report) => random() * (report < from ? 1 : grows));
      const mean = chances.reduce((a, b) => a + b, 0) / reports;
      const ratios = chances.map((chance) => chance / mean);
      const calls = silentCalls(reports, round % 4 === 0);
      const silent = knowledgeNodes([])[0] as KnowledgeNode;
      const expected = channelLog(
        ratios.map((ratio, report) => hitOf(report, "unsaid", ratio)),
        calls,
        silent,
        shares,
      );
      const weight = 12 * random();
      const off = byChance(ratios, { calls, shares, weight });
      const allowed = Math.log(Math.max(1, 8 / Math.max(1, weight)));
      expect(off).toBeCloseTo(Math.max(0, expected - allowed), 9);
      if (off === 0) spared++;
    }
    expect(spared).toBeGreaterThan(40);
    expect(spared).toBeLessThan(360);
  });
});

describe("innocent accounts that read more since some call", () => {
  const grid = [20, 60, 120, 200].flatMap((reports) =>
    [0.25, 0.5, 0.75, 0.9].flatMap((part) =>
      [0.05, 0.2, 0.5, 0.7, 0.9, 1].flatMap((share) =>
        [1, 2].map((seed) => ({ reports, from: Math.round(reports * part), share, seed })),
      ),
    ),
  );
  it.each([
    ["one is new", 1, 0, (share: number): readonly [number, number] => [0, share]],
    ["three are new", 3, 0, (share: number): readonly [number, number] => [0, share]],
    ["one serves other customers now", 1, 0.001, (): readonly [number, number] => [0.3, 0.3]],
  ])("stay far from being named where %s", (_, accounts, before, reachOf) => {
    for (const { share, ...of } of grid) {
      const evidence = changed({ ...of, accounts, shares: [before, share], reach: reachOf(share) });
      const [top] = accountPosteriors(stories(evidence, defaultSettings));
      expect(top?.probability ?? 0, JSON.stringify({ share, ...of })).toBeLessThan(0.2);
    }
  });
});
