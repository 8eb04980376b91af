import { logSumExp } from "../../stats/index.ts";
import { canaryRatios, type CanaryRatios, withCanaries } from "./canaries.ts";
import type { ChannelEvidence, ChannelKind, Evidence } from "./evidence.ts";
import { type KnowledgeNode, knowledgeNodes } from "./knowledge.ts";
import { backgroundLog, byChance, channelLog, silentCalls, weigh, type WeighedHit } from "./likelihood.ts";
import { shareNodes, type ShareNode } from "./nodes.ts";
import { type Calls, callsOf } from "./onset.ts";
import { accountWeights, boundedWeight } from "./reach.ts";
import { rateLog } from "./rate.ts";
import { hitChances, likelihoodRatios, type RatioContext, ratiosFrom, type ShareSums } from "./ratio.ts";
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

/** What every story is told from. */
export interface Frame {
  readonly evidence: Evidence;
  readonly settings: Settings;
  readonly nodes: readonly KnowledgeNode[];
  readonly shares: readonly ShareNode[];
  readonly calls: Calls;
  /** As many, of whose callers nothing is said. */
  readonly silent: Calls;
  /** The same, where the leak had begun before the first. */
  readonly fromStart: Calls;
  readonly matched: readonly number[];
  /** The log evidence of an account that missed every report, at each knowledge node. */
  readonly missed: readonly number[];
  readonly sums: ShareSums;
  readonly canaries: CanaryRatios;
}

/** `sums`: those of a frame of the same evidence with fewer reports, if there is one. */
export function frameOf(evidence: Evidence, settings: Settings, sums: ShareSums = new Map()): Frame {
  const nodes = knowledgeNodes(evidence.reports);
  const shares = shareNodes(settings.model.channelCount, settings.model.backgroundCount);
  const calls = callsOf(evidence.reports, false);
  return {
    evidence,
    settings,
    nodes,
    shares,
    calls,
    silent: silentCalls(evidence.reports.length, false),
    fromStart: { ...calls, fromStart: true },
    matched: evidence.reports.map((report) => report.matched),
    missed: nodes.map((node) => channelLog([], calls, node, shares)),
    sums,
    canaries: canaryRatios(evidence, settings.model),
  };
}

/** All stories worth telling, normalised: their probabilities sum to 1. */
export function stories(evidence: Evidence, settings: Settings): readonly Story[] {
  return storiesIn(frameOf(evidence, settings));
}

export function storiesIn(frame: Frame): readonly Story[] {
  const { evidence, settings } = frame;
  const { insider, stolen_account: stolen } = settings.priors.hypotheses;
  const unexplained = settings.priors.unexplainedShare;
  const rate = rateLog(evidence.reports.map((report) => report.time));
  const leaks = [
    ...accountStories(frame, "insider", "all", insider * (1 - unexplained)),
    ...accountStories(frame, "insider", "unexplained", insider * unexplained),
    ...accountStories(frame, "stolen_account", "unfamiliar", stolen),
    ...segmentStories(frame),
  ];
  const none = noLeak(frame);
  const logs = [...leaks.map((story) => story.log + rate), none.log];
  const total = logSumExp(logs);
  return [...leaks, none].map(({ hypothesis, actors, kind, segment }, i) => {
    return { hypothesis, actors, kind, segment, log: (logs[i] ?? 0) - total };
  });
}

function noLeak(frame: Frame): Story {
  const logs = frame.nodes.map((node) => backgroundLog(frame.calls.counts, node));
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
  const { evidence, settings, nodes, calls, shares } = frame;
  const channels = evidence.channels.filter(
    (channel) => channel.kind === kindFor(evidence, channel.actor, kind),
  );
  const weightOf = weightsOf(frame, kind);
  const candidates = channels.map((channel) => candidateOf(frame, channel, weightOf));
  const sets = accountSets(candidates, {
    accounts: evidence.accounts,
    calls,
    silent: frame.silent,
    fromStart: frame.fromStart,
    nodes,
    shares,
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
  const silent = Math.max(0, evidence.accounts - candidates.reduce((sum, { weight }) => sum + weight, 0));
  const log = Math.log(prior) + Math.log(silent / Math.max(1, evidence.accounts)) + overNodes(frame.missed);
  return [...told, { hypothesis, actors: [], kind, segment: null, log }];
}

/**
 * An account's log evidence at each knowledge node, and what its prior is worth in it. At one node first: an account far behind a leak
 * that hit nobody in particular can't matter, and the other nodes are then taken to differ as they do for an account that missed every report.
 */
function candidateOf(frame: Frame, channel: ChannelEvidence, weightOf: WeightOf): Candidate {
  const { nodes, calls, shares, missed } = frame;
  const hits = channelHits(frame, channel);
  const weight = weightOf(channel, hits);
  const [first] = nodes;
  const log = first === undefined ? 0 : channelLog(hits, calls, first, shares);
  const worth = Math.log(weight);
  const ahead = log - (missed[0] ?? 0);
  const matters = ahead + Math.max(0, worth) >= aheadMin;
  const logs = nodes.map((node, i) =>
    i === 0 ? log : matters ? channelLog(hits, calls, node, shares) : (missed[i] ?? 0) + ahead,
  );
  let kept: Float64Array | null = null;
  const chances = (): Float64Array => (kept ??= hitChances(channel, ratioContext(frame)));
  const over = !matters ? 0 : byChance(chances(), { calls: frame.silent, shares, weight });
  return {
    actor: channel.actor,
    hits,
    logs: logs.map((each) => each + worth - over),
    over,
    weight,
    chances,
  };
}

type WeightOf = (channel: ChannelEvidence, hits: readonly WeighedHit[]) => number;

function weightsOf({ evidence, settings }: Frame, kind: ChannelKind): WeightOf {
  const unbounded = accountWeights(evidence, kind, settings.priors.reporting);
  return (channel, hits) => boundedWeight(unbounded(channel), hits, settings.model);
}

/** What the prior of an account is worth in stories of this kind, beside the mean account's. `kind`: the stories'. */
export function priorWeight(frame: Frame, kind: ChannelKind, channel: ChannelEvidence): number {
  return weightsOf(frame, kind)(channel, channelHits(frame, channel));
}

/** In logs, over an account that missed every report: with hits as by chance an account gains less than this. */
const aheadMin = 3;

function ratioContext({ evidence, settings, matched, sums }: Frame): RatioContext {
  return { matched, customers: evidence.customers, model: settings.model, sums };
}

function channelHits(frame: Frame, channel: ChannelEvidence): readonly WeighedHit[] {
  const ratios = withCanaries(frame.canaries.account, ratiosFrom(channel, ratioContext(frame)));
  return weigh(channel.hits, ratios, frame.evidence.reports);
}

/**
 * The kind of channel that a story of this kind tells of an account. Where it can't be known which sessions are unfamiliar, a stolen
 * account may have leaked any of its reads, as an insider may have: the two then share what the reports say of the account.
 */
export function kindFor(evidence: Evidence, actor: string, kind: ChannelKind | null): ChannelKind | null {
  return kind === "unfamiliar" && evidence.sessionsUnknown.has(actor) ? "all" : kind;
}

/** Whether a story tells of a channel. */
export function isToldOf(evidence: Evidence, story: Story, channel: ChannelEvidence): boolean {
  return (
    story.actors.includes(channel.actor) && channel.kind === kindFor(evidence, channel.actor, story.kind)
  );
}

/** The hits of a story, each with the chance under its channel; of accounts together, the likeliest account's. */
export function storyHits(frame: Frame, story: Story): readonly WeighedHit[] {
  if (story.segment !== null) return segmentHits(frame, story.segment);
  const best = new Map<number, WeighedHit>();
  for (const channel of frame.evidence.channels)
    if (isToldOf(frame.evidence, story, channel))
      for (const hit of channelHits(frame, channel)) {
        const share = hit.ratio / story.actors.length;
        if (share > (best.get(hit.report)?.ratio ?? 0)) best.set(hit.report, { ...hit, ratio: share });
      }
  return [...best.values()].sort((a, b) => a.report - b.report);
}

export const wholeBase = "the whole base";

function segmentStories(frame: Frame): readonly Story[] {
  const { evidence, settings, nodes, calls, shares } = frame;
  const prior = settings.priors.hypotheses.outside_breach;
  const share = evidence.segments.length === 0 ? 1 : settings.priors.wholeBaseShare;
  const each = (prior * (1 - share)) / Math.max(1, evidence.segments.length);
  return [wholeBase, ...evidence.segments.map(({ name }) => name)].map((segment): Story => {
    const hits = segmentHits(frame, segment);
    const log = overNodes(nodes.map((node) => channelLog(hits, calls, node, shares)));
    const weight = Math.log(segment === wholeBase ? prior * share : each);
    return { hypothesis: "outside_breach", actors: [], kind: null, segment, log: weight + log };
  });
}

function segmentHits(frame: Frame, name: string): readonly WeighedHit[] {
  const { canaries, evidence, settings, matched } = frame;
  const { reports } = evidence;
  const segment = evidence.segments.find((each) => each.name === name);
  if (segment === undefined) {
    const everyone = reports.map(({ knowable }, report) => ({ report, shown: knowable }));
    return weigh(
      everyone,
      withCanaries(canaries.outside, () => 1),
      reports,
    );
  }
  const exposure = { exposed: segment.exposed, reach: matched.map(() => segment.size) };
  const ratios = likelihoodRatios(exposure, matched, evidence.customers, settings.model);
  const inside = segment.inside.flatMap((is, report) =>
    is ? [{ report, shown: reports[report]?.knowable ?? false }] : [],
  );
  return weigh(inside, withCanaries(canaries.outside, ratios), reports);
}

/** Knowledge nodes are equally likely before the reports are heard. */
function overNodes(logs: ArrayLike<number>): number {
  return logSumExp(logs) - Math.log(logs.length);
}

/**
 * Each account's log evidence through channels of one kind, for given leak shares, and that of an account that missed every
 * report. The model's own view has its prior here; a benchmark's oracle puts the true share in. `fromStart`: a share of all reports, not
 * of those since an unknown beginning. `weighs`: what each account's prior is worth is in its log.
 */
export function channelEvidence(
  evidence: Evidence,
  settings: Settings,
  asked: {
    readonly kind: ChannelKind;
    readonly shares: readonly ShareNode[];
    readonly fromStart: boolean;
    readonly weighs: boolean;
  },
): {
  readonly channels: readonly { readonly actor: string; readonly log: number; readonly weight: number }[];
  readonly missed: number;
} {
  const whole = frameOf(evidence, settings);
  const calls = asked.fromStart ? whole.fromStart : whole.calls;
  const missed = whole.nodes.map((node) => channelLog([], calls, node, asked.shares));
  const silent = silentCalls(evidence.reports.length, asked.fromStart);
  const frame = { ...whole, calls, silent, shares: asked.shares, missed };
  const weightOf = asked.weighs ? weightsOf(frame, asked.kind) : (): number => 1;
  const channels = evidence.channels
    .filter((channel) => channel.kind === asked.kind)
    .map((channel) => candidateOf(frame, channel, weightOf))
    .map(({ actor, logs, weight }) => ({ actor, log: overNodes(logs), weight }));
  return {
    channels,
    missed: overNodes(missed),
  };
}
