/**
 * How much contact a customer had with support before the call, in coarse steps: what drives both being read by agents and (as
 * a sign of an active, reachable customer) being called and telling of it. 0 is no contact; else 1 + 5 * count step + recency
 * step. Contact is taken at the time of the call, not at the incident's start: a customer who wrote last week has been
 * read last week. The ticket that the report itself opens comes after the call, so it does not count.
 */
export const contactSteps = [1, 2, 4, 8] as const;
export const recencyDays = [7, 30, 90, 365] as const;

const dayMillis = 86_400_000;

export function stratumOf(tickets: number, sinceLastMillis: number): number {
  if (tickets === 0) return 0;
  const count = stepsPassed(contactSteps, tickets);
  const recency = stepsPassed(recencyDays, sinceLastMillis / dayMillis);
  return 1 + 5 * count + recency;
}

/** How many of the ascending steps the value is above. */
function stepsPassed(steps: readonly number[], value: number): number {
  return steps.reduce((passed, step) => passed + (value > step ? 1 : 0), 0);
}
