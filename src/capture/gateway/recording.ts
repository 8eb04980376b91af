import type { Refusal } from "../../base/index.ts";
import type { StatementRefusal } from "./plan.ts";

/** Whose fields of one table stand in what is about to be released. */
export interface Seen {
  /** `schema.table`. */
  readonly table: string;
  /** Each once, in the order they came. */
  readonly customers: readonly string[];
  readonly shown: readonly string[];
  readonly masked: readonly string[];
  readonly probed: readonly string[];
}

/** Who is on the other side of a connection. */
export interface Reader {
  readonly actor: string;
  readonly role: string;
  /** One login, from connect to disconnect. */
  readonly session: string;
  readonly ip: string;
  readonly application: string;
}

/** The statement that something is about. */
export interface StatementNote {
  /** Literals and comments removed. */
  readonly normalized: string;
  /** As the client sent it; it may hold customers' values, so it is sealed before it is kept. */
  readonly original: string;
}

/** What a gateway says. Times are epoch milliseconds. */
export type GatewayEvent =
  | {
      readonly kind: "sighting";
      readonly time: number;
      readonly reader: Reader;
      readonly action: "read" | "search" | "export" | "update" | "delete";
      /** Empty: the rows show whom an earlier event of the statement named. */
      readonly seen: readonly Seen[];
      /** Rows of the statement that it lets go, and those before them that no event has told of, which showed nobody new. */
      readonly rows: number;
      /** The ticket that the client named, where a signed comment or the binding says so. */
      readonly ticket: string | null;
      readonly statement: StatementNote;
    }
  | {
      /** Fields decided an answer, and whose they were is not known. */
      readonly kind: "probe";
      readonly time: number;
      readonly reader: Reader;
      readonly probes: readonly { readonly table: string; readonly fields: readonly string[] }[];
      readonly statement: StatementNote;
    }
  | {
      readonly kind: "refusal";
      readonly time: number;
      readonly reader: Reader;
      readonly code: string;
      readonly rule: string;
      readonly statement: StatementNote | null;
    }
  | {
      /** An error or notice whose text was withheld: the original, to be sealed. */
      readonly kind: "scrubbed";
      readonly time: number;
      readonly reader: Reader;
      readonly severity: string;
      readonly code: string;
      readonly original: string;
      readonly statement: StatementNote | null;
    }
  | {
      readonly kind: "login" | "logout";
      readonly time: number;
      readonly reader: Reader;
      readonly method: string;
    }
  | {
      readonly kind: "login_refused";
      readonly time: number;
      readonly user: string;
      readonly ip: string;
      readonly rule: string;
    };

/**
 * What the gateway needs of a recorder. Resolves to null when every event is on the disk, in order; to a refusal when that can't be
 * had, and then nothing that the events speak of may be released (I1).
 */
export type RecordEvents = (events: readonly GatewayEvent[]) => Promise<Refusal | null>;

/** A recorder's refusal for which the client is told something closer than that nothing can be recorded: a quota, say. */
export interface ShownRefusal extends Refusal {
  readonly shown: StatementRefusal;
}

export function isShownRefusal(why: Refusal): why is ShownRefusal {
  return "shown" in why;
}
