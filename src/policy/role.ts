import type { FieldClass } from "./protection.ts";

/** `plain`: as it stands. `masked`: through the field's mask. `hidden`: always null. */
export type Showing = "plain" | "masked" | "hidden";

/** Customers whose records an actor may newly see within a time. Null: no limit. */
export interface Quota {
  readonly hour: number | null;
  readonly day: number | null;
}

/**
 * When a role may read: days of the week (0 is Sunday) and minutes of the day, `from` included, `until` not, in one time zone. A shift whose
 * `until` is not after its `from` ends on the next day.
 */
export interface Hours {
  readonly days: readonly number[];
  readonly from: number;
  readonly until: number;
  readonly timeZone: string;
}

/** What people of one role may do (whosaw.yaml, `roles`). */
export interface Role {
  readonly name: string;
  /** The login at the upstream server. */
  readonly upstream: string;
  readonly show: Readonly<Record<FieldClass, Showing>>;
  /** Only rows of customers who have an open ticket assigned to the actor. */
  readonly ticketBound: boolean;
  readonly quotas: Readonly<Record<Exclude<FieldClass, "none">, Quota>>;
  readonly hours: Hours | null;
  /** COPY out, and results of more rows than `rowsMax`. */
  readonly export: boolean;
  /** Rows with customers in one statement's answer, for roles that may not export. Null: no limit. */
  readonly rowsMax: number | null;
  /** Whether protected fields may go through aggregates, and the fewest customers a group must have then. */
  readonly aggregates: { readonly allow: boolean; readonly smallestGroup: number };
  /** Functions beyond the built-in list, as `schema.name`. */
  readonly functions: ReadonlySet<string>;
  /** Channels that may be listened to and notified. */
  readonly channels: ReadonlySet<string>;
  /** Settings of an application's own that may be set and shown, as `prefix.name`. Absent: none. */
  readonly settings?: ReadonlySet<string>;
  /** Whether tables, views and indexes may be created and dropped (never functions, triggers or rules). */
  readonly ddl: boolean;
}
