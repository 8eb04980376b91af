/** One step of the store's schema. Applied once, in the order of its number, and never changed afterwards. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Why the schema became what it is. */
  readonly why: string;
  /** Each may run again after a crash: CREATE ... IF NOT EXISTS, ADD COLUMN IF NOT EXISTS. */
  readonly statements: readonly string[];
}
