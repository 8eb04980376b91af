import type { Difference } from "./compare.ts";
import type { FileResult } from "./suite.ts";

/** One difference, and what it comes from. */
export interface Judged {
  readonly file: string;
  readonly sql: string;
  readonly difference: Difference;
  /** `unknown`: somebody must look. */
  readonly why: string;
}

const keyOf = (file: string, sql: string, times: number): string => JSON.stringify([file, sql, times]);

/** Statements that are there more than once are told apart by their order. */
function* differences(
  results: readonly FileResult[],
): Generator<Omit<Judged, "why"> & { readonly key: string }> {
  for (const { name: file, steps } of results) {
    const seen = new Map<string, number>();
    for (const { sql, outcome } of steps) {
      // Numbers that each server hands out for itself stand in what psql asks.
      const plain = sql.replaceAll(/'\d{5,}'/g, "'n'");
      const times = (seen.get(plain) ?? 0) + 1;
      seen.set(plain, times);
      if (outcome.kind !== "different") continue;
      yield { file, sql, difference: outcome.difference, key: keyOf(file, plain, times) };
    }
  }
}

/** What the differences of a run come from: two bare servers differ there too, or a deviation that KNOWN_LIMITATIONS.md tells of. */
export function judge(mine: readonly FileResult[], control: readonly FileResult[]): readonly Judged[] {
  const own = new Set([...differences(control)].map(({ key }) => key));
  return [...differences(mine)].map(({ key, ...found }) => {
    return { ...found, why: own.has(key) ? "the suite's own: two bare servers differ too" : "unknown" };
  });
}
