import { type Action, type Instant, parseInstant } from "../../../domain/index.ts";
import { framed, JsonFramer } from "./jsonRecords.ts";
import { type Foreign, listAt, parseForeign, textAt, wholeAt } from "./jsonReading.ts";
import {
  access,
  circumstance,
  type Circumstance,
  ignored,
  type Normalised,
  rejected,
  ticketRead,
  unknown,
  type VendorOptions,
} from "./normalised.ts";
import { customerTypesDefault, type Named, namedIn } from "./ocsfResources.ts";

/** What an activity does to the records it names; a text says why it shows none. */
type Effect = Action | { readonly shows: string };

interface OcsfClass {
  readonly name: string;
  readonly effects: { readonly [activity: number]: Effect };
}

const connects: Effect = { shows: "a connection shows no record" };
const notGranted: Effect = { shows: "access was not granted" };

/** The classes that tell of reads, with their `activity_id`s (OCSF 1.5.0). 6004 is deprecated since 1.1.0 and only imported. */
const classes: { readonly [uid: number]: OcsfClass } = {
  6001: {
    name: "web resources activity",
    effects: {
      1: "update",
      2: "read",
      3: "update",
      4: "delete",
      5: "search",
      6: "update",
      7: "export",
      8: "export",
    },
  },
  6003: { name: "api activity", effects: { 1: "update", 2: "read", 3: "update", 4: "delete" } },
  6004: {
    name: "web resource access activity",
    effects: { 1: "read", 2: notGranted, 3: notGranted, 4: notGranted },
  },
  6005: {
    name: "datastore activity",
    effects: {
      1: "read",
      2: "update",
      3: connects,
      4: "search",
      5: "update",
      6: "update",
      7: "delete",
      8: "search",
      9: { shows: "encrypting shows no record" },
      10: "read",
    },
  },
};

const statusFailure = 2;
const actionDenied = 2;
const dispositionBlocked = 2;

/**
 * OCSF events as JSON Lines, a list, or `{"events": [...]}`: classes 6001, 6003, 6004 and 6005, one resource per customer.
 * An event whose class_name contradicts its class_uid is rejected: many programs send "Application Activity" as 6005.
 * A resource is a customer if its `type` is one of `customerTypes` (default: `customerTypesDefault`).
 */
export async function* ocsf(
  bytes: AsyncIterable<Uint8Array>,
  options: VendorOptions = {},
): AsyncGenerator<Normalised> {
  const types = new Set((options.customerTypes ?? customerTypesDefault).map((type) => type.toLowerCase()));
  for await (const record of framed(bytes, new JsonFramer(["events"]))) {
    if ("reason" in record) yield rejected(record.line, record.reason);
    else {
      const event = parseForeign(record.text);
      if (event === null) yield rejected(record.line, "not a JSON object");
      else yield* readEvent(record.line, event, { types, options });
    }
  }
}

interface Reading {
  readonly types: ReadonlySet<string>;
  readonly options: VendorOptions;
}

interface Seen {
  readonly action: Action;
  readonly named: Named;
  readonly options: VendorOptions;
}

function readEvent(line: number, event: Foreign, { types, options }: Reading): readonly Normalised[] {
  const effect = effectOf(event);
  if (typeof effect !== "string")
    return ["bad" in effect ? rejected(line, effect.bad) : ignored(line, effect.shows)];
  const at = circumstance(line, {
    time: timeOf(event),
    actor: actorOf(event),
    session: textAt(event, "actor", "session", "uid") || textAt(event, "session", "uid"),
    ip: textAt(event, "src_endpoint", "ip"),
    source: "ocsf",
  });
  if ("kind" in at) return [at];
  return rowsOf(at, event, { action: effect, named: namedIn(event, types), options });
}

function effectOf(event: Foreign): Effect | { readonly bad: string } {
  const uid = wholeAt(event, "class_uid");
  if (uid === null) return { bad: "class_uid is missing or not a number" };
  const known = classes[uid];
  if (known === undefined) return { shows: "an OCSF class that tells of no reads" };
  const name = textAt(event, "class_name").trim().toLowerCase();
  if (name !== "" && name !== known.name)
    return { bad: `class_uid is ${uid} but class_name names another class` };
  const activity = wholeAt(event, "activity_id");
  if (activity === null) return { bad: "activity_id is missing or not a number" };
  const typeUid = wholeAt(event, "type_uid");
  if (typeUid !== null && typeUid !== uid * 100 + activity)
    return { bad: "type_uid contradicts class_uid and activity_id" };
  if (wholeAt(event, "status_id") === statusFailure) return { shows: "the activity failed" };
  if (wholeAt(event, "action_id") === actionDenied || wholeAt(event, "disposition_id") === dispositionBlocked)
    return { shows: "the activity was denied" };
  // 0 (unknown) and 99 (other) may have shown the record, so they count as reads.
  return known.effects[activity] ?? "read";
}

function rowsOf(at: Circumstance, event: Foreign, seen: Seen): readonly Normalised[] {
  const { action, named, options } = seen;
  const tickets = [...new Set([...named.tickets, textAt(event, "ticket", "uid")])].filter((id) => id !== "");
  const ticket = tickets.length === 1 ? (tickets[0] ?? "") : "";
  const rows: Normalised[] = named.customers.map((customer) =>
    access(at, { customer: customer.id, action, fields: customer.fields, masked: customer.masked, ticket }),
  );
  // A ticket read without its customer: the tickets table may know whose it is.
  if (rows.length === 0) rows.push(...tickets.map((id) => ticketRead(at, { ticket: id, action }, options)));
  if (named.unnamed > 0 || (rows.length === 0 && named.others === 0))
    rows.push(unknown(at, { action, target: targetOf(event), ticket }));
  return rows.length > 0 ? rows : [ignored(at.line, "none of its resources is of a customer type")];
}

/** Where the read went. A query's text and a URL's parameters may hold values, so they are never taken. */
function targetOf(event: Foreign): string {
  const table = textAt(event, "table", "name") || textAt(event, "databucket", "name");
  const database = textAt(event, "database", "name");
  const store = [database, table].filter((name) => name !== "").join(".");
  const types = listAt(event, "web_resources").map((resource) => textAt(resource, "type"));
  return store || textAt(event, "api", "operation") || (types.find((type) => type !== "") ?? "");
}

/** A person by uid, name or address; else the program that acted. */
function actorOf(event: Foreign): string {
  const user = ["uid", "name", "email_addr"].map((key) => textAt(event, "actor", "user", key));
  const program = ["app_uid", "app_name", "invoked_by"].map((key) => textAt(event, "actor", key));
  return [...user, ...program].find((text) => text !== "") ?? "";
}

/**
 * `time` is epoch milliseconds (OCSF timestamp_t), but some programs write other units. Read by magnitude:
 * below 1e11 seconds (1973 as milliseconds, 5138 as seconds), from 1e14 microseconds, from 1e17 nanoseconds.
 */
function timeOf(event: Foreign): Instant | null {
  const written = textAt(event, "time") || fractional(event["time"]) || textAt(event, "time_dt");
  if (!/^\d{9,19}$/.test(written)) return parseInstant(written);
  const digits = BigInt(written);
  if (digits < 100_000_000_000n) return parseInstant(String(digits * 1000n));
  if (digits < 100_000_000_000_000n) return parseInstant(String(digits));
  return parseInstant(String(digits / (digits < 100_000_000_000_000_000n ? 1000n : 1_000_000n)));
}

/** Numbers with a fraction, and nanoseconds, which exceed what JSON.parse keeps exactly but not to the millisecond. */
function fractional(value: unknown): string {
  return typeof value === "number" && value > 0 && value < 1e19 ? BigInt(Math.trunc(value)).toString() : "";
}
