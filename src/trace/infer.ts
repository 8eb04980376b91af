import { formatInstant, type Instant } from "../domain/index.ts";
import type { AccountAnswer, LadderStep, ReadBehindHit, TraceAnswer, Verdict } from "./answer.ts";
import { accountPosteriors, type AccountPosterior } from "./model/account.ts";
import { bounded } from "./model/bounded.ts";
import { canarySentences } from "./model/canaries.ts";
import { type ChannelEvidence, type ChannelKind, type Evidence, firstReports } from "./model/evidence.ts";
import { reportsNeeded } from "./model/needed.ts";
import {
  type Frame,
  frameOf,
  type Hypothesis,
  kindFor,
  priorWeight,
  storiesIn,
  type Story,
} from "./model/posterior.ts";
import { exposureShares, type ShareSums } from "./model/ratio.ts";
import type { Settings } from "./model/settings.ts";
import { leakShare } from "./model/share.ts";
import { accountSentences, verdictSentences, wouldChange } from "./sentences.ts";

/** A hypothesis above this is the verdict. */
export const decided = 0.9;
/** Accounts above this are in the answer. */
export const mentioned = 0.01;
/** Steps of the ladder: every report up to here, then evenly spread ones. */
const ladderStepsMax = 12;

/** The verdict from the evidence. Pure: equal evidence and settings give an equal answer. */
export function infer(evidence: Evidence, settings: Settings): TraceAnswer {
  const frame = frameOf(evidence, settings);
  const stories = storiesIn(frame);
  const hypotheses = hypothesisSums(stories);
  const verdict = verdictOf(hypotheses);
  const accounts = accountPosteriors(stories)
    .filter((account) => account.probability > mentioned)
    .map((account) => accountAnswer(frame, stories, account));
  const needed =
    verdict === "undetermined" ? reportsNeeded(frame, stories, { decided, seed: settings.seed }) : null;
  const told = {
    hypotheses,
    accounts,
    leakShare: leakShare(frame, stories),
    reports: evidence.intake,
    reportsNeeded: needed === null ? 0 : needed.reports,
    needed,
    contactFrom: evidence.contactFrom,
    segments: segmentsOf(stories),
    used: evidence.reports.map(({ canary, customer, time, knowledge, stratum, matched }) => {
      const used = { customer, time: text(time), knowledge, stratum, matched };
      return canary === true ? { ...used, canary } : used;
    }),
    exposureUnknown: {
      events: [...evidence.exposureUnknown.values()].reduce((sum, events) => sum + events, 0),
      accounts: evidence.exposureUnknown.size,
    },
  };
  return {
    verdict,
    ...told,
    sentences: [...verdictSentences(verdict, told), ...canarySentences(evidence)],
    wouldChange: wouldChange(told),
    ladder: ladderOf(
      frame,
      stories,
      accounts.map(({ actor }) => actor),
    ),
    base: { customers: evidence.customers, accounts: evidence.accounts },
    settings,
  };
}

export function hypothesisSums(stories: readonly Story[]): Readonly<Record<Hypothesis, number>> {
  const sums = { insider: 0, stolen_account: 0, outside_breach: 0, no_leak: 0 };
  for (const { hypothesis, log } of stories) sums[hypothesis] += Math.exp(log);
  return {
    insider: bounded(sums.insider),
    stolen_account: bounded(sums.stolen_account),
    outside_breach: bounded(sums.outside_breach),
    no_leak: bounded(sums.no_leak),
  };
}

export function verdictOf(hypotheses: Readonly<Record<Hypothesis, number>>): Verdict {
  const above = (Object.entries(hypotheses) as [Hypothesis, number][]).find(([, p]) => p > decided);
  return above?.[0] ?? "undetermined";
}

function accountAnswer(frame: Frame, stories: readonly Story[], account: AccountPosterior): AccountAnswer {
  const { evidence, matched, settings } = frame;
  const told = kindOf(stories, account.actor);
  const kind = kindFor(evidence, account.actor, told) ?? told;
  const channels = evidence.channels.filter(({ actor }) => actor === account.actor);
  const channel = channels.find((each) => each.kind === kind) ?? channels[0];
  const shares =
    channel === undefined
      ? new Float64Array()
      : exposureShares(channel, matched, evidence.customers, settings.model.shrinkage);
  const figures = {
    actor: account.actor,
    probability: account.probability,
    together: account.together,
    kind,
    hits: channel?.hits.length ?? 0,
    expectedHits: shares.reduce((sum, share) => sum + share, 0),
    reach: channel?.reach.at(-1) ?? 0,
    priorWeight: channel === undefined ? 1 : priorWeight(frame, told, channel),
    exposureUnknown: evidence.exposureUnknown.get(account.actor) ?? 0,
    sessionsUnknown: evidence.sessionsUnknown.has(account.actor),
    reads: channels.flatMap((each) => readsOf(evidence, each)),
  };
  const of = { used: evidence.reports.length, base: evidence.customers, contactFrom: evidence.contactFrom };
  return { ...figures, sentences: accountSentences(figures, of) };
}

/** The kind of the stories that most of an account's probability is in. */
function kindOf(stories: readonly Story[], actor: string): ChannelKind {
  const sums = new Map<ChannelKind, number>();
  for (const { actors, kind, log } of stories)
    if (kind !== null && actors.includes(actor)) sums.set(kind, (sums.get(kind) ?? 0) + Math.exp(log));
  return [...sums].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "all";
}

function readsOf(evidence: Evidence, channel: ChannelEvidence): readonly ReadBehindHit[] {
  return channel.hits.map(({ report, first, last, reads }) => ({
    customer: evidence.reports[report]?.customer ?? "",
    called: text(evidence.reports[report]?.time ?? 0),
    kind: channel.kind,
    first: text(first),
    last: text(last),
    reads,
  }));
}

function segmentsOf(stories: readonly Story[]): TraceAnswer["segments"] {
  return stories
    .flatMap(({ segment, log }) =>
      segment === null ? [] : [{ segment, probability: bounded(Math.exp(log)) }],
    )
    .filter(({ probability }) => probability > mentioned)
    .sort((a, b) => b.probability - a.probability);
}

/** How each account's probability moved, report by report; long cases by evenly spread steps. */
function ladderOf(
  { evidence, settings }: Frame,
  whole: readonly Story[],
  shown: readonly string[],
): readonly LadderStep[] {
  const total = evidence.reports.length;
  const steps = Math.min(total, ladderStepsMax);
  const counts = [...new Set(Array.from({ length: steps }, (_, i) => Math.round(((i + 1) * total) / steps)))];
  const sums: ShareSums = new Map();
  return counts.map((reports) => {
    const stories =
      reports === total ? whole : storiesIn(frameOf(firstReports(evidence, reports), settings, sums));
    const all = new Map(accountPosteriors(stories).map(({ actor, probability }) => [actor, probability]));
    return {
      reports,
      time: text(evidence.reports[reports - 1]?.time ?? 0),
      hypotheses: hypothesisSums(stories),
      accounts: Object.fromEntries(shown.map((actor) => [actor, all.get(actor) ?? bounded(0)])),
    };
  });
}

function text(time: number): string {
  return formatInstant(time as Instant);
}
