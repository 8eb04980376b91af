import type { Order, Proposal } from "../../../serve/index.ts";
import { count } from "../../terminal/table.ts";

/** What an order would do, in one sentence without its full stop. */
export function orderText(order: Order, entries: number): string {
  if (order.do === "shred")
    return `destroy the key of ${order.person}: what was sealed for them can't be read any more`;
  if (order.do === "approver") {
    const name = order.approver.split("+")[0] ?? "";
    return order.change === "add"
      ? `let ${name} approve (${order.approver})`
      : `let ${name} approve no longer`;
  }
  const { kind, before, stretches } = order;
  const places = stretches?.map(({ from, to }) => (to === from + 1 ? `${from}` : `${from}-${to - 1}`));
  return [
    `erase ${count(entries)} entries`,
    kind === null ? "" : ` of kind ${kind}`,
    before === null ? "" : ` from before ${before}`,
    places === undefined ? "" : ` at ${places.join(", ")}`,
  ].join("");
}

/** A proposal as a person reads it before agreeing. */
export function proposalText({ index, order, entries, by, approvedBy }: Proposal): string {
  return [
    `Proposal ${index} by ${by}: ${orderText(order, entries)}.\n`,
    order.reason === "" ? "" : `  Reason: ${order.reason}\n`,
    `  Approved by: ${approvedBy.length === 0 ? "nobody yet" : approvedBy.join(", ")}\n`,
  ].join("");
}
