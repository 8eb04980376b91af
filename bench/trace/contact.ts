import { actionNumber, type World } from "../../src/simulate/index.ts";
import { contactDaysMax, contactReachMax, ticketCoverageMin } from "../../src/trace/index.ts";
import type { Contact } from "./desk.ts";
import type { Telling } from "./telling.ts";

const day = 86_400_000;

/** What is taken for contact, by the tracer's own rule but counted independently of its SQL. */
export function contactOfWorld(world: World, telling: Telling, tickets: Omit<Contact, "from">): Contact {
  const { accesses, population } = world;
  const people = peopleOf(world, telling.actors);
  const days = Array.from({ length: population.count }, () => new Map<number, number>());
  for (let at = 0; at < accesses.count; at++) {
    const action = accesses.action[at]!;
    if (!people.has(accesses.actor[at]!) || action === actionNumber.search || action === actionNumber.export)
      continue;
    const time = accesses.time[at]!;
    const of = days[accesses.customer[at]!];
    const on = Math.floor(time / day);
    of?.set(on, Math.min(time, of.get(on) ?? Infinity));
  }
  const read = days.filter((of) => of.size > 0).length;
  const ticketed = days.filter((of, c) => of.size > 0 && tickets.start[c + 1]! > tickets.start[c]!).length;
  if (ticketed > 0 && ticketed >= ticketCoverageMin * read) return { from: "tickets", ...tickets };
  const lists = days.map((of) => [...of.values()].sort((a, b) => a - b).slice(-contactDaysMax));
  const start = new Int32Array(population.count + 1);
  for (const [c, list] of lists.entries()) start[c + 1] = start[c]! + list.length;
  return { from: "reads", start, times: Float64Array.from(lists.flat()) };
}

/** Accounts that are no service and that read no great part of the base. */
function peopleOf(world: World, kinds: boolean): ReadonlySet<number> {
  const { accesses, population } = world;
  const reached = world.actors.map(() => new Set<number>());
  for (let at = 0; at < accesses.count; at++) reached[accesses.actor[at]!]?.add(accesses.customer[at]!);
  return new Set(
    world.actors.flatMap(({ kind }, actor) =>
      (kinds && kind === "service") || (reached[actor]?.size ?? 0) > contactReachMax * population.count
        ? []
        : [actor],
    ),
  );
}
