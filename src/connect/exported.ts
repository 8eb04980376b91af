import type { Action, ExplanationKind, Instant } from "../domain/index.ts";

/** Whether work explains a sighting. `bystander`: a search hit on the way to another customer's explained read. */
export type SightingClass = "explained" | "bystander" | "unexplained";

/** Where a row stands behind the log: the entry of its import, and the line of the imported file. */
export interface ExportReceipt {
  readonly log: string;
  readonly entry: number;
}

/** What every exported row says: who, when, how, from where, and what vouches for it. Texts are '' where the source said nothing. */
interface Row {
  readonly time: Instant;
  readonly actor: string;
  readonly action: Action;
  /** Names of the fields shown, never their values. */
  readonly fields: readonly string[];
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  readonly import: number;
  readonly line: number;
  readonly receipt: ExportReceipt | null;
}

/** One customer seen once. */
export interface ExportedSighting extends Row {
  readonly known: true;
  readonly customer: string;
  readonly masked: readonly string[];
  readonly ticket: string;
  readonly class: SightingClass;
  readonly explanation: { readonly kind: ExplanationKind; readonly ticket: string } | null;
}

/** An event that does not say which customers it showed. */
export interface ExportedUnknown extends Row {
  readonly known: false;
  /** The object, table or path that the source named. */
  readonly target: string;
  /** The most customers it can have shown; 0: no bound is known. */
  readonly rowsMax: number;
}

export type Exported = ExportedSighting | ExportedUnknown;

/**
 * A row's name, the same in every export: where its import stands in the log, the line, and the customer, because one line of
 * another system's log may show several. An import outside the log is named by its number alone, which only this store knows.
 */
export function rowName(row: Exported): string {
  const origin = row.receipt === null ? `import-${row.import}` : `${row.receipt.log}/${row.receipt.entry}`;
  return row.known ? `${origin}/${row.line}/${row.customer}` : `${origin}/${row.line}`;
}
