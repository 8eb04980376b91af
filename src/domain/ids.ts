import type { Brand } from "../base/index.ts";

/** The person or service account that reads. */
export type ActorId = Brand<string, "ActorId">;
/** Whose record it is. */
export type CustomerId = Brand<string, "CustomerId">;
/** The support case that may explain a read. */
export type TicketId = Brand<string, "TicketId">;

/** The longest id, in bytes of UTF-8 (docs/formats/input-tables.md). */
export const idBytesMax = 256;

function isId(text: string): boolean {
  // Control characters would let an id write into terminals, CSV files and logs (OWASP ASVS 5.0 V16.4.1).
  return (
    text !== "" &&
    text.isWellFormed() &&
    Buffer.byteLength(text) <= idBytesMax &&
    !/[\u0000-\u001f\u007f]/.test(text)
  );
}

export function parseActorId(text: string): ActorId | null {
  return isId(text) ? (text as ActorId) : null;
}

export function parseCustomerId(text: string): CustomerId | null {
  return isId(text) ? (text as CustomerId) : null;
}

export function parseTicketId(text: string): TicketId | null {
  return isId(text) ? (text as TicketId) : null;
}
