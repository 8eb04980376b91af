/** Everything that can be wrong with a log or a bundle, by code. The list is closed: callers may switch on it. */
export const problemCodes = [
  "checkpoint_missing",
  "checkpoint_malformed",
  "checkpoint_signature_wrong",
  "key_missing",
  "key_differs",
  "origin_differs",
  "root_differs",
  "history_differs",
  "held_checkpoint_wrong",
  "rolled_back",
  "forked",
  "cosignature_wrong",
  "cosignature_missing",
  "log_truncated",
  "tile_missing",
  "tile_malformed",
  "tile_differs",
  "bundle_missing",
  "bundle_malformed",
  "leaf_differs",
  "leaf_moved",
  "leaf_inserted",
  "leaf_missing",
  "leaf_malformed",
  "entry_differs",
  "entry_moved",
  "entry_inserted",
  "entry_missing",
  "entry_malformed",
  "time_backwards",
  "statement_wrong",
  "approval_wrong",
  "erasure_wrong",
  "erasure_unfinished",
  "proof_malformed",
  "proof_wrong",
  "sums_malformed",
  "sums_differ",
  "file_missing",
  "file_differs",
  "file_unlisted",
] as const;

export type ProblemCode = (typeof problemCodes)[number];

export interface Problem {
  readonly code: ProblemCode;
  /** The first entry it concerns; null where it concerns the log as a whole. */
  readonly index: number | null;
  readonly detail: string;
}

/** Problems kept; beyond them they are counted. A log that lost its tiles would else fill the memory with them. */
export const problemsMax = 1000;

export class Problems {
  readonly #found: Problem[] = [];
  #beyond = 0;

  add(code: ProblemCode, index: number | null, detail: string): void {
    if (this.#found.length < problemsMax) this.#found.push({ code, index, detail });
    else this.#beyond++;
  }

  get none(): boolean {
    return this.#found.length === 0;
  }

  get beyond(): number {
    return this.#beyond;
  }

  /** Those of the whole log first, then in the order of the entries: the first with an index is the first wrong entry. */
  sorted(): readonly Problem[] {
    const rank = (problem: Problem): number => problemCodes.indexOf(problem.code);
    return this.#found.toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1) || rank(a) - rank(b));
  }
}
