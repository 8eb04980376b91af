import { setTimeout as sleep } from "node:timers/promises";
import { type Random, refusal, type Refusal, seededRandom } from "../../src/base/index.ts";
import type { GatewayEvent, RecordEvents } from "../../src/capture/index.ts";
import type { Marked } from "../../src/simulate/index.ts";
import { messagesOf } from "./bytes.ts";
import type { Piece } from "./client.ts";
import type { Finder } from "./find.ts";

/**
 * A recorder that is slow on purpose, so that whoever doesn't wait for it is seen: bytes that come before the event that speaks of
 * them stands in `durable` were released too early.
 */
export class Ledger {
  readonly durable: GatewayEvent[] = [];
  /** While set, nothing can be made durable. */
  broken = false;
  /** While set, nothing is answered at all. */
  stalled: Promise<void> | null = null;
  readonly #random: Random;
  readonly #millisMax: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(seed = 1, millisMax = 6) {
    this.#random = seededRandom(seed);
    this.#millisMax = millisMax;
  }

  readonly record: RecordEvents = (events) => {
    const mine = this.#turn.then(async (): Promise<Refusal | null> => {
      if (this.stalled !== null) await this.stalled;
      if (this.#millisMax > 0) await sleep(this.#random() * this.#millisMax);
      if (this.broken) return refusal("input", "the disk is full", "free some space");
      this.durable.push(...events);
      return null;
    });
    this.#turn = mine;
    return mine;
  };

  /** What stood when the first `until` events were durable: who saw whose field, as `actor customer table field`. */
  sightings(until: number = this.durable.length, from = 0): ReadonlySet<string> {
    const seen = new Set<string>();
    for (const event of this.durable.slice(from, until)) {
      if (event.kind !== "sighting") continue;
      for (const { table, customers, shown, masked } of event.seen)
        for (const customer of customers)
          for (const field of [...shown, ...masked])
            seen.add(pair(event.reader.actor, { customer, table, field }));
    }
    return seen;
  }

  /** When everything that was said so far is durable. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  of<Kind extends GatewayEvent["kind"]>(
    kind: Kind,
    from = 0,
  ): readonly Extract<GatewayEvent, { kind: Kind }>[] {
    return this.durable
      .slice(from)
      .filter((event): event is Extract<GatewayEvent, { kind: Kind }> => event.kind === kind);
  }
}

export function pair(actor: string, { customer, table, field }: Marked): string {
  return `${actor} ${customer} ${whole(table)} ${field}`;
}

/** A child or partition may be recorded as itself or as what it is part of: both say whose data they were. */
function whole(table: string): string {
  return table.replace(/_archive$/, "").replace(/^(public\.calls)_20\d\d$/, "$1");
}

export interface Heard {
  readonly actor: string;
  /** How many events were durable before: what was recorded then excuses nothing now. */
  readonly from: number;
  readonly pieces: readonly Piece[];
}

/** A marker that came without a sighting, or before it. */
export interface Unrecorded extends Marked {
  readonly actor: string;
  readonly when: "never" | "too late";
  /** The type of the message it came in, or "" where only several messages together hold it. */
  readonly message: string;
}

/** Every marker in everything that was heard, against what stood durable when its message was complete. */
export function unrecorded(heard: Heard, ledger: Ledger, finder: Finder): readonly Unrecorded[] {
  const { actor, from, pieces } = heard;
  const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
  const atLast = ledger.sightings(ledger.durable.length, from);
  const wrong = new Map<string, Unrecorded>();
  const blame = (mark: Marked, message: string, then: ReadonlySet<string>): void => {
    const key = pair(actor, mark);
    if (then.has(key) || wrong.has(key)) return;
    wrong.set(key, { ...mark, actor, when: atLast.has(key) ? "too late" : "never", message });
  };
  let end = 0;
  let stood: ReadonlySet<string> = new Set();
  let count = -1;
  for (const message of messagesOf(bytes).messages) {
    end += message.body.length + 5;
    const marks = finder.inMessage(message);
    if (marks.length === 0) continue;
    const durable = durableAt(pieces, end);
    if (durable !== count) {
      stood = ledger.sightings(durable, from);
      count = durable;
    }
    for (const mark of marks) blame(mark, message.type, stood);
  }
  for (const mark of finder.inAll(bytes)) blame(mark, "", atLast);
  return [...wrong.values()];
}

/** How many events were durable when byte `end` had come. */
function durableAt(pieces: readonly Piece[], end: number): number {
  let at = 0;
  for (const { bytes, durable } of pieces) {
    at += bytes.length;
    if (at >= end) return durable;
  }
  return pieces.at(-1)?.durable ?? 0;
}

/** Of what was recorded as seen by this actor, how much was in the bytes: the price of caution. */
export function overRecorded(
  heard: Heard,
  ledger: Ledger,
  finder: Finder,
): { recorded: number; extra: number } {
  const bytes = Buffer.concat(heard.pieces.map((piece) => piece.bytes));
  const seen = new Set(finder.inAll(bytes).map((mark) => pair(heard.actor, mark)));
  const recorded = [...ledger.sightings()].filter((key) => key.startsWith(`${heard.actor} `));
  return { recorded: recorded.length, extra: recorded.filter((key) => !seen.has(key)).length };
}
