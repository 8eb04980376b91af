/** What tables and columns of help desks are called. Names are compared in lower case, without underscores where that helps. */

/** `email_addresses` -> `email_address`, `statuses` -> `status`, `people` -> `person`. */
export function singular(word: string): string {
  if (word === "people") return "person";
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") ? word.slice(0, -1) : word;
}

/** The names that a column may call a table by: `crm_tickets` is `crmticket` and `ticket`. */
export function callNames(table: string): ReadonlySet<string> {
  const whole = singular(table.toLowerCase());
  const last = whole.split("_").at(-1) ?? whole;
  return new Set([plain(whole), plain(last)]);
}

/** `ticket_id`, `ticketid`, `TicketNo` -> `ticket`; null for a name that isn't made like that. */
export function stemOf(column: string): string | null {
  const found = /^(.+?)_?(id|uuid|no|ref|key)$/.exec(column.toLowerCase());
  return found?.[1] === undefined ? null : plain(found[1]);
}

export function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/** Columns that say whose it is. */
const customerRole =
  /^(customer|client|contact|requester|requestor|reporter|subscriber|consumer|buyer|patient|caller|submitter|enduser)$/;
/** Columns that say who a row comes from: the customer, where the row is a ticket; anybody elsewhere. */
const authorRole = /^(author|user|person|member|account|sender|openedby)$/;
/** Who made the row in the machine's eyes: staff as often as customers. */
const makerRole = /^(creator|createdby|addedby)$/;
/** Columns that say who works on it. */
const staffRole =
  /^(assignee|assigned|assignedto|assignto|owner|ownedby|agent|handler|handledby|employee|operator|technician|responsible|staff|supportrep)$/;

export type PersonRole = "customer" | "author" | "maker" | "staff";

/** What a column that points to people says of them; null: it doesn't sound like people. */
export function personRole(column: string): PersonRole | null {
  const name = stemOf(column) ?? plain(column);
  if (customerRole.test(name)) return "customer";
  if (authorRole.test(name)) return "author";
  if (makerRole.test(name)) return "maker";
  return staffRole.test(name) ? "staff" : null;
}

const customerTables: Readonly<Record<string, number>> = {
  customer: 10,
  client: 9,
  contact: 9,
  enduser: 9,
  requester: 9,
  subscriber: 8,
  patient: 8,
  consumer: 8,
  person: 7,
  user: 6,
  account: 5,
  member: 5,
};

const ticketTables: Readonly<Record<string, number>> = {
  ticket: 10,
  case: 8,
  issue: 8,
  conversation: 7,
  incident: 7,
  inquiry: 7,
  request: 6,
};

/** How much a table's name sounds like customers, and like tickets: the whole name counts in full, its last word a little less. */
export function soundsLike(table: string, what: "customers" | "tickets"): number {
  const scores = what === "customers" ? customerTables : ticketTables;
  const whole = singular(table.toLowerCase());
  const last = whole.split("_").at(-1) ?? whole;
  return Math.max(scores[plain(whole)] ?? 0, (scores[last] ?? 0) - 1, 0);
}

/** Tables in which customers and staff stand side by side. */
export function mixed(table: string): boolean {
  return /^(user|person|account|member)$/.test([...callNames(table)].at(-1) ?? "");
}
