import type { Knowledge, UsedReport } from "./evidence.ts";
import type { Settings } from "./settings.ts";

/**
 * What callers knew, as evidence. A caller from a leak knows a fact only this database holds with an unknown chance, any
 * other caller with a small one; of the rest, leaked lists tell several ordinary facts more often than bought ones. The
 * chances are integrated over these nodes, the same for every hypothesis. Where nothing exclusive was held or shown, not knowing
 * it says nothing. Reports that do not say what was known weigh nothing.
 */
export interface KnowledgeNode {
  readonly background: Readonly<Record<Knowledge, number>>;
  /** Through a channel that had shown an exclusive fact. */
  readonly leak: Readonly<Record<Knowledge, number>>;
  /** Through a channel that had not. */
  readonly leakUnshown: Readonly<Record<Knowledge, number>>;
  /** Times the chance that a leaked report misses the channel all the same. */
  readonly leakMissed: Readonly<Record<Knowledge, number>>;
}

/**
 * The share of a leak's reports that its channel does not show: a read that was never recorded, or that passes for explained. Without
 * it, one caller who knew a ticket number and whose reads look explained would all but rule the true channel out.
 */
export const missedShare = 0.08;

const exclusiveFromLeak = [0.15, 0.5, 0.85] as const;
/** Guesses, earlier leaks elsewhere, and customers who misremember. */
const exclusiveAnyway = 0.01;
/**
 * How often callers know several ordinary facts: from a leak, and otherwise. Otherwise it may be as often as from a leak: lists with names
 * and addresses are for sale, and what "several ordinary facts" says of a caller differs from country to country. So ordinary facts
 * alone can't decide: over all nodes they speak for a leak by a factor of two at most, however many reports say so (without the last
 * node thirty reports of "name;address" made a breach of 0.998).
 */
const muchFromLeakAndAnyway = [
  [0.5, 0.15],
  [0.5, 0.5],
  [0.85, 0.5],
  [0.85, 0.85],
] as const;

export function knowledgeNodes(reports: readonly UsedReport[]): readonly KnowledgeNode[] {
  const silent = reports.every((report) => report.knowledge === "unsaid");
  if (silent) return [node([0.5, 0.5], [0.5, 0.5])];
  return exclusiveFromLeak.flatMap((fromLeak) =>
    muchFromLeakAndAnyway.map(([much, muchElse]) => node([fromLeak, much], [exclusiveAnyway, muchElse])),
  );
}

function node(leak: readonly [number, number], background: readonly [number, number]): KnowledgeNode {
  const shown = chances(...leak);
  return {
    background: chances(...background),
    leak: shown,
    leakUnshown: chances(0, leak[1]),
    leakMissed: {
      exclusive: missedShare * shown.exclusive,
      much: missedShare * shown.much,
      little: missedShare * shown.little,
      unsaid: missedShare * shown.unsaid,
    },
  };
}

function chances(exclusive: number, much: number): Readonly<Record<Knowledge, number>> {
  return { exclusive, much: (1 - exclusive) * much, little: (1 - exclusive) * (1 - much), unsaid: 1 };
}

/** Ordinary facts from which on a caller knew "much". */
export const muchFacts = 2;

/** What a report says of its caller. Whoever phones knows the number, so `settings.everyCallerKnows` does not count as known. */
export function knowledgeOf(
  knew: readonly string[],
  settings: Pick<Settings, "onlyHere" | "everyCallerKnows">,
): Knowledge {
  const told = knew.filter((field) => !settings.everyCallerKnows.includes(field));
  if (told.length === 0) return "unsaid";
  if (told.some((field) => settings.onlyHere.includes(field))) return "exclusive";
  return told.length >= muchFacts ? "much" : "little";
}
