import { logSumExp } from "../../stats/index.ts";
import type { ChannelEvidence, ChannelKind, Evidence } from "./evidence.ts";
import { type KnowledgeNode, knowledgeNodes } from "./knowledge.ts";
import { backgroundLog, channelLog, countKnowledge, type KnowledgeCounts, weigh } from "./likelihood.ts";
import { shareNodes, type ShareNode } from "./nodes.ts";
import { rateLog } from "./rate.ts";
import { likelihoodRatios } from "./ratio.ts";
import { accountSets, type Candidate } from "./sets.ts";
import type { Settings } from "./settings.ts";

export type Hypothesis = "insider" | "stolen_account" | "outside_breach" | "no_leak";

/** One way it may have happened, and the log of prior times evidence. */
export interface Story {
  readonly hypothesis: Hypothesis;
  readonly actors: readonly string[];
  readonly kind: ChannelKind | null;
  readonly segment: string | null;
  readonly log: number;
}

interface Frame {
  readonly evidence: Evidence;
  readonly settings: Settings;
  readonly nodes: readonly KnowledgeNode[];
  readonly shares: readonly ShareNode[];
  readonly counts: KnowledgeCounts;
  readonly matched: readonly number[];
}

/** All stories worth telling, normalised: their probabilities sum to 1. */
export function stories(evidence: Evidence, settings: Settings): readonly Story[] {
  const frame: Frame = {
    evidence,
    settings,
    nodes: knowledgeNodes(evidence.reports),
    shares: shareNodes(settings.model.channelCount, settings.model.backgroundCount),
    counts: countKnowledge(evidence.reports),
    matched: evidence.reports.map((report) => report.matched),
  };
  const { insider, stolen_account: stolen } = settings.priors.hypotheses;
  const unexplained = settings.priors.unexplainedShare;
  const rate = rateLog(evidence.reports.map((report) => report.time));
  const leaks = [
    ...accountStories(frame, "insider", "all", insider * (1 - unexplained)),
    ...accountStories(frame, "insider", "unexplained", insider * unexplained),
    ...accountStories(frame, "stolen_account", "unfamiliar", stolen),
    ...segmentStories(frame),
  ].map((story) => ({ ...story, log: story.log + rate }));
  const all = [...leaks, noLeak(frame)];
  const total = logSumExp(all.map((story) => story.log));
  return all.map((story) => ({ ...story, log: story.log - total }));
}

function noLeak(frame: Frame): Story {
  const logs = frame.nodes.map((node) => backgroundLog(frame.counts, node));
  const log = Math.log(frame.settings.priors.hypotheses.no_leak) + overNodes(logs);
  return { hypothesis: "no_leak", actors: [], kind: null, segment: null, log };
}

function accountStories(
  frame: Frame,
  hypothesis: Hypothesis,
  kind: ChannelKind,
  prior: number,
): readonly Story[] {
  if (prior === 0) return [];
  const { evidence, settings, nodes, counts } = frame;
  const channels = evidence.channels.filter((channel) => channel.kind === kind);
  const candidates = channels.map((channel) => candidateOf(frame, channel));
  const sets = accountSets(candidates, {
    accounts: evidence.accounts,
    reports: counts,
    reportCount: evidence.reports.length,
    nodes,
    prior: { background: settings.model.backgroundCount, channel: settings.model.channelCount },
    sizes: settings.priors.accountsTogether,
  });
  const told = sets.map((set) => ({
    hypothesis,
    actors: set.actors,
    kind,
    segment: null,
    log: Math.log(prior) + overNodes(set.logs),
  }));
  // Accounts that no report points to share what is left of the prior: each has missed every report.
  const silent = Math.max(0, evidence.accounts - channels.length);
  const missed = nodes.map((node) => channelLog([], counts, node, frame.shares));
  const log = Math.log(prior) + Math.log(silent / Math.max(1, evidence.accounts)) + overNodes(missed);
  return [...told, { hypothesis, actors: [], kind, segment: null, log }];
}

function candidateOf(frame: Frame, channel: ChannelEvidence): Candidate {
  const { evidence, settings, nodes, counts, shares } = frame;
  const ratios = likelihoodRatios(channel, frame.matched, evidence.customers, settings.model);
  const hits = weigh(channel.hits, ratios, evidence.reports);
  return {
    actor: channel.actor,
    hits,
    logs: Float64Array.from(nodes, (node) => channelLog(hits, counts, node, shares)),
  };
}

function segmentStories(frame: Frame): readonly Story[] {
  const { evidence, settings, nodes, counts, shares, matched } = frame;
  const prior = settings.priors.hypotheses.outside_breach;
  const share = evidence.segments.length === 0 ? 1 : settings.priors.wholeBaseShare;
  const everyone = weigh(
    evidence.reports.map(({ knowable }, report) => ({ report, shown: knowable })),
    new Float64Array(evidence.reports.length).fill(1),
    evidence.reports,
  );
  const whole = overNodes(nodes.map((node) => channelLog(everyone, counts, node, shares)));
  const base: Story = {
    hypothesis: "outside_breach",
    actors: [],
    kind: null,
    segment: "the whole base",
    log: Math.log(prior * share) + whole,
  };
  const each = (prior * (1 - share)) / Math.max(1, evidence.segments.length);
  const segments = evidence.segments.map((segment): Story => {
    const reach = matched.map(() => segment.size);
    const ratios = likelihoodRatios(
      { exposed: segment.exposed, reach },
      matched,
      evidence.customers,
      settings.model,
    );
    const inside = segment.inside.flatMap((is, report) =>
      is ? [{ report, shown: evidence.reports[report]?.knowable ?? false }] : [],
    );
    const hits = weigh(inside, ratios, evidence.reports);
    const log = Math.log(each) + overNodes(nodes.map((node) => channelLog(hits, counts, node, shares)));
    return { hypothesis: "outside_breach", actors: [], kind: null, segment: segment.name, log };
  });
  return [base, ...segments];
}

/** Knowledge nodes are equally likely before the reports are heard. */
function overNodes(logs: ArrayLike<number>): number {
  return logSumExp(logs) - Math.log(logs.length);
}
