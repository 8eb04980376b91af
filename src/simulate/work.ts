import { between, below, oneOf } from "./chance.ts";
import { actionNumber, type TicketRow } from "./columns.ts";
import {
  aQueueOf,
  type Floor,
  inShift,
  isDown,
  type Look,
  minute,
  note,
  pageFields,
  read,
  search,
  show,
  today,
} from "./floor.ts";
import { whoCalls } from "./population.ts";
import { newTickets, whoTakes } from "./staff.ts";
import { bit } from "./text.ts";

/** How often an honest agent does what: shares of pieces of work. */
const habit = {
  searchFirst: 0.45,
  secondLook: 0.4,
  update: 0.06,
  leavesNote: 0.85,
  closes: 0.5,
  transfers: 0.08,
  looksAgain: 0.12,
  looksMuchLater: 0.03,
  customerComesBack: 0.22,
} as const;

/** A ticket is closed at the latest after this many pieces of work. */
const touchesMax = 7;

export interface OpenTicket {
  /** -1: the ticket system was down and nothing of it was ever written. */
  readonly id: number;
  readonly customer: number;
  readonly queue: number;
  readonly opened: number;
  readonly assignees: number[];
  touches: number;
  closed: boolean;
}

interface Due {
  readonly what: "follow" | "late" | "again";
  readonly ticket: OpenTicket;
  readonly agent: number;
  readonly waited: number;
}

/** The tickets: those open, and what is due on which day. */
export interface Tickets {
  readonly due: Due[][];
  readonly openByQueue: OpenTicket[][];
  /** The last closed ones, for review. */
  readonly recent: OpenTicket[];
}

export function noTickets(days: number, queues: number): Tickets {
  return {
    due: Array.from({ length: days }, () => []),
    openByQueue: Array.from({ length: queues }, () => []),
    recent: [],
  };
}

/** Everything that agents do for tickets today. */
export function workTickets(floor: Floor, tickets: Tickets): void {
  const due = tickets.due[floor.day]!;
  for (const each of due) takeUp(floor, tickets, each);
  due.length = 0;
  for (const index of floor.shifts.present) {
    const actor = floor.actors[index]!;
    if (actor.role !== "agent") continue;
    for (let left = newTickets(actor, floor.scenario, floor.random); left > 0; left--) {
      const queue = aQueueOf(floor, actor);
      const customer = whoCalls(floor.population, queue, floor.day, floor.random);
      if (customer >= 0)
        touch(
          floor,
          tickets,
          open(floor, tickets, {
            actor: index,
            customer,
            at: inShift(floor, index, floor.random),
            ticket: -1,
          }),
        );
    }
  }
  for (const list of tickets.openByQueue) forgetClosed(list);
}

function forgetClosed(list: OpenTicket[]): void {
  let kept = 0;
  for (const ticket of list) if (!ticket.closed) list[kept++] = ticket;
  list.length = kept;
}

interface Piece {
  readonly ticket: OpenTicket;
  readonly agent: number;
  readonly at: number;
}

function open(floor: Floor, tickets: Tickets, look: Look): Piece {
  const { population, random } = floor;
  const down = isDown(floor);
  const wait = Math.min(-Math.log(1 - random()) * 20 * minute, 6 * 60 * minute);
  const ticket: OpenTicket = {
    id: down ? -1 : floor.tickets++,
    customer: look.customer,
    queue: population.queue[look.customer]!,
    opened: today(floor, look.at - wait),
    assignees: [look.actor],
    touches: 0,
    closed: false,
  };
  const at = today(floor, look.at);
  if (!down) {
    population.lastTicket[look.customer] = ticket.id;
    population.contacts[look.customer] = Math.min(65_535, population.contacts[look.customer]! + 1);
    population.lastContact[look.customer] = floor.day;
    tickets.openByQueue[ticket.queue]!.push(ticket);
    note(
      floor,
      { ...look, at: Math.max(ticket.opened, at - between(random, 1000, 90_000)), ticket: ticket.id },
      "assigned",
    );
  }
  return { ticket, agent: look.actor, at };
}

/** One piece of work on a ticket: find the customer, read, perhaps look again, write what was done, decide what follows. */
function touch(floor: Floor, tickets: Tickets, { ticket, agent, at }: Piece): void {
  const { random } = floor;
  const look: Look = { actor: agent, customer: ticket.customer, at, ticket: ticket.id };
  // Searching has no ticket yet: that is how a customer's ticket is found.
  if (random() < habit.searchFirst)
    search(floor, { ...look, at: at - between(random, 5000, 60_000), ticket: -1 });
  read(floor, look);
  if (random() < habit.secondLook) {
    const fields = pageFields(floor.population, ticket.customer, ticket.id) | bit.address;
    show(
      floor,
      { ...look, at: at + between(random, 15_000, 240_000) },
      actionNumber.read,
      fields & ~bit.ticket,
    );
  }
  if (random() < habit.update)
    show(
      floor,
      { ...look, at: at + between(random, 60_000, 300_000) },
      actionNumber.update,
      bit.email | bit.name,
    );
  if (random() < habit.leavesNote)
    note(
      floor,
      { ...look, at: at + between(random, 60_000, 500_000) },
      random() < 0.4 ? "called" : "commented",
    );
  ticket.touches++;
  if (ticket.id >= 0)
    floor.touched.push({ ticket: ticket.id, customer: ticket.customer, agent, at: today(floor, at) });
  decide(floor, tickets, { ticket, agent, at: at + between(random, 500_000, 900_000) });
}

function decide(floor: Floor, tickets: Tickets, piece: Piece): void {
  const { random } = floor;
  const { ticket, agent, at } = piece;
  const draw = random();
  if (draw < habit.closes || ticket.touches >= touchesMax || ticket.id < 0) {
    close(floor, tickets, piece);
    return;
  }
  const list = floor.shifts.byQueue[ticket.queue]!;
  const next = draw < habit.closes + habit.transfers ? oneOf(random, list) : undefined;
  if (next !== undefined && next !== agent)
    handOver(floor, ticket, { actor: agent, customer: next, at, ticket: ticket.id });
  later(floor, tickets, { what: "follow", ticket, agent: next ?? agent, waited: 0 }, 1 + below(random, 4));
}

/** `look.customer` is the actor who gets the ticket. */
function handOver(floor: Floor, ticket: OpenTicket, look: Look): void {
  note(floor, look, "transferred");
  note(floor, { ...look, actor: look.customer, at: look.at + 1000 }, "assigned");
  if (!ticket.assignees.includes(look.customer)) ticket.assignees.push(look.customer);
}

function later(floor: Floor, tickets: Tickets, due: Due, days: number): void {
  // What is due after the desk's last day never happens.
  tickets.due[floor.day + days]?.push(due);
}

const recentMax = 3000;

function close(floor: Floor, tickets: Tickets, { ticket, agent, at }: Piece): void {
  const { random } = floor;
  ticket.closed = true;
  if (ticket.id >= 0) {
    note(floor, { actor: agent, customer: ticket.customer, at, ticket: ticket.id }, "closed");
    floor.closed.push(rowOf(ticket, today(floor, at)));
    if (tickets.recent.length < recentMax) tickets.recent.push(ticket);
    else tickets.recent[below(random, recentMax)] = ticket;
  }
  const due: Due = { what: "late", ticket, agent, waited: 0 };
  if (random() < habit.looksAgain) later(floor, tickets, due, 1 + below(random, 6));
  if (random() < habit.looksMuchLater) later(floor, tickets, due, 9 + below(random, 20));
  if (random() < habit.customerComesBack)
    later(floor, tickets, { ...due, what: "again" }, 1 + below(random, 21));
}

function rowOf(ticket: OpenTicket, closed: number | null): TicketRow {
  const { id, customer, opened, assignees, queue } = ticket;
  return { id, customer, opened, closed, assignees, queue };
}

function takeUp(floor: Floor, tickets: Tickets, due: Due): void {
  const { shifts, actors, random } = floor;
  const here = shifts.to[due.agent]! > 0;
  const { ticket } = due;
  if (due.what === "late") {
    if (here)
      read(floor, {
        actor: due.agent,
        customer: ticket.customer,
        at: inShift(floor, due.agent, random),
        ticket: random() < 0.5 ? ticket.id : -1,
      });
    return;
  }
  if (due.what === "again") {
    const agent = here && random() < 0.4 ? due.agent : whoTakes(shifts, actors, ticket.queue, random);
    if (agent < 0) later(floor, tickets, due, 1);
    else
      touch(
        floor,
        tickets,
        open(floor, tickets, {
          actor: agent,
          customer: ticket.customer,
          at: inShift(floor, agent, random),
          ticket: -1,
        }),
      );
    return;
  }
  follow(floor, tickets, due, here);
}

/** Work goes on with whoever has the ticket; after some days of waiting, or when they left, with somebody else. */
function follow(floor: Floor, tickets: Tickets, due: Due, here: boolean): void {
  const { shifts, actors, random } = floor;
  const { ticket } = due;
  if (here) {
    touch(floor, tickets, { ticket, agent: due.agent, at: inShift(floor, due.agent, random) });
    return;
  }
  const gone = floor.day >= actors[due.agent]!.leftDay || due.waited >= 2;
  const other = gone ? whoTakes(shifts, actors, ticket.queue, random) : -1;
  if (other < 0) {
    later(floor, tickets, { ...due, waited: due.waited + 1 }, 1);
    return;
  }
  const at = inShift(floor, other, random);
  handOver(floor, ticket, { actor: other, customer: other, at: at - 30_000, ticket: ticket.id });
  touch(floor, tickets, { ticket, agent: other, at });
}

/** Rows of the tickets that are still open when the desk ends, by id. */
export function stillOpen(tickets: Tickets): readonly TicketRow[] {
  return tickets.openByQueue
    .flat()
    .filter((ticket) => !ticket.closed)
    .map((ticket) => rowOf(ticket, null))
    .sort((a, b) => a.id - b.id);
}

/** Opened on an earlier day or earlier today, by `at`, and not closed yet. */
export function openAt(tickets: Tickets, queue: number, at: number): readonly OpenTicket[] {
  return tickets.openByQueue[queue]!.filter((ticket) => !ticket.closed && ticket.opened < at);
}
