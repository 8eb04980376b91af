import type { ContactFrom } from "../../src/trace/index.ts";

/**
 * A support desk as typed arrays, small enough to make thousands of: what the in-memory extractor reads. It is filled from
 * simulated worlds or from a real log, and knows nothing of either.
 */
export interface Desk {
  readonly customers: number;
  readonly actors: number;
  readonly actorName: (actor: number) => string;
  readonly customerName: (customer: number) => string;
  /** What doesn't change about a customer and drives being called (language, kind, has a phone number). */
  readonly standing: Int32Array;
  readonly language: Int32Array;
  readonly languageName: (language: number) => string;
  readonly kind: Int32Array;
  readonly kindName: (kind: number) => string;
  readonly created: Float64Array;
  /** Opening times of each customer's tickets, ascending: `ticketTimes[ticketStart[c]..ticketStart[c + 1]]`. */
  readonly ticketStart: Int32Array;
  readonly ticketTimes: Float64Array;
  /** What is taken for contact with support, and when there was any, laid out as the tickets are. */
  readonly contact: Contact;
  readonly reads: Reads;
  /** Whether it can't be known which of an account's sessions are unfamiliar. */
  readonly sessionsUnknown: (actor: number) => boolean;
}

export interface Contact {
  readonly from: ContactFrom;
  readonly start: Int32Array;
  readonly times: Float64Array;
}

/** Sightings in the order of (customer, actor, time); `start[c]` is the first of customer c. */
export interface Reads {
  readonly start: Int32Array;
  readonly actor: Int32Array;
  readonly time: Float64Array;
  readonly unexplained: Uint8Array;
  readonly unfamiliar: Uint8Array;
  /** Whether the fields shown (or not said) hold the facts only this database has. */
  readonly exclusive: Uint8Array;
}

/** A report as it comes in; customer -1 is not in the base. */
export interface DeskReport {
  readonly customer: number;
  readonly time: number;
  readonly knew: readonly string[];
}
