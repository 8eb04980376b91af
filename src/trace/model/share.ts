import { logSumExp } from "../../stats/index.ts";
import { shareTerms } from "./likelihood.ts";
import type { ShareNode } from "./nodes.ts";
import type { Calls } from "./onset.ts";
import type { Frame, Story } from "./posterior.ts";
import { storyHits } from "./posterior.ts";

/** The share of the reports that come from the leak, if there is one: mean and the middle 90%. */
export interface LeakShare {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Leak stories beyond these few don't move the figure. */
const storiesMax = 8;
const tail = 0.05;

export function leakShare(frame: Frame, stories: readonly Story[]): LeakShare | null {
  const leaks = stories.filter((story) => story.hypothesis !== "no_leak").sort((a, b) => b.log - a.log);
  const top = leaks.slice(0, storiesMax);
  if (top.length === 0 || frame.evidence.reports.length === 0) return null;
  const all = logSumExp(top.map((story) => story.log));
  // The share of all reports, whenever the leak began.
  const density = new Float64Array(frame.shares.length);
  for (const story of top)
    for (const [i, weight] of shareWeights(frame, story, frame.fromStart).entries())
      density[i] = (density[i] ?? 0) + weight * Math.exp(story.log - all);
  return summary(frame.shares, density);
}

/** The posterior weight of each share node, given one story: of the reports since the leak began, or of all where `calls` says so. */
export function shareWeights(frame: Frame, story: Story, calls: Calls): Float64Array {
  const hits = storyHits(frame, story);
  const logs = frame.nodes.map((node) => shareTerms(hits, calls, node, frame.shares));
  const total = logSumExp(logs.flatMap((terms) => [...terms]));
  return Float64Array.from(frame.shares, (_, i) =>
    logs.reduce((sum, terms) => sum + Math.exp((terms[i] ?? -Infinity) - total), 0),
  );
}

function summary(shares: readonly ShareNode[], density: Float64Array): LeakShare {
  let below = 0;
  let mean = 0;
  let low: number | null = null;
  let high: number | null = null;
  for (const [i, { share }] of shares.entries()) {
    mean += share * (density[i] ?? 0);
    below += density[i] ?? 0;
    if (low === null && below >= tail) low = share;
    if (high === null && below >= 1 - tail) high = share;
  }
  return { mean, low: low ?? 0, high: high ?? 1 };
}
