import { bounded } from "./bounded.ts";
import type { Story } from "./posterior.ts";

/** How probable it is that the leak came through an account, and with whom. */
export interface AccountPosterior {
  readonly actor: string;
  readonly probability: number;
  readonly together: readonly string[];
}

/** Accounts named together in more than this share of what is said of one of them are "together". */
const togetherShare = 0.5;

export function accountPosteriors(stories: readonly Story[]): readonly AccountPosterior[] {
  const sums = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  for (const { actors, log } of stories)
    for (const actor of actors) {
      sums.set(actor, (sums.get(actor) ?? 0) + Math.exp(log));
      if (actors.length < 2) continue;
      const others = pairs.get(actor) ?? new Map<string, number>();
      pairs.set(actor, others);
      for (const other of actors)
        if (other !== actor) others.set(other, (others.get(other) ?? 0) + Math.exp(log));
    }
  return [...sums]
    .map(([actor, probability]) => ({
      actor,
      probability: bounded(probability),
      together: [...(pairs.get(actor) ?? [])]
        .filter(([, both]) => both > togetherShare * probability)
        .map(([other]) => other)
        .sort(),
    }))
    .sort((a, b) => b.probability - a.probability || (a.actor < b.actor ? -1 : 1));
}
