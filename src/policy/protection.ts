/** What a column's values are, which decides who may see them (whosaw.yaml, `protect`). `none`: seen without a record. */
export type FieldClass = "identifier" | "contact" | "content" | "none";

/** How a value is shown to those who may not see it: nothing of it, its last four characters, what follows "@", or a digest. */
export type Mask = "full" | "last4" | "domain" | "hash";

export interface Field {
  readonly class: FieldClass;
  readonly mask: Mask;
}

/** What a column is that the configuration doesn't name: added later, perhaps, and so treated as the most private. */
export const unnamedField: Field = { class: "content", mask: "full" };

/** A row counts only if the column's text is this: one table of links for several kinds of things (`domain = 'RT::Ticket-Role'`). */
export interface KeyCondition {
  readonly column: string;
  readonly value: string;
}

/** One step from a row towards its customer: find the row of `table` whose `match` equals what one has, and take its `take`. */
export interface KeyStep {
  readonly schema: string;
  readonly table: string;
  readonly match: string;
  readonly take: string;
  /** What the row found must say besides. */
  readonly where?: readonly KeyCondition[];
}

/**
 * Where a row's customer stands: in a column of the row itself, or through foreign keys: `messages.ticket_id -> tickets.id, customer_id`.
 * A row for which nobody is found has no customer; its fields are protected all the same.
 */
export interface KeyPath {
  readonly column: string;
  readonly steps: readonly KeyStep[];
  /** What the row itself must say, else it has no customer. */
  readonly where?: readonly KeyCondition[];
  /** True: the steps may find several customers for one row, and each of them is seen. Absent: at most one, and more is an error. */
  readonly many?: boolean;
  /** The way of rows of which `where` doesn't hold: one table holds what belongs to things of several kinds. Its `many` is this path's. */
  readonly or?: KeyPath;
}

/** The path and those that stand behind it, in the order in which they are tried. */
export function alternatives(path: KeyPath): readonly KeyPath[] {
  return path.or === undefined ? [path] : [path, ...alternatives(path.or)];
}

export interface ProtectedTable {
  readonly schema: string;
  readonly table: string;
  readonly key: KeyPath;
  /** By column. A column that isn't here is `unnamedField`. */
  readonly fields: ReadonlyMap<string, Field>;
}

/** The support database's own tickets: what makes a customer's rows an actor's work, for binding and for explanations. */
export interface TicketTable {
  readonly schema: string;
  readonly table: string;
  readonly id: string;
  readonly customer: KeyPath;
  readonly assignee: string;
  /** A column that is null while a ticket is open; null where tickets never close. */
  readonly closed: string | null;
  /** A ticket is open only if what the path finds has one of these texts: a status, or `is_closed` of a table of statuses. Absent: any. */
  readonly open?: { readonly path: KeyPath; readonly values: readonly string[] };
  /** From the assignee's value to the actor's name: the value itself, or a column of the table of people. */
  readonly actor: readonly KeyStep[];
}

/** Everything that is protected. Tables by `schema.table`, as the catalog names them, unquoted. */
export interface Protection {
  readonly tables: ReadonlyMap<string, ProtectedTable>;
  readonly tickets: TicketTable | null;
}

export function tableKey(schema: string, table: string): string {
  return `${schema}.${table}`;
}
