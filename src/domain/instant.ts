import type { Brand } from "../base/index.ts";

/** A moment, in whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, "Instant">;

/** The years the store's DateTime64(3) holds with room on both sides: 1970 to 2200. */
const instantMax = Date.UTC(2200, 0, 1);

const shape =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|UTC|[+-]\d{2}:?\d{2})?$/;

/**
 * RFC 3339, `YYYY-MM-DD HH:MM:SS[.sss]` (UTC), a bare date (midnight UTC) or epoch milliseconds.
 * A day that the month doesn't have is refused rather than carried over; fractions beyond milliseconds are cut.
 */
export function parseInstant(text: string): Instant | null {
  if (/^\d{12,13}$/.test(text)) return bounded(Number(text));
  const parts = shape.exec(text.trim());
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  const millis = Number((parts[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const offset = offsetMinutes(parts[8] ?? "Z");
  return offset === null
    ? null
    : bounded(Date.UTC(year, month - 1, day, hour, minute, second, millis) - offset * 60_000);
}

function offsetMinutes(zone: string): number | null {
  if (/^(z|utc)$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function bounded(millis: number): Instant | null {
  return millis >= 0 && millis < instantMax ? (millis as Instant) : null;
}

/** RFC 3339 in UTC, milliseconds only where there are any. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}
