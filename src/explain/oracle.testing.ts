/**
 * The rules of explanation followed one read at a time, in plain loops: an independent second way to the answer,
 * for tests only. It shares no code and no constant with the queries it judges.
 */
export interface OracleDesk {
  readonly tickets: readonly {
    readonly id: string;
    readonly customer: string;
    readonly opened: number;
    readonly closed: number | null;
    readonly assignee: string;
  }[];
  readonly events: readonly {
    readonly ticket: string;
    readonly actor: string;
    readonly time: number;
    readonly event: string;
  }[];
  readonly sightings: readonly OracleSighting[];
}

interface OracleSighting {
  readonly actor: string;
  readonly customer: string;
  readonly time: number;
  readonly action: string;
  readonly ticket: string;
}

const hour = 3_600_000;
const day = 24 * hour;
const never = Date.UTC(2200, 0, 1);
const strength = ["assigned", "transferred", "worked", "review", "named"];

/** The class of one sighting and the kind of its strongest reason ('' without one). */
export function classOf(desk: OracleDesk, seen: OracleSighting): { said: string; kind: string } {
  const kind = strongest(desk, seen);
  if (kind !== "") return { said: "explained", kind };
  const ledToWork =
    seen.action === "search" &&
    desk.sightings.some(
      (other) =>
        other.actor === seen.actor &&
        other.action !== "search" &&
        other.time >= seen.time &&
        other.time <= seen.time + 10 * 60_000 &&
        strongest(desk, other) !== "",
    );
  return { said: ledToWork ? "bystander" : "unexplained", kind: "" };
}

function strongest(desk: OracleDesk, seen: OracleSighting): string {
  const reasons = desk.tickets
    .filter(({ customer }) => customer === seen.customer)
    .flatMap((ticket) => reasonsOf(desk, ticket, seen));
  return strength.find((kind) => reasons.includes(kind)) ?? "";
}

function reasonsOf(desk: OracleDesk, ticket: OracleDesk["tickets"][number], seen: OracleSighting): string[] {
  const begins = ticket.opened - hour;
  const ends = ticket.closed === null ? never : ticket.closed + 7 * day;
  const within = (from: number, to: number): boolean => seen.time >= from && seen.time <= to;
  const reasons: string[] = [];
  if (ticket.assignee.split(";").includes(seen.actor) && within(begins, ends)) reasons.push("assigned");
  const events = desk.events.filter((event) => event.ticket === ticket.id);
  for (const event of events.filter(({ actor }) => actor === seen.actor)) {
    if (event.event === "reviewed") {
      if (within(Math.max(begins, event.time - 7 * day), event.time + 7 * day)) reasons.push("review");
      continue;
    }
    const from = Math.max(begins, event.time - hour);
    if (event.event === "assigned" || event.event === "transferred") {
      if (within(from, Math.max(ends, event.time + hour))) reasons.push(event.event);
    } else if (within(from, Math.min(event.time + 30 * day, Math.max(ends, event.time + 7 * day))))
      reasons.push("worked");
  }
  if (ticket.assignee === "" && events.length === 0 && seen.ticket === ticket.id && within(begins, ends))
    reasons.push("named");
  return reasons;
}
