/** `--short`, `--runs N`, `--seed N` and `--cases DIR`, the same for every tracing benchmark. */
export interface BenchOptions {
  /** Where counted incidents are kept, and taken from the next time: they depend on the seed, not on the model. */
  readonly cases: string | null;
  readonly short: boolean;
  readonly runs: number;
  readonly seed: number;
}

export function benchOptions(
  argv: readonly string[],
  runs: { readonly full: number; readonly short: number },
): BenchOptions {
  const short = argv.includes("--short");
  const number = (flag: string, otherwise: number): number => {
    const at = argv.indexOf(flag);
    return at < 0 ? otherwise : Number(argv[at + 1]);
  };
  const at = argv.indexOf("--cases");
  const cases = at < 0 ? null : (argv[at + 1] ?? null);
  return {
    cases,
    short,
    runs: number("--runs", short ? runs.short : runs.full),
    seed: number("--seed", 10_000),
  };
}

export function line(cells: readonly (string | number)[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i] ?? 0) : String(cell).padStart(widths[i] ?? 0)))
    .join(" ");
}
