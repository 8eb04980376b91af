import { type Random, seededRandom } from "../../base/index.ts";
import { logSumExp, quantile } from "../../stats/index.ts";
import { exposureShares } from "./ratio.ts";
import { type Frame, type Hypothesis, type Story, wholeBase } from "./posterior.ts";
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
  /** The chance that a background call hits its channel, and the ratio of such a hit. */
  readonly chance: number;
  readonly ratio: number;
}

/** Callers from a leak, and other callers, who know an exclusive fact: the middle of the model's ranges. */
const knowsFromLeak = 0.5;
const knowsAnyway = 0.01;

/**
 * About how many more reports would decide it: futures are drawn from the current posterior (a story, then its leak share, then
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
  const { evidence, settings, matched } = frame;
  const top = [...stories].sort((a, b) => b.log - a.log).slice(0, storiesMax);
  return top.map((story) => {
    const { hypothesis, log } = story;
    if (hypothesis === "no_leak") return { hypothesis, log, weights: null, chance: 0, ratio: 0 };
    const weights = shareWeights(frame, story);
    if (story.segment === wholeBase) return { hypothesis, log, weights, chance: 1, ratio: 1 };
    const shares = evidence.channels
      .filter((channel) => channel.kind === story.kind && story.actors.includes(channel.actor))
      .map((channel) => exposureShares(channel, matched, evidence.customers, settings.model.shrinkage));
    const segment = evidence.segments.find(({ name }) => name === story.segment);
    const chance =
      segment === undefined
        ? shares.flatMap((each) => [...each]).reduce((sum, p) => sum + p, 0) / Math.max(1, matched.length)
        : segment.size / Math.max(1, evidence.customers);
    const bounded = Math.min(1, Math.max(settings.model.contamination, chance));
    return { hypothesis, log, weights, chance: bounded, ratio: 1 / bounded };
  });
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
    for (const [i, player] of players.entries()) {
      const hit = leaked && i === truth ? true : random() < player.chance;
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
