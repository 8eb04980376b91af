import { type Action, type Instant, parseInstant } from "../../../domain/index.ts";
import { CsvFramer, csvCells } from "./csvRecords.ts";
import { EitherFramer, framed } from "./jsonRecords.ts";
import { isForeign, parseForeign, reach, textAt, textOf } from "./jsonReading.ts";
import {
  access,
  circumstance,
  ignored,
  type Normalised,
  rejected,
  ticketRead,
  unknown,
  type VendorOptions,
} from "./normalised.ts";
import { customerPrefixes, effects, idsIn, isCase, type Kind, to18 } from "./salesforceEvents.ts";

/** The objects whose records are customers unless the import says otherwise; a custom object is named with its key prefix (`Client__c=a0X`). */
export const customerObjectsDefault: readonly string[] = ["Contact", "Account", "Lead"];

/** An event's members by name, without case and underscores: `USER_ID` of a log file and `UserId` of a real-time event are one. */
type Event = ReadonlyMap<string, unknown>;

/**
 * Salesforce Event Log Files (CSV, also several in one file) and real-time events (JSON). A page view of a customer's
 * record is an access, of a case a read of its ticket; reports, list views and queries are exposure unknown, bounded by
 * their row count, but for the rows that a real-time event's `Records` names. Ids are written with 18 characters.
 */
export async function* salesforce(
  bytes: AsyncIterable<Uint8Array>,
  options: VendorOptions = {},
): AsyncGenerator<Normalised> {
  const framer = new EitherFramer(["records"], () => new CsvFramer());
  const reader = new EventReader(options);
  let header: readonly string[] | null = null;
  for await (const raw of framed(bytes, framer)) {
    if ("reason" in raw) {
      yield rejected(raw.line, raw.reason);
      continue;
    }
    if (framer.isJson) {
      yield* reader.read(raw.line, jsonEvent(raw.text));
      continue;
    }
    const cells = csvCells(raw.text) ?? [];
    if (cells.includes("EVENT_TYPE")) header = cells;
    else if (header === null) yield rejected(raw.line, "no header with EVENT_TYPE stands before it");
    else if (cells.length !== header.length)
      yield rejected(raw.line, "it has not as many cells as the header");
    else yield* reader.read(raw.line, eventOf(header.map((name, column) => [name, cells[column] ?? ""])));
  }
}

function eventOf(members: Iterable<readonly [string, unknown]>): Event {
  const event = new Map<string, unknown>();
  for (const [name, value] of members) event.set(name.replaceAll("_", "").toLowerCase(), value);
  return event;
}

/** An event as such, or in the envelope of the streaming API (`payload`) or of a log collector (`log`). */
function jsonEvent(text: string): Event | null {
  const parsed = parseForeign(text);
  if (parsed === null) return null;
  const inner =
    [reach(parsed, "data", "payload"), parsed["payload"], parsed["log"]].find(isForeign) ?? parsed;
  const type = textAt(parsed, "attributes", "type") || textAt(parsed, "channel").split("/").at(-1);
  return eventOf([["EVENT_TYPE", type ?? ""], ...Object.entries(inner)]);
}

class EventReader {
  readonly #options: VendorOptions;
  readonly #objects: ReadonlyMap<string, string>;

  constructor(options: VendorOptions) {
    this.#options = options;
    this.#objects = customerPrefixes(options.customerObjects ?? customerObjectsDefault);
  }

  read(line: number, event: Event | null): readonly Normalised[] {
    if (event === null) return [rejected(line, "not a JSON object")];
    const text = (...names: readonly string[]): string =>
      names.map((name) => textOf(event.get(name)).trim()).find((value) => value !== "") ?? "";
    const type = text("eventtype");
    if (type === "") return [rejected(line, "the event type is missing")];
    const kind = effects(type);
    if (kind === null) return [ignored(line, "an event type that shows no record")];
    if (failed(text)) return [ignored(line, "the request failed")];
    const named = this.#named(event, kind, text);
    const list = this.#list(kind, text, named.length);
    if (named.length === 0 && list === null)
      return [ignored(line, "no customer's record and no list of them is named")];
    const at = circumstance(line, {
      time: timeOf(text),
      actor: to18(text("useridderived", "userid")),
      session: text("sessionkey"),
      ip: text("clientip", "sourceip"),
      source: "salesforce",
    });
    if ("kind" in at) return [at];
    const action = actionOf(kind, text);
    const fields = text("columnheaders").replaceAll(/[[\]]/g, "").split(",");
    return [
      ...named.map((id) =>
        isCase(id)
          ? ticketRead(at, { ticket: id, action }, this.#options)
          : access(at, { customer: id, action, fields }),
      ),
      ...(list === null ? [] : [unknown(at, { action, fields, ...list })]),
    ];
  }

  /** The customers' and cases' ids that the event names. What was open before (PREVPAGE_...) is another event's. */
  #named(event: Event, kind: Kind, text: Text): readonly string[] {
    const pages = ["recordid", "pageentityid", "uriidderived", "clickedrecordid", "uri", "pageurl"].map(
      (name) => text(name),
    );
    const records = event.get("records");
    const rows = typeof records === "string" ? records : JSON.stringify(records ?? "");
    const found = [...(kind === "list" ? [] : pages.flatMap(idsIn)), ...idsIn(rows)];
    const prefixes = new Set(this.#objects.values());
    return [...new Set(found.map(to18))].filter((id) => isCase(id) || prefixes.has(id.slice(0, 3)));
  }

  /** The list that was shown without naming all of its rows. */
  #list(kind: Kind, text: Text, named: number): { readonly target: string; readonly rows: number } | null {
    const page = text("pageurl", "uri");
    const object = text("entityname", "queriedentities") || (/\/o\/(\w+)\/list/.exec(page)?.[1] ?? "");
    if (kind === "page" && !this.#isListPage(page)) return null;
    if (object !== "" && !this.#isCustomers(object)) return null;
    const counted = text(...rowCounts);
    const rows = /^\d{1,15}(\.0*)?$/.test(counted) ? Math.trunc(Number(counted)) : 0;
    // A call that names one record by its path counts no rows.
    if (kind === "api" && named > 0 && rows <= named) return null;
    // All of the rows that were counted are named.
    if (named > 0 && rows > 0 && rows <= named) return null;
    const report = to18(text("reportid", "listviewid", "jobid"));
    return { target: object || report || text("eventtype"), rows: Math.max(0, rows - named) };
  }

  /** `/lightning/o/Contact/list`, or Classic's `/003` and `/003/o`. */
  #isListPage(page: string): boolean {
    const classic = /^\/(\w{3})(?:\/o)?(?:\?|$)/.exec(page)?.[1];
    return (
      /\/o\/\w+\/list/.test(page) ||
      (classic !== undefined && [...this.#objects.values(), "500"].includes(classic))
    );
  }

  #isCustomers(objects: string): boolean {
    return objects
      .split(/[,;]/)
      .some((object) => this.#objects.has(object.trim().toLowerCase()) || /^case$/i.test(object.trim()));
  }
}

const rowCounts = [
  "rowsprocessed",
  "rowcount",
  "recordsprocessed",
  "numberofrecords",
  "rowsreturned",
  "numresults",
];

type Text = (...names: readonly string[]) => string;

/** TIMESTAMP is `20240311160000.000` in UTC; TIMESTAMP_DERIVED and EventDate are ISO 8601. */
function timeOf(text: Text): Instant | null {
  const written = text("timestampderived", "eventdate", "timestamp", "createddate");
  const packed = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?$/.exec(written);
  if (packed === null) return parseInstant(written);
  const [, year, month, day, hour, minute, second, fraction = ""] = packed;
  return parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
}

/** SUCCESS 0, an HTTP error, or REQUEST_STATUS F(ailed), A(uthorization error) or N(ot found). */
function failed(text: Text): boolean {
  const status = text("statuscode", "httpstatuscode");
  return text("success") === "0" || /^[45]\d\d$/.test(status) || /^[FAN]$/.test(text("requeststatus"));
}

function actionOf(kind: Kind, text: Text): Action {
  const verb = text("operationtype", "operation", "methodname", "method", "httpmethod").toLowerCase();
  if (kind === "export" || verb.includes("export")) return "export";
  if (/delete/.test(verb)) return "delete";
  if (/^(insert|update|upsert|create|undelete|merge|patch|post|put)/.test(verb))
    return kind === "page" ? "read" : "update";
  if (kind === "search") return "search";
  return kind === "bulk" ? "export" : "read";
}
