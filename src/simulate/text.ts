/** How the desk's numbers look in the input tables. */

/** Sorted, so that a mask's fields joined in order are a list cell as the tables want it. Bit i of a mask is field i. */
export const fieldNames = ["address", "email", "name", "phone", "product", "ticket"] as const;

export type FieldName = (typeof fieldNames)[number];

export const bit: { readonly [field in FieldName]: number } = {
  address: 1,
  email: 2,
  name: 4,
  phone: 8,
  product: 16,
  ticket: 32,
};

export function maskOf(fields: readonly FieldName[]): number {
  return fields.reduce((mask, field) => mask | bit[field], 0);
}

/** The members of each mask, by mask. */
export const maskFields: readonly (readonly FieldName[])[] = Array.from({ length: 64 }, (_, mask) =>
  fieldNames.filter((field) => (mask & bit[field]) !== 0),
);

/** The list cell of each mask, by mask. */
export const maskTexts: readonly string[] = maskFields.map((fields) => fields.join(";"));

export const kindNames = ["consumer", "business", "government"] as const;

/** The event column of ticket_events, by number. */
export const eventNames = ["assigned", "commented", "called", "transferred", "closed", "reviewed"] as const;

export type EventName = (typeof eventNames)[number];

export const eventNumber: { readonly [event in EventName]: number } = {
  assigned: 0,
  commented: 1,
  called: 2,
  transferred: 3,
  closed: 4,
  reviewed: 5,
};

const dayMs = 86_400_000;

const four = Array.from({ length: 10_000 }, (_, n) => String(n).padStart(4, "0"));

/** Eight digits, from two halves kept ready: ids are most of what is written. Larger numbers have more digits. */
function eight(index: number): string {
  const high = Math.floor(index / 10_000);
  return (four[high] ?? String(high)) + four[index - high * 10_000]!;
}

export function customerText(index: number): string {
  return "c" + eight(index);
}

export function ticketText(index: number): string {
  return index < 0 ? "" : "t" + eight(index);
}

export function sessionText(index: number): string {
  return "s" + index.toString(36);
}

/** Dotted IPv4. The desk uses only private (RFC 1918), benchmark (RFC 2544) and documentation (RFC 5737) networks. */
export function ipText(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
const three = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));

/** Writes RFC 3339 in UTC about ten times as fast as Date can, because rows of one day share their date. */
export function timeTexts(): (time: number) => string {
  let day = Number.NaN;
  let date = "";
  return (time) => {
    const now = Math.floor(time / dayMs);
    if (now !== day) {
      day = now;
      date = new Date(now * dayMs).toISOString().slice(0, 11);
    }
    const rest = time - now * dayMs;
    const second = Math.floor(rest / 1000);
    const minute = Math.floor(second / 60);
    const millis = rest % 1000;
    const clock = `${date}${two[Math.floor(minute / 60)]}:${two[minute % 60]}:${two[second % 60]}`;
    return millis === 0 ? `${clock}Z` : `${clock}.${three[millis]}Z`;
  };
}
