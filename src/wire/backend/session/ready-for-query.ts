import { type Codec, letter } from "../../octets/codec.ts";

/** Where the session stands: outside a transaction, in one, or in one that has failed. */
export type TransactionStatus = "idle" | "transaction" | "failed";

/** The server has answered all and waits. */
export interface ReadyForQuery {
  readonly from: "backend";
  readonly kind: "ReadyForQuery";
  readonly status: TransactionStatus;
}

const letters: Readonly<Record<TransactionStatus, string>> = { idle: "I", transaction: "T", failed: "E" };
const statuses: ReadonlyMap<number, TransactionStatus> = new Map([
  [letter("I"), "idle"],
  [letter("T"), "transaction"],
  [letter("E"), "failed"],
]);

export const readyForQuery: Codec<ReadyForQuery> = {
  kind: "ReadyForQuery",
  type: letter("Z"),
  bytesMin: 5,
  bytesMax: 5,
  read: (from) => {
    const status = statuses.get(from.uint8());
    if (status === undefined) from.fail("unknown_value");
    return { from: "backend", kind: "ReadyForQuery", status: status ?? "failed" };
  },
  write: (message, to) => to.uint8(letter(letters[message.status])),
};
