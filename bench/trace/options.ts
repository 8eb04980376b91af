/** `--short`, `--runs N` and `--seed N`, the same for every tracing benchmark. */
export interface BenchOptions {
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
  return { short, runs: number("--runs", short ? runs.short : runs.full), seed: number("--seed", 10_000) };
}

export function line(cells: readonly (string | number)[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i] ?? 0) : String(cell).padStart(widths[i] ?? 0)))
    .join(" ");
}
