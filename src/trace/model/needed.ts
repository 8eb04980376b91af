import { type Random, seededRandom } from "../../base/index.ts";
import { logSumExp, quantile } from "../../stats/index.ts";
import { exposureShares } from "./ratio.ts";
import type { ChannelEvidence } from "./evidence.ts";
import { type Frame, type Hypothesis, isToldOf, type Story, wholeBase } from "./posterior.ts";
import { shareWeights } from "./share.ts";

/** Simulated futures, and how many further reports each may take. */
export const futures = 60;
export const furtherReportsMax = 200;
/** Stories that can still matter. */
const storiesMax = 24;

export interface Needed {
  /** The median over the simulated futures; null if at least half of them stay undecided. */
  readonly reports: number | null;
  readonly futures: number;
  readonly furtherReportsMax: number;
  readonly seed: number;
}

/** A story as the simulation plays it on. */
interface Player {
  readonly hypothesis: Hypothesis;
  readonly log: number;
  /** Posterior weight of each leak share; null for no leak. */
  readonly weights: Float64Array | null;
  /** What a call can hit: channels of accounts, or a part of the base. */
  readonly parts: readonly Part[];
  /** The ratio of a hit. */
  readonly ratio: number;
}

/** The chance that a background call hits a channel. `of`: the account, or the part of the base. */
interface Part {
  readonly of: string;
  readonly chance: number;
}

/** Callers from a leak, and other callers, who know an exclusive fact: the middle of the model's ranges. */
const knowsFromLeak = 0.5;
const knowsAnyway = 0.01;

/**
 * About how many more reports would decide it. What a report hits is drawn once for each account: its channels are nested (unfamiliar
 * and unexplained reads are among all reads), so a hit of a smaller one is a hit of a larger one, and channels that are the same are never
 * told apart by chance. Futures are drawn from the current posterior (a story, then its leak share, then
 * reports), the remaining stories are weighed after each report, and it is decided when a hypothesis passes `decided`.
 */
export function reportsNeeded(
  frame: Frame,
  stories: readonly Story[],
  options: { readonly decided: number; readonly seed: number },
): Needed {
  const players = playersOf(frame, stories);
  const random = seededRandom(options.seed);
  const speaks = frame.evidence.reports.some((report) => report.knowledge !== "unsaid");
  const counts = Array.from({ length: futures }, () =>
    play(frame, players, { random, decided: options.decided, speaks }),
  );
  const reports = quantile(counts, 0.5);
  return {
    reports: Number.isFinite(reports) ? Math.ceil(reports) : null,
    futures,
    furtherReportsMax,
    seed: options.seed,
  };
}

function playersOf(frame: Frame, stories: readonly Story[]): readonly Player[] {
  const { evidence, settings } = frame;
  const top = [...stories].sort((a, b) => b.log - a.log).slice(0, storiesMax);
  return top.map((story) => {
    const { hypothesis, log } = story;
    if (hypothesis === "no_leak") return { hypothesis, log, weights: null, parts: [], ratio: 0 };
    const weights = shareWeights(frame, story, frame.calls);
    if (story.segment === wholeBase)
      return { hypothesis, log, weights, parts: [{ of: wholeBase, chance: 1 }], ratio: 1 };
    const segment = evidence.segments.find(({ name }) => name === story.segment);
    const parts =
      segment === undefined
        ? evidence.channels
            .filter((channel) => isToldOf(evidence, story, channel))
            .map((channel): Part => ({ of: channel.actor, chance: chanceOf(frame, channel) }))
        : [{ of: segment.name, chance: segment.size / Math.max(1, evidence.customers) }];
    const chance = parts.reduce((sum, part) => sum + part.chance, 0);
    const bounded = Math.min(1, Math.max(settings.model.contamination, chance));
    return { hypothesis, log, weights, parts, ratio: 1 / bounded };
  });
}

/** The mean chance, over the reports so far, that a customer like the reporter is exposed through the channel. */
function chanceOf({ evidence, settings, matched }: Frame, channel: ChannelEvidence): number {
  const shares = exposureShares(channel, matched, evidence.customers, settings.model.shrinkage);
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, matched.length);
}

interface Play {
  readonly random: Random;
  readonly decided: number;
  readonly speaks: boolean;
}

function play(frame: Frame, players: readonly Player[], options: Play): number {
  const { random } = options;
  const truth = draw(
    players.map((player) => Math.exp(player.log)),
    random,
  );
  const shareAt = players[truth]?.weights ?? null;
  const share = shareAt === null ? 0 : (frame.shares[draw([...shareAt], random)]?.share ?? 0);
  const terms = players.map(({ log, weights }) =>
    weights === null ? Float64Array.of(log) : weights.map((weight) => log + Math.log(weight)),
  );
  for (let count = 1; count <= furtherReportsMax; count++) {
    const leaked = random() < share;
    const knows = options.speaks && random() < (leaked ? knowsFromLeak : knowsAnyway);
    const places = drawPlaces(players, leaked ? (players[truth]?.parts ?? []) : [], random);
    for (const [i, player] of players.entries()) {
      const hit = player.parts.some((part) => (places.get(part.of) ?? 1) < part.chance);
      addReport(
        frame,
        { player, terms: terms[i] ?? new Float64Array() },
        { hit, knows, speaks: options.speaks },
      );
    }
    if (isDecided(players, terms, options.decided)) return count;
  }
  return Infinity;
}

/**
 * Where one reporter lies among the customers of each account and part of the base, as a place from 0 to 1: those below the chance of a
 * channel are in it. A leaked report lies within one of the channels that it leaked through.
 */
function drawPlaces(
  players: readonly Player[],
  leakedThrough: readonly Part[],
  random: Random,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const { of } of players.flatMap(({ parts }) => parts)) if (!places.has(of)) places.set(of, random());
  const leak = leakedThrough[Math.floor(random() * leakedThrough.length)];
  if (leak !== undefined) places.set(leak.of, (places.get(leak.of) ?? 0) * leak.chance);
  return places;
}

interface Told {
  readonly hit: boolean;
  readonly knows: boolean;
  readonly speaks: boolean;
}

function addReport(
  frame: Frame,
  { player, terms }: { readonly player: Player; readonly terms: Float64Array },
  { hit, knows, speaks }: Told,
): void {
  const background = speaks ? (knows ? knowsAnyway : 1 - knowsAnyway) : 1;
  const leak = hit ? player.ratio * (speaks ? (knows ? knowsFromLeak : 1 - knowsFromLeak) : 1) : 0;
  for (let i = 0; i < terms.length; i++) {
    const share = player.weights === null ? 0 : (frame.shares[i]?.share ?? 0);
    terms[i] = (terms[i] ?? 0) + Math.log((1 - share) * background + share * leak);
  }
}

function isDecided(players: readonly Player[], terms: readonly Float64Array[], decided: number): boolean {
  const logs = terms.map((each) => logSumExp(each));
  const total = logSumExp(logs);
  const sums = new Map<Hypothesis, number>();
  for (const [i, { hypothesis }] of players.entries())
    sums.set(hypothesis, (sums.get(hypothesis) ?? 0) + Math.exp((logs[i] ?? -Infinity) - total));
  return [...sums.values()].some((sum) => sum > decided);
}

function draw(weights: readonly number[], random: Random): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const at = weights.findIndex((weight) => (left -= weight) < 0);
  return at < 0 ? weights.length - 1 : at;
}
