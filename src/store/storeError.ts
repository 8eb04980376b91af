/** The engine could not answer. `kind` tells a lost engine from a refused statement; `code` is ClickHouse's own number. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly kind: "connection" | "query";
  readonly code: number | null;

  constructor(kind: "connection" | "query", message: string, code: number | null, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.code = code;
  }
}
