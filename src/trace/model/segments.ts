/** Where a breach of "customers created before T" is looked for: the months by which these shares of the base had joined. */
const joinedShares = [0.25, 0.5, 0.75, 0.9] as const;

/** The first moment of the month (UTC) that holds the time; both in epoch milliseconds. */
export function monthOf(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The moments T, from how many customers joined in each month. */
export function createdSteps(
  months: readonly { readonly month: number; readonly customers: number }[],
): readonly number[] {
  const sorted = [...months].sort((a, b) => a.month - b.month);
  const total = sorted.reduce((sum, { customers }) => sum + customers, 0);
  const steps = joinedShares.map((share) => {
    let joined = 0;
    return sorted.find(({ customers }) => (joined += customers) > share * total)?.month ?? 0;
  });
  return [...new Set(steps)].filter((step) => step > 0);
}

export function createdName(limit: number): string {
  return `created before ${new Date(limit).toISOString().slice(0, 10)}`;
}
