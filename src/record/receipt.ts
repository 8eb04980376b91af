/**
 * The log's word that an entry is durable and has its place. It is given once the entry is in the write-ahead file on
 * the disk; the checkpoint that proves it to others follows within a second. Whoever holds a receipt can show a loss:
 * the leaf hash must stand at that index of every later tree.
 */
export interface Receipt {
  readonly log: string;
  readonly index: number;
  /** RFC 6962 leaf hash, base64. */
  readonly leafHash: string;
  /** When the entry was sequenced: RFC 3339 in UTC, milliseconds. */
  readonly recorded: string;
}
