import type { GatewayEvent } from "../../../src/capture/index.ts";
import type { HelpDesk } from "./desk.ts";
import { ordersOf, recordedIn, requestorsIn, without } from "./ledger.ts";
import type { Shown } from "./pages.ts";
import type { Tap } from "./tap.ts";

/** How many customers of one page stand where, and how many are in one place and not in another. */
export interface PageCounts {
  readonly statements: number;
  readonly page: number;
  readonly wire: number;
  readonly recorded: number;
  readonly offPage: number;
  readonly offWire: number;
  readonly missedPage: number;
  readonly missedWire: number;
  /** Recorded, and no requestor: people who work at the desk. */
  readonly staff: number;
}

export interface PageTally extends PageCounts {
  readonly step: string;
  /** By statement: customers recorded for it who aren't on the page. */
  readonly idle: ReadonlyMap<string, number>;
}

export const countNames: readonly (keyof PageCounts)[] = [
  "statements",
  "page",
  "wire",
  "recorded",
  "offPage",
  "offWire",
  "missedPage",
  "missedWire",
  "staff",
];

/** Compares, page after page, who is on it, who was in the bytes that the application received, and who was recorded. */
export function tallyOf(
  desk: HelpDesk,
  events: readonly GatewayEvent[],
  tap: Tap,
): (shown: Shown) => Promise<PageTally> {
  const ids = new Set(desk.requestors.map(({ id }) => id));
  const earlier = new Set<string>();
  let statements = tap.statements.length;
  let from = events.length;
  tap.takeReceived();
  return async ({ step, text }) => {
    const find = requestorsIn(desk.requestors, await ordersOf(desk));
    const page = find(text);
    const wire = find(tap.takeReceived());
    const said = events.slice(from);
    const everybody = recordedIn(said);
    const recorded = new Set([...everybody].filter((id) => ids.has(id)));
    // What the application remembers of an earlier page was recorded then.
    for (const id of recorded) earlier.add(id);
    const idle = new Map<string, number>();
    for (const event of said) {
      if (event.kind !== "sighting") continue;
      const hers = without(recordedIn([event]), page).filter((id) => ids.has(id)).length;
      const asked = event.statement.normalized;
      if (hers > 0) idle.set(asked, (idle.get(asked) ?? 0) + hers);
    }
    const counts: PageCounts = {
      statements: tap.statements.length - statements,
      page: page.size,
      wire: wire.size,
      recorded: recorded.size,
      offPage: without(recorded, page).length,
      offWire: without(recorded, wire).length,
      missedPage: without(page, earlier).length,
      missedWire: without(wire, recorded).length,
      staff: everybody.size - recorded.size,
    };
    statements = tap.statements.length;
    from = events.length;
    return { step, ...counts, idle };
  };
}
