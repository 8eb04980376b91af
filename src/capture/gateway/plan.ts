import type { Protection, Role } from "../../policy/index.ts";
import type { Catalog } from "./catalog/catalog.ts";

/** One hidden column that tells whose rows made a row of the answer. It is stripped before the row is released. */
export interface Slot {
  /** Its name in the rewritten statement: unguessable, so that no column of the client's can pass for it. */
  readonly column: string;
  /** `schema.table`. */
  readonly table: string;
  /** Fields of the table whose values, or something made of them, may stand in the row as they are. */
  readonly shown: readonly string[];
  /** As `shown`, but only through their masks. */
  readonly masked: readonly string[];
  /** Fields that only decided whether the row came. */
  readonly probed: readonly string[];
  /** False: the column holds one customer's id as text, or null. True: JSON, arrays of such ids and nulls at any depth. */
  readonly many: boolean;
}

/** Fields that decided an answer without the customers being known: a count, a NOT EXISTS. */
export interface Probe {
  readonly table: string;
  readonly fields: readonly string[];
}

/** A column of a relation, as a row's description names it. */
export interface Origin {
  readonly relation: number;
  /** From 1. */
  readonly column: number;
}

/** How the statement changes what the session must remember, and how its rows come. */
export type StatementKind =
  | { readonly kind: "rows" }
  | {
      readonly kind: "copy_out";
      /** Hidden columns can't be told apart in `binary`: only for what isn't protected. */
      readonly format: "text" | "csv" | "binary";
      readonly delimiter: string;
      readonly quote: string;
      readonly escape: string;
      readonly nullText: string;
      readonly header: boolean;
    }
  | { readonly kind: "copy_in" }
  | { readonly kind: "declare"; readonly cursor: string; readonly hold: boolean }
  | { readonly kind: "fetch"; readonly cursor: string; readonly move: boolean }
  | { readonly kind: "close_cursor"; readonly cursor: string | null }
  | { readonly kind: "prepare"; readonly name: string }
  | { readonly kind: "execute"; readonly name: string }
  | { readonly kind: "deallocate"; readonly name: string | null }
  | { readonly kind: "begin" }
  | { readonly kind: "end"; readonly commits: boolean }
  | { readonly kind: "savepoint" }
  /** Also SELECT set_config(…), which answers with a row. `all`: RESET ALL. Null: back to the login's value. */
  | { readonly kind: "set"; readonly name: string; readonly local: boolean; readonly value: string | null }
  | { readonly kind: "discard"; readonly target: "all" | "plans" | "sequences" | "temporary" }
  | { readonly kind: "ddl"; readonly temporary: boolean }
  | { readonly kind: "other" };

/** What is done with one statement. */
export interface StatementPlan {
  /** What is sent to the server in its place. */
  readonly sql: string;
  readonly does: StatementKind;
  /** Hidden columns: the last of every row, in this order (COPY: the first of every line). */
  readonly slots: readonly Slot[];
  readonly probes: readonly Probe[];
  /** Fields that decided the answer, of tables whose customers the hidden columns tell: probes where no row tells of any. */
  readonly decided: readonly Probe[];
  /**
   * Columns of views that visible columns are, which the server would have named in the rows' description had their queries not taken
   * their place. Null where the server's own word holds; empty where it does for all.
   */
  readonly origins: readonly (Origin | null)[];
  /** Protected data fill or decide the answer: errors and notices are scrubbed. */
  readonly protected: boolean;
  readonly action: "read" | "search" | "export" | "update" | "delete";
  /** Literals and comments removed, for the record. */
  readonly normalized: string;
  /** Names of tables, columns and constraints that an error of this statement may keep. */
  readonly names: ReadonlySet<string>;
}

/** Of what concerns nobody. */
export const nobodys: Pick<
  StatementPlan,
  "slots" | "origins" | "probes" | "decided" | "protected" | "action" | "names"
> = {
  slots: [],
  origins: [],
  probes: [],
  decided: [],
  protected: false,
  action: "read",
  names: new Set(),
};

/**
 * Why a statement is not sent. `message` and `hint` hold nothing of the database's; a syntax error quotes the word that the client wrote, as the
 * server would, and goes to that client alone: neither is recorded.
 */
export interface StatementRefusal {
  readonly kind: "statement_refusal";
  /** SQLSTATE: 42501 for what whosaw refuses; the server's own for what it would refuse (42601, 42P01). */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Closed words for the record: which rule refused. */
  readonly rule: string;
  /** Character of the client's text, from 1, at which the server would point. */
  readonly position?: number;
}

/** What a statement is judged by. */
export interface PlanContext {
  readonly catalog: Catalog;
  readonly searchPath: readonly string[];
  readonly protection: Protection;
  readonly role: Role;
  readonly actor: string;
}

export function statementRefusal(refused: Omit<StatementRefusal, "kind">): StatementRefusal {
  return { kind: "statement_refusal", ...refused };
}

export function isStatementRefusal(value: object): value is StatementRefusal {
  return "kind" in value && value.kind === "statement_refusal";
}
