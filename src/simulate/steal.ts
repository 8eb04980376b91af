import { below, between, oneOf } from "./chance.ts";
import { actionNumber } from "./columns.ts";
import { type Export, exportFields } from "./exports.ts";
import { type Floor, inShift, minute, note, pageFields, today } from "./floor.ts";
import { knownBy } from "./population.ts";
import { bit, maskOf } from "./text.ts";
import { type Plot, styleOf, take } from "./theft.ts";
import { openAt, type Tickets } from "./work.ts";

/** Hits on one page of search results. */
const pageHits = 20;
/** Tries to find another customer worth stealing before the thief gives up for the day. */
const triesMax = 300;
/** RFC 5737: networks that belong to nobody stand for wherever a stranger sits. */
const strangeNetworks = [0xcb00_7100, 0xc633_6400];

/** What the thieves, or the burglars from outside, do today. The exports returned are merged into the day's rows. */
export function stealToday(floor: Floor, tickets: Tickets, plot: Plot): readonly Export[] {
  const { theft } = floor.scenario;
  if (theft.kind === "none" || floor.day < theft.fromDay || floor.day >= theft.toDay) return [];
  if (theft.kind === "outside_breach") {
    if (floor.day === theft.fromDay) breakIn(floor, plot);
    return [];
  }
  if (styleOf(theft) === "report-download") return floor.day === theft.fromDay ? [download(floor, plot)] : [];
  for (const account of plot.accounts) {
    const seat = seatOf(floor, plot, account);
    if (seat === null) continue;
    if (styleOf(theft) === "inside-tickets")
      stealFromWork(floor, tickets, { plot, seat, left: quota(floor, plot) });
    else stealBeside(floor, { plot, seat, left: quota(floor, plot) });
  }
  return [];
}

/** Where the account sits while stealing: a moment, and the session and address of that moment. */
interface Seat {
  readonly account: number;
  readonly when: () => number;
  readonly session: (at: number) => number;
  readonly ip: number;
}

interface Raid {
  readonly plot: Plot;
  readonly seat: Seat;
  readonly left: number;
}

function seatOf(floor: Floor, plot: Plot, account: number): Seat | null {
  const { theft } = floor.scenario;
  const { shifts } = floor;
  if (styleOf(theft) === "borrowed-session") return borrowedSeat(floor, plot, account);
  if (shifts.to[account] === 0) return null;
  return {
    account,
    when: () => today(floor, inShift(floor, account, plot.random)),
    session: (at) =>
      at < shifts.breakAt[account]! ? shifts.session[account]! : shifts.laterSession[account]!,
    ip: shifts.ip[account]!,
  };
}

/** Half of the days, mostly at night, now and then while the owner works; never from where the owner sits. */
function borrowedSeat(floor: Floor, plot: Plot, account: number): Seat | null {
  const { theft } = floor.scenario;
  const { random } = plot;
  if (theft.toDay - theft.fromDay > 3 && random() < 0.5) return null;
  const hour =
    random() < 0.3
      ? between(random, 8, 16)
      : random() < 0.6
        ? between(random, 0, 3)
        : between(random, 19, 21);
  const begin = floor.dayStart + hour * 3_600_000;
  const length = between(random, 0.7, 3) * 3_600_000;
  const session = floor.shifts.sessions++;
  return {
    account,
    when: () => today(floor, begin + random() * length),
    session: () => session,
    ip: (oneOf(random, strangeNetworks) ?? 0) + 1 + below(random, 250),
  };
}

/** How many customers today: around the even share of what is still wanted, or around `perDay`. */
function quota(floor: Floor, plot: Plot): number {
  const { theft } = floor.scenario;
  const left = theft.total === null ? Number.POSITIVE_INFINITY : theft.total - plot.stolen.count;
  const swing = between(plot.random, 0.6, 1.4);
  if (theft.perDay !== null) return Math.min(left, Math.floor(theft.perDay * swing + plot.random()));
  const days = theft.toDay - floor.day;
  if (days <= 1) return left;
  const share = styleOf(theft) === "borrowed-session" ? 0.5 : (5 / 7) * 0.92;
  return Math.min(
    left,
    Math.floor((left / Math.max(1, days * share * plot.accounts.length)) * swing + plot.random()),
  );
}

function stealBeside(floor: Floor, raid: Raid): void {
  const { plot, seat } = raid;
  const { bySearch } = floor.scenario.theft;
  let left = raid.left;
  while (left > 0) {
    const customer = nextVictim(floor, plot, seat.account);
    if (customer < 0) return;
    // A page takes up to twenty at once, so the share of looks that are pages is far below the share of customers.
    const page = plot.random() < bySearch / (bySearch + (1 - bySearch) * (pageHits / 2));
    left -= page ? takePage(floor, { ...raid, left }, customer) : takeOne(floor, seat, { plot, customer });
  }
}

/** Somebody of the segment not stolen yet: of the own queue, mostly with a past ticket, or of anywhere. */
function nextVictim(floor: Floor, plot: Plot, account: number): number {
  const { population, scenario } = floor;
  const { random } = plot;
  const own =
    styleOf(scenario.theft) === "own-queue" ? oneOf(random, floor.actors[account]!.queues) : undefined;
  const queue = own === undefined ? { from: 0, to: population.count } : population.queues[own]!;
  if (queue.to === queue.from) return -1;
  const withTicket = own !== undefined && random() < 0.6;
  for (let tries = 0; tries < triesMax; tries++) {
    const customer = population.order[queue.from + below(random, queue.to - queue.from)]!;
    if (population.created[customer]! > floor.day || plot.taken[customer] === 1 || !plot.wanted(customer))
      continue;
    if (withTicket && tries < 40 && population.contacts[customer] === 0) continue;
    return customer;
  }
  return -1;
}

function takeOne(floor: Floor, seat: Seat, what: { readonly plot: Plot; readonly customer: number }): number {
  const time = seat.when();
  const { customer } = what;
  const fields = pageFields(floor.population, customer, -1);
  addRow(floor, seat, { time, customer, fields, action: actionNumber.read, ticket: -1 });
  return take(what.plot, { customer, time, actor: seat.account, fields }) ? 1 : 0;
}

function takePage(floor: Floor, { plot, seat, left }: Raid, around: number): number {
  const { population } = floor;
  const { from, to } = population.queues[population.queue[around]!]!;
  const time = seat.when();
  const fields = bit.name | bit.email;
  const first = Math.max(from, population.place[around]! - below(plot.random, pageHits));
  let taken = 0;
  for (let place = first; place < Math.min(to, first + pageHits); place++) {
    const customer = population.order[place]!;
    if (population.created[customer]! > floor.day) continue;
    addRow(floor, seat, { time, customer, fields, action: actionNumber.search, ticket: -1 });
    if (taken < left && take(plot, { customer, time, actor: seat.account, fields })) taken++;
  }
  return taken;
}

interface SeatRow {
  readonly time: number;
  readonly customer: number;
  readonly fields: number;
  readonly action: number;
  readonly ticket: number;
}

function addRow(floor: Floor, seat: Seat, row: SeatRow): void {
  floor.rows.add({ ...row, actor: seat.account, session: seat.session(row.time), ip: seat.ip });
}

/** First what the own tickets showed today; then other open tickets of the queue, taken over for three minutes each. */
function stealFromWork(floor: Floor, tickets: Tickets, { plot, seat, left }: Raid): void {
  const { rows } = floor;
  let taken = 0;
  const before = rows.count;
  for (let at = 0; at < before && taken < left; at++) {
    if (rows.actor[at] !== seat.account || rows.action[at] !== actionNumber.read || rows.ticket[at]! < 0)
      continue;
    const row = {
      customer: rows.customer[at]!,
      time: rows.time[at]!,
      actor: seat.account,
      fields: rows.fields[at]!,
    };
    if (take(plot, row)) taken++;
  }
  for (const queue of floor.actors[seat.account]!.queues) {
    for (const ticket of openAt(tickets, queue, floor.shifts.to[seat.account]!)) {
      if (taken >= left) return;
      const time = today(floor, Math.max(seat.when(), ticket.opened + 2 * minute));
      const { customer } = ticket;
      if (plot.taken[customer] === 1 || !plot.wanted(customer) || ticket.assignees.includes(seat.account))
        continue;
      const look = { actor: seat.account, customer, at: time, ticket: ticket.id };
      const fields = pageFields(floor.population, customer, ticket.id);
      note(floor, { ...look, at: time - 20_000 }, "assigned");
      addRow(floor, seat, { time, customer, fields, action: actionNumber.read, ticket: ticket.id });
      note(floor, { ...look, at: time + 3 * minute }, "transferred");
      if (take(plot, { customer, time, actor: seat.account, fields })) taken++;
    }
  }
}

/** From outside, past every account: the segment as it stands that night. No row tells of it. */
function breakIn(floor: Floor, plot: Plot): void {
  const { population, scenario } = floor;
  const known = knownBy(population, floor.day);
  let eligible = 0;
  for (let customer = 0; customer < known; customer++) if (plot.wanted(customer)) eligible++;
  let open = Math.min(eligible, scenario.theft.total ?? eligible);
  const time = floor.dayStart + 2 * 3_600_000;
  for (let customer = 0; customer < known && open > 0; customer++) {
    if (!plot.wanted(customer)) continue;
    // Selection sampling (Knuth, Algorithm S): each eligible customer alike, exactly so many in all.
    if (plot.random() * eligible-- >= open) continue;
    open--;
    take(plot, { customer, time, actor: -1, fields: pageFields(population, customer, -1) | bit.address });
  }
}

/** A report that nobody switched off, run from home, after the last day at work. */
function download(floor: Floor, plot: Plot): Export {
  const { population, scenario, actors } = floor;
  const account = plot.accounts[0] ?? 0;
  const file: Export = {
    actor: account,
    customers: Math.min(knownBy(population, floor.day), scenario.theft.total ?? population.count),
    from: floor.dayStart + 20 * 3_600_000,
    length: 0,
    fields: maskOf(["name", "email", "phone", "product"]),
    session: floor.shifts.sessions++,
    ip: actors[account]!.homeIp,
  };
  for (let customer = 0; customer < file.customers; customer++)
    take(plot, {
      customer,
      time: file.from,
      actor: account,
      fields: exportFields(file, customer, population.phone),
    });
  return file;
}
