/** How a run of found things differs from the run expected. */
export interface Difference {
  readonly kind: "differs" | "moved" | "inserted" | "missing";
  /** The place in the expected run. */
  readonly at: number;
}

/** An erased place: allowed here, to be answered for by an erasure entry. */
export const erased = "";

/**
 * Compares hashes found with hashes expected, place by place, and says in the fewest words what happened: a record
 * replaced, moved, put in or taken out. Places the verifier can't check (`null` expected) pass.
 */
export function align(expected: readonly (string | null)[], found: readonly string[]): readonly Difference[] {
  const differences: Difference[] = [];
  let next = 0;
  for (let at = 0; at < expected.length; at++) {
    const [want, have] = [expected[at], found[next]];
    if (have === undefined) {
      differences.push({ kind: "missing", at });
      continue;
    }
    if (want === null || have === want || have === erased) {
      next++;
      continue;
    }
    const elsewhere = expected.indexOf(have);
    if (found.length - next < expected.length - at && elsewhere > at) {
      differences.push({ kind: "missing", at });
      continue;
    }
    next++;
    if (found.length - next >= expected.length - at && found[next] === want) {
      differences.push({ kind: "inserted", at });
      next++;
    } else differences.push({ kind: elsewhere >= 0 ? "moved" : "differs", at });
  }
  if (next < found.length && !differences.some(({ kind }) => kind === "inserted"))
    differences.push({ kind: "inserted", at: expected.length });
  return differences;
}
