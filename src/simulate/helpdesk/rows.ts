import { type Random } from "../../base/index.ts";
import { below, oneOf, stream } from "../chance.ts";
import { markedBirth, markedPhone, marker } from "./markers.ts";
import { products, queues, sentences, subjects, tagNames, teamNames, tongues, type Tongue } from "./words.ts";

export interface HelpdeskOptions {
  readonly customers: number;
  readonly agents: number;
  readonly seed: number;
  /** Every protected cell holds a marker (see markers.ts) in place of a believable value. At most 9,999 customers then. */
  readonly markers: boolean;
}

/** A cell as PostgreSQL's text form, or null. */
export type Cell = string | null;

export interface TableRows {
  /** As it stands in SQL. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Cell[]>;
}

/** The last day of the desk: everything happened in the half year before it. */
const today = Date.UTC(2026, 2, 31, 17);
const dayMs = 86_400_000;
const when = (ms: number): string => new Date(ms).toISOString();
const pick = <Thing>(random: Random, things: readonly Thing[]): Thing => oneOf(random, things) ?? things[0]!;

/** Tables in an order that foreign keys allow. Equal options give equal rows, on every platform. */
export function helpdeskRows(options: HelpdeskOptions): readonly TableRows[] {
  return [
    numbered("teams", teamNames),
    agents(options),
    customers(options, "customers"),
    customers(options, "customers_archive"),
    tickets(options),
    messages(options),
    attachments(options),
    numbered("tags", tagNames),
    ticketTags(options),
    calls(options),
    ...catalogue(options),
  ];
}

function numbered(table: string, names: readonly string[]): TableRows {
  return { table, columns: ["id", "name"], rows: names.map((name, at) => [String(at + 1), name]) };
}

export function agentId(index: number): string {
  return `agent-${String(index + 1).padStart(4, "0")}`;
}

function agents({ agents: count, seed }: HelpdeskOptions): TableRows {
  const random = stream(seed, "helpdesk agents");
  const rows = Array.from({ length: count }, (_, at) => {
    const tongue = pick(random, tongues);
    const name = `${pick(random, tongue.given)} ${pick(random, tongue.family)}`;
    const team = String(below(random, teamNames.length) + 1);
    const hired = when(today - below(random, 3000) * dayMs).slice(0, 10);
    return [agentId(at), name, `${agentId(at)}@desk.example.com`, team, tongue.language, hired, "t"];
  });
  return {
    table: "agents",
    columns: ["id", "name", "email", "team_id", "language", "hired", "active"],
    rows,
  };
}

const customerColumns =
  "id name email phone phone_digits address country language kind born notes profile aliases created".split(
    " ",
  );

/** Archived customers are one in twenty more, and their ids follow on the others'. */
function customers(options: HelpdeskOptions, table: "customers" | "customers_archive"): TableRows {
  const archived = table === "customers_archive";
  const first = archived ? options.customers + 1 : 1;
  const count = archived ? Math.ceil(options.customers / 20) : options.customers;
  const rows = function* (): Generator<readonly Cell[]> {
    const random = stream(options.seed, `helpdesk ${table}`);
    for (let id = first; id < first + count; id++) {
      const tongue = pick(random, tongues);
      const kind = pick(random, ["consumer", "consumer", "consumer", "business", "government"]);
      const created = when(today - below(random, 2000) * dayMs);
      const [name, email, phone, digits, address, born, notes, profile, aliases] = options.markers
        ? markedPerson(id)
        : person(random, tongue, id);
      yield [
        String(id),
        name!,
        email!,
        phone!,
        digits!,
        address!,
        tongue.country,
        tongue.language,
        kind,
        born!,
        notes!,
        profile!,
        aliases!,
        created,
      ];
    }
  };
  return { table, columns: customerColumns, rows: { [Symbol.iterator]: rows } };
}

function markedPerson(id: number): readonly Cell[] {
  const of = (code: string): string => marker(id, code, id);
  const profile = JSON.stringify({ nick: of("pr"), newsletter: id % 2 === 0 });
  return [
    of("nm"),
    `${of("em")}@example.com`,
    of("ph"),
    String(markedPhone(id)),
    of("ad"),
    markedBirth(id),
    of("no"),
    profile,
    `{${of("al")}}`,
  ];
}

function person(random: Random, tongue: Tongue, id: number): readonly Cell[] {
  const name = `${pick(random, tongue.given)} ${pick(random, tongue.family)}`;
  // 555-01xx is the block kept for fiction; the area code keeps numbers of a large desk apart.
  const digits = `${200 + (Math.floor(id / 100) % 800)}55501${String(id % 100).padStart(2, "0")}`;
  const phone = `+1 ${digits.slice(0, 3)} 555-01${digits.slice(-2)}`;
  const street = `${pick(random, tongue.streets)} ${below(random, 200) + 1}, ${pick(random, tongue.cities)}`;
  const born = when(Date.UTC(1940, 0, 1) + below(random, 24_000) * dayMs).slice(0, 10);
  const notes = below(random, 5) === 0 ? pick(random, sentences) : null;
  const profile = JSON.stringify({ product: pick(random, products), newsletter: below(random, 2) === 0 });
  return [
    name,
    `customer${id}@${pick(random, ["example.com", "example.net", "example.org"])}`,
    phone,
    digits,
    street,
    born,
    notes,
    profile,
    "{}",
  ];
}

/** A customer has none to three tickets; ticket n is the same one in every table of this seed. */
interface Ticket {
  readonly id: number;
  readonly customer: number;
  readonly agent: string;
  readonly opened: number;
  readonly closed: number | null;
}

function* ticketsOf(options: HelpdeskOptions): Generator<Ticket> {
  const random = stream(options.seed, "helpdesk tickets");
  let id = 0;
  for (let customer = 1; customer <= options.customers; customer++) {
    for (let left = below(random, 4); left > 0; left--) {
      const opened = today - Math.floor(random() * 180 * dayMs);
      const closed = opened + Math.floor(random() * 20 * dayMs);
      const agent = agentId(below(random, options.agents));
      yield { id: ++id, customer, agent, opened, closed: closed < today ? closed : null };
    }
  }
}

function tickets(options: HelpdeskOptions): TableRows {
  const rows = function* (): Generator<readonly Cell[]> {
    const random = stream(options.seed, "helpdesk subjects");
    for (const { id, customer, agent, opened, closed } of ticketsOf(options)) {
      const status =
        closed === null ? pick(random, ["new", "open", "pending"]) : pick(random, ["solved", "closed"]);
      const subject = options.markers ? marker(customer, "su", id) : pick(random, subjects);
      const shut = closed === null ? null : when(closed);
      const urgency = String(below(random, 5) + 1);
      yield [
        String(id),
        String(customer),
        agent,
        pick(random, queues),
        status,
        urgency,
        subject,
        when(opened),
        shut,
      ];
    }
  };
  const columns = "id customer_id assignee_id queue status priority subject opened closed_at".split(" ");
  return { table: "tickets", columns, rows: { [Symbol.iterator]: rows } };
}

interface Message {
  readonly id: number;
  readonly ticket: Ticket;
  readonly turn: number;
}

function* messagesOf(options: HelpdeskOptions): Generator<Message> {
  const random = stream(options.seed, "helpdesk messages");
  let id = 0;
  for (const ticket of ticketsOf(options)) {
    const count = 1 + below(random, 4);
    for (let turn = 0; turn < count; turn++) yield { id: ++id, ticket, turn };
  }
}

function messages(options: HelpdeskOptions): TableRows {
  const rows = function* (): Generator<readonly Cell[]> {
    const random = stream(options.seed, "helpdesk bodies");
    for (const { id, ticket, turn } of messagesOf(options)) {
      const body = options.markers ? marker(ticket.customer, "bo", id) : pick(random, sentences);
      const author = turn % 2 === 0 ? "customer" : ticket.agent;
      yield [String(id), String(ticket.id), author, body, when(ticket.opened + turn * 3_600_000)];
    }
  };
  const columns = ["id", "ticket_id", "author", "body", "created"];
  return { table: "messages", columns, rows: { [Symbol.iterator]: rows } };
}

/** Every fifth message brings a file. */
function attachments(options: HelpdeskOptions): TableRows {
  const rows = function* (): Generator<readonly Cell[]> {
    let id = 0;
    for (const message of messagesOf(options)) {
      if (message.id % 5 !== 0) continue;
      id++;
      const of = (code: string): string => marker(message.ticket.customer, code, id);
      const name = options.markers ? `${of("an")}.txt` : `screenshot-${message.id}.txt`;
      const content = options.markers ? of("ac") : `Error ${message.id % 7} in module ${message.id % 13}`;
      yield [
        String(id),
        String(message.id),
        name,
        "text/plain",
        `\\x${Buffer.from(content).toString("hex")}`,
      ];
    }
  };
  const columns = ["id", "message_id", "name", "mime", "content"];
  return { table: "attachments", columns, rows: { [Symbol.iterator]: rows } };
}

function ticketTags(options: HelpdeskOptions): TableRows {
  const rows = function* (): Generator<readonly Cell[]> {
    for (const { id } of ticketsOf(options)) {
      if (id % 3 === 0) yield [String(id), String((id % tagNames.length) + 1)];
    }
  };
  return { table: "ticket_tags", columns: ["ticket_id", "tag_id"], rows: { [Symbol.iterator]: rows } };
}

/** Every other ticket led to a call. */
function calls(options: HelpdeskOptions): TableRows {
  const rows = function* (): Generator<readonly Cell[]> {
    const random = stream(options.seed, "helpdesk calls");
    for (const { id, customer, agent, opened } of ticketsOf(options)) {
      if (id % 2 !== 0) continue;
      const number = options.markers ? marker(customer, "cn", id) : `+1 ${200 + (customer % 800)} 555-0100`;
      const summary = options.markers ? marker(customer, "cs", id) : pick(random, sentences);
      const seconds = String(30 + below(random, 900));
      yield [String(id), String(customer), agent, number, summary, seconds, when(opened + 7_200_000)];
    }
  };
  const columns = "id customer_id agent_id number summary seconds started".split(" ");
  return { table: "calls", columns, rows: { [Symbol.iterator]: rows } };
}

const sku = (at: number): string => `WS-${String(1001 + at)}`;

/** What is sold and written about it: nobody's data. */
function catalogue({ seed }: HelpdeskOptions): readonly TableRows[] {
  const random = stream(seed, "helpdesk catalogue");
  const sold = products.map((name, at) => [
    sku(at),
    name,
    `${19 + at * 10}.90`,
    JSON.stringify({ seats: at + 1 }),
  ]);
  const articles = Array.from({ length: 40 }, (_, at) => [
    String(at + 1),
    sku(at % products.length),
    `${pick(random, subjects)} (${at + 1})`,
    pick(random, sentences),
    `{${pick(random, tagNames)}}`,
  ]);
  const views = articles.flatMap(([id]) =>
    [30, 120].map((ago) => [id!, when(today - ago * dayMs).slice(0, 10), String(below(random, 900))]),
  );
  return [
    { table: "kb.products", columns: ["sku", "name", "price", "attributes"], rows: sold },
    { table: "kb.articles", columns: ["id", "product_sku", "title", "body", "labels"], rows: articles },
    { table: "kb.page_views", columns: ["article_id", "day", "views"], rows: views },
  ];
}
