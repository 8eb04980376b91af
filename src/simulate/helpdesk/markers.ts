/**
 * Markers: texts that no cell but one holds, so that whoever finds one in any bytes knows whose field it was. The form survives
 * folding of case, reversal and every encoding that has a decoder: `mk`, customer, `x`, two letters of the field, row, `z`.
 */
export interface Marked {
  readonly customer: string;
  /** `schema.table`. */
  readonly table: string;
  readonly field: string;
}

/** The two letters of a field in its markers. Numbers and dates are told by their range instead, and have none. */
export const markerCodes: ReadonlyMap<string, readonly [table: string, field: string]> = new Map([
  ["nm", ["public.customers", "name"]],
  ["em", ["public.customers", "email"]],
  ["ph", ["public.customers", "phone"]],
  ["ad", ["public.customers", "address"]],
  ["no", ["public.customers", "notes"]],
  ["pr", ["public.customers", "profile"]],
  ["al", ["public.customers", "aliases"]],
  ["su", ["public.tickets", "subject"]],
  ["bo", ["public.messages", "body"]],
  ["an", ["public.attachments", "name"]],
  ["ac", ["public.attachments", "content"]],
  ["cn", ["public.calls", "number"]],
  ["cs", ["public.calls", "summary"]],
]);

const four = (value: number): string => String(value).padStart(4, "0");

/** Customers and rows of a marked database are below this. */
export const markedIdMax = 9999;

/** `code` is one of `markerCodes`. */
export function marker(customer: number, code: string, row: number): string {
  return `mk${four(customer)}x${code}${four(row)}z`;
}

/** The text of a marker, whole; groups: customer, code, row. */
export const markerPattern: RegExp = /mk([0-9]{4})x([a-z]{2})([0-9]{4})z/gi;

/**
 * A marked phone number as a number: `markedPhone(17)` is 8100175338. Its end hangs on the square of the customer, so that no sum or mean
 * of others' numbers has one's digits in it.
 */
export function markedPhone(customer: number): number {
  return 8_100_000_000 + customer * 10_000 + ((4471 + 3 * customer * customer) % 10_000);
}

/**
 * A marked date of birth: no other date of the database lies in its range, 1911-01-01 and the 9,972 days after it. Scattered, so that
 * the day after one isn't another's. (4,111 and the prime 9,973 make every customer's different.)
 */
export function markedBirth(customer: number): string {
  return new Date(Date.UTC(1911, 0, 1) + ((customer * 4111) % 9973) * 86_400_000).toISOString().slice(0, 10);
}
