import type { GatewayEvent } from "../../../src/capture/index.ts";
import { Client } from "pg";
import type { HelpDesk, Requestor } from "./desk.ts";

/**
 * Finds invented requestors in a text: by their addresses and names, each of which ends in its own number, and by the numbers of orders
 * that stand in every subject and message: what is said about an order concerns all who asked about it.
 */
export function requestorsIn(
  requestors: readonly Requestor[],
  orders: ReadonlyMap<string, readonly string[]>,
): (text: string) => ReadonlySet<string> {
  const known = new Map(
    requestors.flatMap(({ address, id, name }) => [
      [address, id],
      [name, id],
    ]),
  );
  return (text) => {
    const found = new Set<string>();
    for (const [marker] of text.matchAll(/[a-z]+\.[a-z]+\.\d+@example\.com|[A-Z][a-z]+ [A-Z][a-z]+ \d+/g)) {
      const id = known.get(marker);
      if (id !== undefined) found.add(id);
    }
    // On the wire a length stands before a text, and its last byte may be a letter or a digit.
    for (const [, order = ""] of text.matchAll(/order (\d+)\b/gi))
      for (const id of orders.get(order) ?? []) found.add(id);
    return found;
  };
}

/** By order: who asked about it, as the database has it now. */
export async function ordersOf({
  database,
  orders: text,
  postgres,
}: HelpDesk): Promise<ReadonlyMap<string, readonly string[]>> {
  const { host, owner, port } = postgres;
  const client = new Client({ host, port, user: owner.user, database });
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly order: string; readonly id: string }>(text);
    const orders = new Map<string, string[]>();
    for (const { id, order } of rows) orders.set(order, [...(orders.get(order) ?? []), id]);
    return orders;
  } finally {
    await client.end();
  }
}

/** Customers of whom something is recorded as seen, masked or not. */
export function recordedIn(events: readonly GatewayEvent[]): ReadonlySet<string> {
  const recorded = new Set<string>();
  for (const event of events)
    if (event.kind === "sighting")
      for (const { customers, masked, shown } of event.seen)
        if (shown.length + masked.length > 0) for (const customer of customers) recorded.add(customer);
  return recorded;
}

/** What is in the one and not in the other. */
export function without(one: Iterable<string>, other: ReadonlySet<string>): readonly string[] {
  return [...one].filter((each) => !other.has(each));
}
