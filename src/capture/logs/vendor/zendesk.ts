import { parseInstant } from "../../../domain/index.ts";
import { framed, JsonFramer } from "./jsonRecords.ts";
import { type Foreign, isForeign, parseForeign, reach, textAt, wholeAt } from "./jsonReading.ts";
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
import { type Named, namedByGraphql, namedByPath } from "./zendeskPaths.ts";

/**
 * Zendesk's access log: pages of the REST answer (`{"access_logs": [...]}`), webhooks (`access_log.created`), or their
 * records one by one. The actor is the agent's user id. A path or GraphQL query that names a user is an access to that
 * user (an agent's own profile among them: `actors` tells agents and customers apart); one that names a ticket is an
 * access to its requester where `resolveTicket` knows them, else exposure unknown; so are lists and searches.
 */
export async function* zendesk(
  bytes: AsyncIterable<Uint8Array>,
  options: VendorOptions = {},
): AsyncGenerator<Normalised> {
  for await (const raw of framed(bytes, new JsonFramer(["access_logs"]))) {
    if ("reason" in raw) {
      yield rejected(raw.line, raw.reason);
      continue;
    }
    const parsed = parseForeign(raw.text);
    const records = parsed === null ? [] : unwrapped(parsed);
    if (records.length === 0)
      yield parsed === null ? rejected(raw.line, "not a JSON object") : ignored(raw.line, "an empty page");
    for (const record of records)
      yield* isForeign(record) ? read(raw.line, record, options) : [rejected(raw.line, "not a JSON object")];
  }
}

/** The records of a page or a webhook, or the record itself. */
function unwrapped(parsed: Foreign): readonly unknown[] {
  const event = reach(parsed, "event");
  for (const holder of [parsed, event]) {
    const list = reach(holder, "access_logs");
    if (Array.isArray(list)) return list;
  }
  if (textAt(parsed, "type").includes("access_log") && isForeign(event)) return [event];
  return isForeign(parsed["log"]) ? [parsed["log"]] : [parsed];
}

function read(line: number, record: Foreign, options: VendorOptions): readonly Normalised[] {
  if (record["source_type"] !== undefined && record["actor_id"] !== undefined)
    return [ignored(line, "a record of Zendesk's audit log, which tells of changed settings")];
  const at = circumstance(line, {
    time: parseInstant(textAt(record, "timestamp")),
    actor: textAt(record, "user_id"),
    session: "",
    ip: textAt(record, "ip_address"),
    source: "zendesk",
  });
  if ("kind" in at) return [at];
  const url = textAt(record, "url");
  if (url === "") return [rejected(line, "the url is missing")];
  const status = wholeAt(record, "status");
  if (status !== null && status >= 400) return [ignored(line, "the request failed")];
  const named = isForeign(record["graphql"])
    ? namedByGraphql(record["graphql"])
    : namedByPath(textAt(record, "method").toUpperCase(), url);
  return rowsOf(at, named, options);
}

function rowsOf(
  at: Parameters<typeof access>[0],
  named: Named,
  options: VendorOptions,
): readonly Normalised[] {
  if ("shows" in named) return [ignored(at.line, named.shows)];
  const { action } = named;
  return [
    ...named.customers.map((customer) => access(at, { customer, action })),
    ...named.tickets.map((ticket) => ticketRead(at, { ticket, action }, options)),
    ...(named.list === null ? [] : [unknown(at, { action, target: named.list, rows: named.rows })]),
  ];
}
