import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import type { GatewayEvent, RecordEvents } from "../../capture/index.ts";
import type { Receipt, Said } from "../../record/index.ts";
import { type EntryParts, entriesOf } from "./entries.ts";

/** The one thing that recording needs of the log: all of these on the disk together, in their order, or a refusal. */
export type AppendAll = (said: readonly Said[]) => Promise<readonly Receipt[] | Refusal>;

/** What the recorder looks up for every event. */
export interface RecorderParts extends EntryParts {
  readonly appendAll: AppendAll;
  /** Nobody of these sees a row any more, whatever a gateway that hasn't heard of it yet would release (I8). */
  readonly isSuspended: (actor: string) => boolean;
  /** Entries that stand before an event's own: alarms. */
  readonly alarms: (event: GatewayEvent) => readonly Said[];
  /** To be waited for before an actor's first read: what explains it is being looked up. Null: it is there. */
  readonly expect: (actor: string, now: number) => Promise<void> | null;
}

/** A gateway's recorder: when it resolves to null, every event is on the disk; one fsync for all of them (I1). */
export function recordInto(parts: RecorderParts): RecordEvents {
  return async (events) => {
    const said: Said[] = [];
    for (const event of events) {
      if (event.kind === "sighting" && parts.isSuspended(event.reader.actor)) return suspendedNow;
      const expected = "reader" in event ? parts.expect(event.reader.actor, event.time) : null;
      // A login lets the look-up begin; the first read waits for it.
      if (expected !== null && event.kind === "sighting") await expected;
      const entries = await entriesOf(event, parts);
      if (isRefusal(entries)) return entries;
      said.push(...parts.alarms(event), ...entries);
    }
    const receipts = await parts.appendAll(said);
    return isRefusal(receipts) ? receipts : null;
  };
}

const suspendedNow: Refusal = refusal(
  "refused",
  "the account is suspended: nothing is released to it",
  "whosaw restore lets it read again",
);
