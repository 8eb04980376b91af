import { type Random, seededRandom } from "../../src/base/index.ts";
import {
  everyone,
  noTheft,
  plainScenario,
  type Scenario,
  type Segment,
  type Theft,
} from "../../src/simulate/index.ts";
import type { Priors } from "../../src/trace/index.ts";

/** The base is a three-hundredth of the founding case's, so a day's theft is a tenth of the published 33, 136 and 2,000. */
export const volumes = [3, 14, 200] as const;
export const reportingShares = [0.0005, 0.005, 0.02, 0.1] as const;
export const backgrounds = ["none", "weekly", "spike"] as const;
/** More reports than this are no harder, only slower. */
const reportsMax = 120;
const days = 120;

/** One incident of the grid: a scenario, and which cell of the grid it came from. */
export interface Incident {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly truth: "insider" | "stolen_account" | "outside_breach" | "no_leak";
  readonly style: string;
  readonly volume: number;
  readonly thieves: number;
  readonly share: number;
  readonly background: string;
}

export interface GridOptions {
  readonly priors: Priors;
  /** Log-scale strength of an unmeasured cause of both contact and calls. */
  readonly unmeasured?: number;
  readonly truth?: Incident["truth"];
}

/** The incident of a seed, drawn with the hypotheses at the rates of the prior and everything else evenly. */
export function drawIncident(seed: number, options: GridOptions): Incident {
  const random = seededRandom(seed * 7919 + 13);
  const { insider, stolen_account: stolen, outside_breach: outside } = options.priors.hypotheses;
  const u = random();
  const drawn =
    u < insider
      ? "insider"
      : u < insider + stolen
        ? "stolen_account"
        : u < insider + stolen + outside
          ? "outside_breach"
          : "no_leak";
  const truth = options.truth ?? drawn;
  const volume = pick(volumes, random);
  const share = pick(reportingShares, random);
  const background = pick(backgrounds, random);
  const theft = theftOf(truth, volume, random, options.priors);
  return {
    seed,
    truth,
    style: theft.kind === "none" || theft.kind === "outside_breach" ? theft.kind : theft.style,
    volume,
    thieves: theft.thieves,
    share,
    background,
    scenario: {
      ...plainScenario,
      name: `grid-${seed}`,
      days,
      theft,
      reporting: reportingOf(theft, share, random),
      background: {
        kind: background,
        perWeek: 0.5 + random() * 2.5,
        spike: {
          day: 30 + Math.floor(random() * 70),
          days: 10,
          factor: 6,
          language: random() < 0.5 ? "en" : null,
        },
      },
      robustness: { ...plainScenario.robustness, unmeasured: options.unmeasured ?? 0 },
    },
  };
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T;
}

function theftOf(truth: Incident["truth"], volume: number, random: Random, priors: Priors): Theft {
  if (truth === "no_leak") return noTheft;
  const fromDay = 10 + Math.floor(random() * 40);
  // A thief of thousands a day is done within days.
  const length = volume === volumes[2] ? 3 + Math.floor(random() * 8) : 30 + Math.floor(random() * 40);
  const common = {
    ...noTheft,
    segment: segmentOf(random),
    bySearch: random() < 0.5 ? 0 : random() * 0.5,
    fromDay,
    toDay: Math.min(days - 15, fromDay + length),
    total: null,
  };
  if (truth === "outside_breach") {
    const segment: Segment = {
      ...common.segment,
      olderThanDays: random() < 0.2 ? 200 + Math.floor(random() * 1000) : null,
      hasTicket: random() < 0.2,
    };
    return {
      ...common,
      kind: "outside_breach",
      segment: random() < priors.wholeBaseShare ? everyone : segment,
    };
  }
  const thieves = drawThieves(random(), priors);
  const insideStyle =
    random() < priors.unexplainedShare
      ? random() < 0.5
        ? "own-queue"
        : "without-tickets"
      : "inside-tickets";
  return {
    ...common,
    kind: truth,
    style: truth === "stolen_account" ? "borrowed-session" : insideStyle,
    thieves,
    perDay: Math.max(1, Math.round(volume / thieves)),
  };
}

/** One, two or five: five stands for the prior's three to five. */
function drawThieves(u: number, priors: Priors): number {
  const [one = 1, two = 0] = priors.accountsTogether;
  return u < one ? 1 : u < one + two ? 2 : 5;
}

function segmentOf(random: Random): Segment {
  return random() < 0.5 ? { ...everyone, language: "en", kind: "consumer" } : everyone;
}

function reportingOf(theft: Theft, share: number, random: Random): Scenario["reporting"] {
  const stolen =
    theft.kind === "outside_breach"
      ? plainScenario.customers * 0.7
      : (theft.perDay ?? 0) * theft.thieves * (theft.toDay - theft.fromDay) * 0.6;
  const expected = stolen * share;
  return {
    share,
    count: expected > reportsMax ? reportsMax : null,
    delayDays: 4 + random() * 12,
    fromDay: theft.fromDay + Math.floor(random() * 10),
  };
}
