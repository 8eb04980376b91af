import type { FieldClass } from "./protection.ts";
import type { Quota, Role } from "./role.ts";

type Span = "hour" | "day";

type CountedClass = Exclude<FieldClass, "none">;

/** Which limit stands in the way: `seen` customers count already, `more` would come, `limit` may. */
export interface QuotaRefusal {
  readonly kind: "quota";
  readonly class: CountedClass;
  readonly span: Span | "memory";
  readonly limit: number;
  readonly seen: number;
  readonly more: number;
}

/** Actors, classes, spans and customers remembered at once: about 100 bytes each. Beyond it nobody new is admitted. */
export const quotaEntriesMax = 5_000_000;

const spans = { hour: 3_600_000, day: 86_400_000 } as const;

/**
 * Who saw how many different customers in the last hour and the last day, by class. A customer counts from the last time they were
 * seen until the span has passed: at most `limit` different customers in any 60 minutes, and in any 24 hours. Remembered only where a
 * role has a limit, so memory is bounded by the limits, and by `entriesMax` besides.
 */
export class Quotas {
  readonly #entriesMax: number;
  #entries = 0;
  readonly #windows = new Map<string, Window>();

  constructor(entriesMax: number = quotaEntriesMax) {
    this.#entriesMax = entriesMax;
  }

  /**
   * Asks for all customers of one batch, before it is released: they are counted, or none is and the limit comes back that refuses them.
   * `now`: epoch milliseconds; a clock that goes back makes the windows longer, never shorter.
   */
  admit(request: {
    readonly actor: string;
    readonly role: Pick<Role, "quotas">;
    readonly class: FieldClass;
    readonly customers: Iterable<string>;
    readonly now: number;
  }): QuotaRefusal | null {
    const { actor, role, class: counted, now } = request;
    if (counted === "none") return null;
    const customers = new Set(request.customers);
    let entries = 0;
    for (const { span, limit } of limited(role.quotas[counted])) {
      const window = this.#open(actor, counted, span, now);
      const more = unseen(window, customers);
      entries += more;
      const seen = window.last.size;
      if (seen + more > limit) return { kind: "quota", class: counted, span, limit, seen, more };
    }
    if (this.#entries + entries > this.#entriesMax) {
      for (const window of this.#windows.values()) this.#forget(window, now);
      const seen = this.#entries;
      if (seen + entries > this.#entriesMax) {
        return {
          kind: "quota",
          class: counted,
          span: "memory",
          limit: this.#entriesMax,
          seen,
          more: entries,
        };
      }
    }
    this.remember({ actor, role, class: counted, customers, time: now });
    return null;
  }

  /** Counts what was seen before this process began, from the log, in the order of time: a restart gives nobody a fresh quota. */
  remember(seen: {
    readonly actor: string;
    readonly role: Pick<Role, "quotas">;
    readonly class: FieldClass;
    readonly customers: Iterable<string>;
    readonly time: number;
  }): void {
    if (seen.class === "none") return;
    const customers = new Set(seen.customers);
    for (const { span } of limited(seen.role.quotas[seen.class])) {
      const window = this.#open(seen.actor, seen.class, span, seen.time);
      const before = window.last.size;
      for (const customer of customers) {
        // Taken out and put in again: a Map keeps the order in which keys came, so the oldest stays first.
        window.last.delete(customer);
        window.last.set(customer, seen.time);
      }
      this.#entries += window.last.size - before;
      if (window.last.size > 0) this.#windows.set(window.key, window);
    }
  }

  /** How many customers count at this moment. */
  seen(who: {
    readonly actor: string;
    readonly class: CountedClass;
    readonly span: Span;
    readonly now: number;
  }): number {
    return this.#open(who.actor, who.class, who.span, who.now).last.size;
  }

  #open(actor: string, counted: CountedClass, span: Span, now: number): Window {
    const key = JSON.stringify([span, counted, actor]);
    const window = this.#windows.get(key) ?? { key, millis: spans[span], last: new Map<string, number>() };
    this.#forget(window, now);
    return window;
  }

  #forget(window: Window, now: number): void {
    for (const [customer, time] of window.last) {
      if (time > now - window.millis) break;
      window.last.delete(customer);
      this.#entries -= 1;
    }
    if (window.last.size === 0) this.#windows.delete(window.key);
  }
}

/** The customers of one actor, class and span with the time they were last seen, oldest first. */
interface Window {
  readonly key: string;
  readonly millis: number;
  readonly last: Map<string, number>;
}

function limited(quota: Quota): readonly { readonly span: Span; readonly limit: number }[] {
  const { hour, day } = quota;
  return [
    ...(hour === null ? [] : [{ span: "hour", limit: hour } as const]),
    ...(day === null ? [] : [{ span: "day", limit: day } as const]),
  ];
}

function unseen(window: Window, customers: ReadonlySet<string>): number {
  let more = 0;
  for (const customer of customers) if (!window.last.has(customer)) more += 1;
  return more;
}
