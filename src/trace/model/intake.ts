import type { Intake, Knowledge } from "./evidence.ts";
import { knowledgeOf } from "./knowledge.ts";
import type { Settings } from "./settings.ts";

/** A report as given; `customer` is null if no such customer is known. */
export interface GivenReport {
  readonly customer: string | null;
  readonly time: number;
  readonly knew: readonly string[];
}

export interface KnownReport {
  readonly customer: string;
  readonly time: number;
  readonly knew: readonly string[];
  readonly knowledge: Knowledge;
}

/**
 * The reports that count, by time of the call. A customer counts once, ever: who was called again was called from the same list, and the
 * same reads would else be heard as fresh evidence with every call. The first call stands, and what any of the callers knew is
 * kept with it. Unknown customers are counted, never guessed at.
 */
export function usableReports(
  given: readonly GivenReport[],
  settings: Settings,
): { readonly used: readonly KnownReport[]; readonly counts: Intake } {
  const used: { customer: string; time: number; knew: readonly string[] }[] = [];
  const first = new Map<string, { customer: string; time: number; knew: readonly string[] }>();
  let duplicates = 0;
  let unknownCustomer = 0;
  for (const { customer, time, knew } of [...given].sort(byTime)) {
    if (customer === null) {
      unknownCustomer++;
      continue;
    }
    const earlier = first.get(customer);
    if (earlier !== undefined) {
      duplicates++;
      earlier.knew = [...new Set([...earlier.knew, ...knew])].sort();
      continue;
    }
    const report = { customer, time, knew };
    first.set(customer, report);
    used.push(report);
  }
  return {
    used: used.map((report) => ({ ...report, knowledge: knowledgeOf(report.knew, settings) })),
    counts: { given: given.length, used: used.length, unknownCustomer, duplicates },
  };
}

function byTime(a: GivenReport, b: GivenReport): number {
  return a.time - b.time || ((a.customer ?? "") < (b.customer ?? "") ? -1 : 1);
}
