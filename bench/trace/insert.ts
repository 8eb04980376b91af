import { actions } from "../../src/domain/index.ts";
import {
  customerText,
  eventNames,
  fieldNames,
  bit,
  ipText,
  kindNames,
  sessionText,
  ticketText,
  type World,
} from "../../src/simulate/index.ts";
import type { Store } from "../../src/store/index.ts";
import { tellsAll, type Telling } from "./telling.ts";

const batch = 50_000;

/** Puts a small simulated world into a store, row by row, as an import of its files would. */
export async function insertWorld(store: Store, world: World, telling: Telling = tellsAll): Promise<void> {
  const { population, accesses, events } = world;
  const from = { import: 1 };
  const rows = async (table: string, count: number, row: (at: number) => object): Promise<void> => {
    for (let start = 0; start < count; start += batch)
      await store.insert(
        table,
        Array.from({ length: Math.min(batch, count - start) }, (_, i) => ({
          ...row(start + i),
          ...from,
          line: start + i + 1,
        })),
      );
  };
  const named = (at: number): string =>
    fieldNames.filter((name) => (accesses.fields[at]! & bit[name]) !== 0).join(";");
  await rows("sightings", accesses.count, (at) => ({
    customer: customerText(accesses.customer[at]!),
    actor: world.actors[accesses.actor[at]!]!.id,
    time: time(accesses.time[at]!),
    action: actions[accesses.action[at]!],
    fields: telling.masked(at) ? "" : named(at),
    masked: telling.masked(at) ? named(at) : "",
    ticket: ticketText(accesses.ticket[at]!),
    session: sessionText(accesses.session[at]!),
    ip: telling.addresses ? ipText(accesses.ip[at]!) : "",
  }));
  await rows("customers", population.count, (at) => ({
    id: customerText(at),
    language: world.scenario.languages[population.language[at]!]!.code,
    kind: kindNames[population.kind[at]!],
    created: time(world.start + population.created[at]! * 86_400_000),
    segments: { has_phone: population.phone[at] === 1 ? "yes" : "no" },
  }));
  await rows("tickets", telling.tickets ? world.tickets.length : 0, (at) => {
    const { id, customer, opened, closed, assignees } = world.tickets[at]!;
    return {
      id: ticketText(id),
      customer: customerText(customer),
      opened: time(opened),
      closed: closed === null ? null : time(closed),
      assignee: [...new Set(assignees.map((actor) => world.actors[actor]!.id))].sort().join(";"),
    };
  });
  await rows("ticket_events", telling.tickets ? events.count : 0, (at) => {
    const row = events.row(at);
    return {
      time: time(row.time),
      ticket: ticketText(row.ticket),
      actor: world.actors[row.actor]!.id,
      event: eventNames[row.event],
    };
  });
  await rows("actors", telling.actors ? world.actors.length : 0, (at) => {
    const actor = world.actors[at]!;
    const home = actor.homeShare > 0 ? [ipText(actor.homeIp)] : [];
    return {
      id: actor.id,
      kind: actor.kind,
      home_ip: [...new Set([ipText(actor.officeIp), ...home])].sort().join(";"),
    };
  });
  await store.insert("imports", [
    { import: 1, file: "world", table: "accesses", started: time(world.start), finished: time(world.end) },
  ]);
}

function time(millis: number): string {
  return new Date(millis).toISOString().replace("T", " ").replace("Z", "");
}
