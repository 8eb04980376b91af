import { logSumExp } from "../../src/stats/index.ts";
import { channelEvidence, type ChannelKind, type Evidence, type Settings } from "../../src/trace/index.ts";

/** What the oracle is told beside the evidence: all but which account it was. */
export interface Told {
  readonly kind: ChannelKind;
  /** Of all reports, or of those since the leak began, if the oracle weighs when it may have begun. */
  readonly leakShare: number;
  /** Whether it also weighs, as whosaw does, when the leak began, and how many customers each account had exposed. */
  readonly weighsAll: boolean;
}

/** The probability of each account, for one who knows the leak share, the hypothesis and the kind of channel. */
export function oracleProbabilities(
  evidence: Evidence,
  told: Told,
  settings: Settings,
): ReadonlyMap<string, number> {
  const share = Math.min(0.999, Math.max(0.001, told.leakShare));
  const { channels, missed } = channelEvidence(evidence, settings, {
    kind: told.kind,
    shares: [{ share, logWeight: 0 }],
    fromStart: !told.weighsAll,
    weighs: told.weighsAll,
  });
  const pointedTo = channels.reduce((sum, { weight }) => sum + weight, 0);
  const silent = Math.max(0, evidence.accounts - pointedTo);
  const total = logSumExp([...channels.map(({ log }) => log), missed + Math.log(silent)]);
  return new Map(channels.map(({ actor, log }) => [actor, Math.exp(log - total)]));
}
