import type { Action } from "../../../domain/index.ts";
import { type Foreign, isForeign, parseForeign, reach, textAt, textOf } from "./jsonReading.ts";

/** What a request names. */
export type Named =
  | {
      readonly action: Action;
      readonly customers: readonly string[];
      readonly tickets: readonly string[];
      /** The path or operation that shows customers without naming them, or null. */
      readonly list: string | null;
      /** The page size asked for: no more records came back; 0 if it asked for none. */
      readonly rows: number;
    }
  | { readonly shows: string };

const showsNone: Named = { shows: "a request that shows no customer" };

/** Path segments whose records belong to customers. */
const customerSegments: ReadonlySet<string> = new Set([
  "users",
  "end_users",
  "deleted_users",
  "profiles",
  "user_profiles",
  "tickets",
  "deleted_tickets",
  "suspended_tickets",
  "requests",
  "search",
  "views",
  "incremental",
  "chats",
  "calls",
  "voice",
  "satisfaction_ratings",
  "attachments",
  "recipient_addresses",
  "ticket_audits",
  "ticket_metrics",
  "conversations",
]);

const userSegments: ReadonlySet<string> = new Set(["users", "end_users", "deleted_users"]);
const ticketSegments: ReadonlySet<string> = new Set(["tickets", "requests", "deleted_tickets"]);

/** Below a user: tickets that other people asked for. */
const othersTickets: ReadonlySet<string> = new Set(["assigned", "ccd", "followed"]);

export function namedByPath(method: string, url: string): Named {
  const { segments, query } = parts(url);
  if (segments.length === 0) return { shows: "the url can't be read" };
  const at = segments.findIndex((segment) => customerSegments.has(segment));
  if (at < 0) return showsNone;
  const [kind = "", id = ""] = segments.slice(at);
  const below = segments.slice(at + 2);
  const none = { action: actionOf(method, segments), customers: [], tickets: [], list: null, rows: 0 };
  if (userSegments.has(kind) && id === "me") return { shows: "the agent's own profile" };
  if (userSegments.has(kind) && isId(id) && !below.some((segment) => othersTickets.has(segment)))
    return { ...none, customers: [id] };
  if (ticketSegments.has(kind) && isId(id)) return { ...none, tickets: [id] };
  const ids = (query.get("ids") ?? "").split(",").filter((one) => one !== "");
  if (/^(show|update|destroy)_many$/.test(id) && ids.length > 0 && ids.every(isId)) {
    if (userSegments.has(kind)) return { ...none, customers: [...new Set(ids)] };
    if (ticketSegments.has(kind)) return { ...none, tickets: [...new Set(ids)] };
  }
  const size = query.get("page[size]") ?? query.get("per_page") ?? "";
  return { ...none, list: `/${segments.join("/")}`, rows: /^\d{1,6}$/.test(size) ? Number(size) : 0 };
}

/** The path's segments without `.json`; a segment that may hold a value (an address, a name) is left out of what is kept. */
function parts(url: string): { readonly segments: readonly string[]; readonly query: URLSearchParams } {
  if (!URL.canParse(url, "https://zendesk.invalid")) return { segments: [], query: new URLSearchParams() };
  const { pathname, searchParams } = new URL(url, "https://zendesk.invalid");
  const segments = pathname
    .replace(/\.json$/, "")
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => (/^[\w-]+$/.test(segment) ? segment : "…"));
  return { segments, query: searchParams };
}

function isId(text: string): boolean {
  return /^\d{1,20}$/.test(text);
}

function actionOf(method: string, segments: readonly string[]): Action {
  if (segments.includes("incremental") || segments.includes("export")) return "export";
  if (segments.some((segment) => segment === "search" || segment === "autocomplete")) return "search";
  if (method === "DELETE") return "delete";
  return method === "POST" || method === "PUT" || method === "PATCH" ? "update" : "read";
}

/** `field(id: $variable)` or `field(id: "1")`, wherever it stands in the query. */
const byId =
  /\b(ticket|request|user|customer|endUser|requester)\s*\(\s*(?:id|ticketId|userId|customerId)\s*:\s*(?:\$(\w+)|"?(\d+)"?)/g;
const lists = /\b(tickets|users|customers|search\w*|views?\w*|conversations)\s*\(/i;
const subjects = /ticket|user|customer|requester|search|view|profile|conversation|organization/i;

/** The log cuts long queries, so what it doesn't show may be more than it names; what it names is known. */
export function namedByGraphql(graphql: Foreign): Named {
  const query = textAt(graphql, "query");
  const operation = textAt(graphql, "operation_name");
  const written = reach(graphql, "variables");
  // The variables are an object written as text, in the documentation's sample and in the product.
  const variables = typeof written === "string" ? parseForeign(written) : isForeign(written) ? written : null;
  const customers = new Set<string>();
  const tickets = new Set<string>();
  let unnamed = lists.test(query);
  for (const [, field = "", variable, literal = ""] of query.matchAll(byId)) {
    const id = variable === undefined ? literal : textOf(reach(variables, variable));
    if (!isId(id)) unnamed = true;
    else if (field === "ticket" || field === "request") tickets.add(id);
    else customers.add(id);
  }
  const nothing = customers.size + tickets.size === 0;
  if (nothing && !unnamed && !subjects.test(`${operation} ${query}`)) return showsNone;
  const action: Action =
    textAt(graphql, "operation_type").toUpperCase() === "MUTATION"
      ? "update"
      : /search/i.test(operation)
        ? "search"
        : "read";
  const name = /^\w{1,100}$/.test(operation) ? ` ${operation}` : "";
  return {
    action,
    customers: [...customers],
    tickets: [...tickets],
    list: unnamed || nothing ? `graphql${name}` : null,
    rows: 0,
  };
}
