import { type Json } from "../../base/index.ts";
import type { Person } from "../people/sealing.ts";
import type { Stretch } from "./erase.ts";

/** Entries to be erased: those of a kind, or older than a moment, or in these places; of several, those that are all of it. */
export interface ErasureOrder {
  readonly do: "erase";
  readonly kind: string | null;
  /** RFC 3339: entries whose own `time` is earlier. */
  readonly before: string | null;
  readonly stretches: readonly Stretch[] | null;
  readonly reason: string;
}

/** One person's key to be shredded. */
export interface ShreddingOrder {
  readonly do: "shred";
  readonly person: Person;
  readonly holder: string;
  readonly reason: string;
}

/** A change of who may approve. */
export interface ApproverOrder {
  readonly do: "approver";
  readonly change: "add" | "remove";
  /** A verifier key's text; its name is the approver's. */
  readonly approver: string;
  readonly reason: string;
}

/** What two people must agree to. */
export type Order = ErasureOrder | ShreddingOrder | ApproverOrder;

/** An order as an entry holds it. */
export function orderJson(order: Order): { readonly [member: string]: Json } {
  if (order.do !== "erase") return { ...order };
  const stretches = order.stretches?.map(({ from, to }) => ({ from, to })) ?? null;
  return { ...order, stretches };
}

/** Null for anything but an order. */
export function parseOrder(json: Json | undefined): Order | null {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return null;
  const { do: what, reason, ...rest } = json as { readonly [member: string]: Json };
  if (typeof reason !== "string") return null;
  if (what === "erase") return parseErasure(rest, reason);
  if (what === "shred") {
    const { person, holder } = rest;
    return typeof person === "string" && isPerson(person) && typeof holder === "string"
      ? { do: what, person, holder, reason }
      : null;
  }
  const { change, approver } = rest;
  if (what !== "approver" || typeof approver !== "string") return null;
  return change === "add" || change === "remove" ? { do: what, change, approver, reason } : null;
}

function parseErasure(
  { kind, before, stretches }: { readonly [member: string]: Json },
  reason: string,
): ErasureOrder | null {
  if (!isTextOrNull(kind) || !isTextOrNull(before)) return null;
  if (stretches !== null && !Array.isArray(stretches)) return null;
  const parsed = stretches === null ? null : (stretches as readonly Json[]).map(parseStretch);
  return parsed?.includes(null) === true
    ? null
    : {
        do: "erase",
        kind,
        before,
        stretches: parsed?.filter((one) => one !== null) ?? null,
        reason,
      };
}

function parseStretch(json: Json): Stretch | null {
  const { from, to } = json as { readonly from?: Json; readonly to?: Json };
  return typeof from === "number" && typeof to === "number" ? { from, to } : null;
}

function isTextOrNull(json: Json | undefined): json is string | null {
  return json === null || typeof json === "string";
}

function isPerson(text: string): text is Person {
  return text.startsWith("actor:") || text.startsWith("customer:");
}
