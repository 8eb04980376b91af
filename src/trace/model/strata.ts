import type { ContactFrom } from "./contact.ts";

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

/** For people: `en, consumer, phone yes; 2 tickets, the last within 30 days`. */
export function stratumName(standing: string, contact: number, from: ContactFrom = "tickets"): string {
  const [language = "", kind = "", phone = ""] = standing.split("|");
  const who = [language, kind, phone === "" ? "" : `phone ${phone}`].filter((part) => part !== "").join(", ");
  return `${who === "" ? "anyone" : who}; ${contactName(contact, from === "tickets" ? "ticket" : "day of being read")}`;
}

function contactName(contact: number, what: "ticket" | "day of being read"): string {
  const many = what === "ticket" ? "tickets" : "days of being read";
  if (contact === 0) return `no ${what} before`;
  const count = Math.floor((contact - 1) / 5);
  const recency = (contact - 1) % 5;
  const least = (contactSteps[count - 1] ?? 0) + 1;
  const most = contactSteps[count];
  const tickets =
    most === undefined
      ? `${least} ${many} or more`
      : least === most
        ? `${most} ${most === 1 ? what : many}`
        : `${least} to ${most} ${many}`;
  const days = recencyDays[recency];
  return `${tickets}, the last ${days === undefined ? "over a year" : `within ${days} days`} before`;
}
