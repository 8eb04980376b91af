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

/** One step from a row towards its customer: find the row of `table` whose `match` equals what one has, and take its `take`. */
export interface KeyStep {
  readonly schema: string;
  readonly table: string;
  readonly match: string;
  readonly take: string;
}

/** Where a row's customer stands: in a column of the row itself, or through foreign keys: `messages.ticket_id -> tickets.id, customer_id`. */
export interface KeyPath {
  readonly column: string;
  readonly steps: readonly KeyStep[];
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
