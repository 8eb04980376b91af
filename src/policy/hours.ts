import type { Hours, Role } from "./role.ts";

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Making a formatter costs a millisecond; zones are few and come from the configuration. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether the role may read at this moment (epoch milliseconds): by the wall clock of its time zone, whatever summer time does to it. */
export function isOpen(role: Pick<Role, "hours">, now: number): boolean {
  return role.hours === null || isWithin(role.hours, now);
}

/** A shift whose end is not after its beginning ends on the next day, and belongs to the day on which it begins. */
function isWithin({ days, from, until, timeZone }: Hours, now: number): boolean {
  const { day, minute } = wallClock(timeZone, now);
  if (from < until) return days.includes(day) && minute >= from && minute < until;
  return (days.includes(day) && minute >= from) || (days.includes((day + 6) % 7) && minute < until);
}

function wallClock(timeZone: string, now: number): { readonly day: number; readonly minute: number } {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    clocks.set(timeZone, clock);
  }
  const parts = new Map(clock.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    day: weekdays.indexOf(parts.get("weekday") ?? ""),
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/** Whether this is a time zone that can be reckoned with: an IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
