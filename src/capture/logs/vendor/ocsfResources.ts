import { type Foreign, listAt, parseForeign, reach, textAt, isForeign } from "./jsonReading.ts";

/**
 * The resource types that count as customers unless the import says otherwise. `user` and `account` are left out:
 * in most OCSF sources they are the company's own logins.
 */
export const customerTypesDefault: readonly string[] = [
  "customer",
  "contact",
  "person",
  "consumer",
  "client",
  "end_user",
  "end user",
  "requester",
  "caller",
  "subscriber",
  "member",
  "patient",
];

const ticketTypes: ReadonlySet<string> = new Set(["ticket", "case", "incident"]);

export interface NamedCustomer {
  readonly id: string;
  readonly fields: readonly string[];
  readonly masked: readonly string[];
}

/** What an event's resources say. */
export interface Named {
  readonly customers: readonly NamedCustomer[];
  /** Resources that are a customer, or of no said type, without a usable id. */
  readonly unnamed: number;
  /** Resources of other types. */
  readonly others: number;
  readonly tickets: readonly string[];
}

/** A search names what it searched in `web_resources` and what it found in `web_resources_result`; both were shown. */
export function namedIn(event: Foreign, types: ReadonlySet<string>): Named {
  const resources = ["web_resources", "web_resources_result", "resources"].flatMap((key) =>
    listAt(event, key),
  );
  const customers = new Map<string, NamedCustomer>();
  const tickets = new Set<string>();
  let unnamed = 0;
  let others = 0;
  for (const resource of resources) {
    const type = textAt(resource, "type").trim().toLowerCase();
    const id = idOf(resource);
    if (ticketTypes.has(type) && id !== "") tickets.add(id);
    if (types.has(type) && id !== "") customers.set(id, merged(customers.get(id), shown(id, resource)));
    else if (types.has(type) || type === "") unnamed++;
    else others++;
  }
  return { customers: [...customers.values()], unnamed, others, tickets: [...tickets] };
}

/** The uid, else a name that can be an id: a name with a space or an @ is a person's name or address, a value (I5). */
function idOf(resource: unknown): string {
  const name = textAt(resource, "name");
  return textAt(resource, "uid") || (/[\s@]/.test(name) ? "" : name);
}

function shown(id: string, resource: unknown): NamedCustomer {
  const data = dataOf(resource);
  const named = (...keys: readonly string[]): readonly string[] =>
    keys.flatMap((key) => {
      const value = reach(data, key);
      return typeof value === "string" ? [value] : listOfTexts(value);
    });
  return { id, fields: named("fields", "seen", "fields_seen"), masked: named("masked", "fields_masked") };
}

/** `data` is json_t: an object, or an object written as text. */
function dataOf(resource: unknown): unknown {
  const data = reach(resource, "data");
  return typeof data === "string" ? parseForeign(data) : isForeign(data) ? data : null;
}

function listOfTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === "string") : [];
}

/** The same customer named twice was shown all the fields; one shown anywhere is not masked. */
function merged(before: NamedCustomer | undefined, now: NamedCustomer): NamedCustomer {
  if (before === undefined) return now;
  const fields = [...before.fields, ...now.fields];
  const masked = [...before.masked, ...now.masked].filter((field) => !fields.includes(field));
  return { id: now.id, fields, masked };
}
