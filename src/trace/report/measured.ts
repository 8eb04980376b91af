import { z } from "zod";

const row = z.object({
  threshold: z.number(),
  claims: z.number(),
  right: z.number(),
  // A share of nothing is not a number, which JSON writes as null.
  share: z
    .number()
    .nullable()
    .transform((share) => share ?? Number.NaN),
  /** The mean probability stated. */
  stated: z
    .number()
    .nullable()
    .transform((stated) => stated ?? Number.NaN),
  interval: z.object({ low: z.number(), high: z.number() }),
});

const shape = z.object({
  command: z.string(),
  date: z.string(),
  sections: z
    .array(
      z.object({
        runs: z.number(),
        accounts: z.array(row),
        verdicts: z.array(row),
        falselyNamed: z.object({ named: z.number(), runs: z.number(), high: z.number() }),
      }),
    )
    .min(1),
});

/** Of everything given at least the threshold, how much was true. */
export interface MeasuredRow {
  readonly threshold: number;
  readonly claims: number;
  readonly right: number;
  readonly share: number;
  readonly stated: number;
  readonly interval: { readonly low: number; readonly high: number };
}

/** What the calibration benchmark found, for the page. */
export interface Measured {
  readonly command: string;
  readonly date: string;
  readonly runs: number;
  readonly accounts: readonly MeasuredRow[];
  /** Of hypotheses, whichever they are. */
  readonly verdicts: readonly MeasuredRow[];
  readonly falselyNamed: { readonly named: number; readonly runs: number; readonly high: number };
}

/** Reads `bench/results/trace-calibration.json`; null if it is not what the benchmark writes. */
export function parseMeasured(text: string): Measured | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = shape.safeParse(value);
  const first = parsed.data?.sections[0];
  return parsed.success && first !== undefined
    ? { command: parsed.data.command, date: parsed.data.date, ...first }
    : null;
}
