import type { Evidence } from "./evidence.ts";
import type { ModelSettings } from "./settings.ts";

/**
 * What reports of canaries say. A canary doesn't exist: nobody knows it by ordinary work, and no caller has it by chance. So the whole
 * likelihood is with the accounts that were shown it before the call, however much else they read; where nobody was shown it, with a
 * copy made past every account. Both are bounded by `canaryContamination`, for what is wrong in spite of all care.
 */
export interface CanaryRatios {
  /** For an account that was shown the report's customer; null where the customer is real. */
  readonly account: (report: number) => number | null;
  /** For a copy of the base, or of a part that holds the customer; null where the customer is real. */
  readonly outside: (report: number) => number | null;
}

const nobody: CanaryRatios = { account: () => null, outside: () => null };

export function canaryRatios({ reports, channels }: Evidence, model: ModelSettings): CanaryRatios {
  if (!reports.some(({ canary }) => canary === true)) return nobody;
  const shown = new Set(channels.flatMap(({ hits }) => hits.map(({ report }) => report)));
  const greatest = 1 / model.canaryContamination;
  const isCanary = (report: number): boolean => reports[report]?.canary === true;
  return {
    account: (report) => (isCanary(report) ? greatest : null),
    outside: (report) => (isCanary(report) ? (shown.has(report) ? 1 : greatest) : null),
  };
}

/** A channel's or a segment's ratios, those of canaries in their place. */
export function withCanaries(
  canary: (report: number) => number | null,
  ratios: (report: number) => number,
): (report: number) => number {
  return (report) => canary(report) ?? ratios(report);
}

/** What the answer says of each report of a canary, in the order of the calls. */
export function canarySentences({ reports, channels }: Evidence): readonly string[] {
  const sentences = reports.flatMap(({ canary, customer }, report) => {
    if (canary !== true) return [];
    const shown = channels.filter(({ hits }) => hits.some((hit) => hit.report === report));
    return [canarySentence(customer, [...new Set(shown.map(({ actor }) => actor))])];
  });
  return sentences.length === 0
    ? []
    : [...sentences, "Whoever planted a canary, or may read where it is written down, knows it too."];
}

/** Accounts that a sentence names. */
const namedMax = 5;

function canarySentence(customer: string, actors: readonly string[]): string {
  const is = `${customer} is a canary: it doesn't exist, so no caller has it by chance.`;
  const [first] = actors;
  if (first === undefined)
    return `${is} No account was shown it before the call, which speaks for a copy made past every account.`;
  if (actors.length === 1) return `${is} Before the call it was shown to ${first} alone.`;
  const named = actors.slice(0, namedMax).join(", ");
  return `${is} Before the call it was shown to ${actors.length} accounts: ${named}${actors.length > namedMax ? ", ..." : ""}; it came through one of them, and alone it doesn't tell which.`;
}
