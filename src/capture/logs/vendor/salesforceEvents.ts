/**
 * What an event type shows: a page (one record), a list (report, list view), an export, a search, or what an API call
 * (`api`: one record or a query) or a bulk job asks for.
 */
export type Kind = "page" | "list" | "export" | "search" | "api" | "bulk";

/** Event types of Event Log Files and real-time events, without case and without Event, EventStream and EventStore. */
const kinds: { readonly [type: string]: Kind } = {
  uri: "page",
  lightninguri: "page",
  lightningpageview: "page",
  visualforcerequest: "page",
  searchclick: "page",
  report: "list",
  asyncreportrun: "list",
  multiblockreport: "list",
  dashboard: "list",
  listview: "list",
  reportexport: "export",
  dataexport: "export",
  documentattachmentdownloads: "export",
  contenttransfer: "export",
  search: "search",
  api: "api",
  restapi: "api",
  apitotalusage: "api",
  bulkapi: "bulk",
  bulkapi2: "bulk",
  bulkapirequest: "bulk",
  bulkapiresult: "bulk",
};

/** Null: a login, a callout, an anomaly, a change of settings. */
export function effects(type: string): Kind | null {
  const name = type.toLowerCase().replace(/event(stream|store)?$/, "");
  return Object.hasOwn(kinds, name) ? (kinds[name] ?? null) : null;
}

/** Key prefixes of standard objects (Salesforce, "Standard Field Definition Prefixes"). */
const prefixes: { readonly [object: string]: string } = {
  account: "001",
  personaccount: "001",
  contact: "003",
  lead: "00Q",
  individual: "0PK",
};

/** Objects in lower case with their key prefixes. */
export function customerPrefixes(objects: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    objects.map((object) => {
      const [name = "", prefix] = object.toLowerCase().split("=");
      return [name, prefix === undefined ? (prefixes[name] ?? "") : (object.split("=")[1] ?? "")] as const;
    }),
  );
}

export function isCase(id: string): boolean {
  return id.startsWith("500");
}

/** Record ids in a URL, a cell or a `Records` text: 15 or 18 letters and digits, with nothing else around them. */
export function idsIn(text: string): readonly string[] {
  return text.match(/(?<![A-Za-z0-9_])[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?(?![A-Za-z0-9_])/g) ?? [];
}

const checkLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** The 18-character form of an id: each of the last three says which of five characters are capitals. Other texts stay. */
export function to18(id: string): string {
  if (!/^[a-zA-Z0-9]{15}$/.test(id)) return id;
  const check = [0, 5, 10].map((start) => {
    let bits = 0;
    for (let at = 0; at < 5; at++) if (/[A-Z]/.test(id[start + at] ?? "")) bits |= 1 << at;
    return checkLetters[bits] ?? "";
  });
  return id + check.join("");
}
