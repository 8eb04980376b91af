/** One question to the server's catalog, and why it is asked. It runs with an empty search_path; every name and operator in it is qualified. */
export interface CatalogQuery {
  readonly why: string;
  readonly sql: string;
}
