/** What this room asks of the store: statements in the ClickHouse dialect, values only as parameters. */
export interface Engine {
  /** Rows of a SELECT; 64-bit integers come as numbers. */
  query<Row>(sql: string, params?: Readonly<Record<string, unknown>>): Promise<readonly Row[]>;
  /** A statement without an answer. */
  command(sql: string, params?: Readonly<Record<string, unknown>>): Promise<void>;
}
