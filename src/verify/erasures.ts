import type { Problems } from "./problem.ts";
import type { Erasure, Stretch } from "./decisions.ts";

/** Every empty place must be answered for by an erasure entry, and every erasure must have been done. Counts the erased. */
export function checkErasures(
  empty: readonly Stretch[],
  erasures: readonly Erasure[],
  problems: Problems,
): number {
  const allowed = merged(erasures);
  for (const { from, to } of without(empty, allowed))
    problems.add("entry_missing", from, `${to - from} entries are gone, and no erasure entry says so`);
  for (const { from, to } of without(allowed, empty))
    problems.add(
      "erasure_unfinished",
      from,
      `${to - from} entries are said to be erased and are still there`,
    );
  return empty.reduce((total, { from, to }) => total + to - from, 0);
}

function merged(stretches: readonly Stretch[]): readonly Stretch[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** What of `these` is not in `those`; both in order and without overlap. */
function without(these: readonly Stretch[], those: readonly Stretch[]): readonly Stretch[] {
  const rest: Stretch[] = [];
  let next = 0;
  for (const { from, to } of these) {
    let at = from;
    while (next < those.length && (those[next]?.to ?? 0) <= at) next++;
    for (let other = next; other < those.length && (those[other]?.from ?? to) < to; other++) {
      const covered = those[other] ?? { from: to, to };
      if (covered.from > at) rest.push({ from: at, to: covered.from });
      at = Math.max(at, covered.to);
    }
    if (at < to) rest.push({ from: at, to });
  }
  return rest;
}
