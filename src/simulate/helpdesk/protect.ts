/** What of the help desk is protected, in plain data: `whosaw.yaml` is written from it, and tests make the policy's own types of it. */
export type HelpdeskClass = "identifier" | "contact" | "content" | "none";
export type HelpdeskMask = "full" | "last4" | "domain" | "hash";

export interface HelpdeskTable {
  /** `schema.table`. */
  readonly table: string;
  /** From a row to its customer: a column, then foreign keys as `table(match) take`. */
  readonly key: { readonly column: string; readonly steps: readonly HelpdeskStep[] };
  readonly fields: Readonly<Record<string, readonly [HelpdeskClass, HelpdeskMask]>>;
}

export interface HelpdeskStep {
  readonly table: string;
  readonly match: string;
  readonly take: string;
}

const open = (names: string): Readonly<Record<string, readonly [HelpdeskClass, HelpdeskMask]>> =>
  Object.fromEntries(names.split(" ").map((name) => [name, ["none", "full"]]));

const toCustomer: HelpdeskStep = { table: "public.tickets", match: "id", take: "customer_id" };

/**
 * Children and partitions (`customers_archive`, `calls_2026`) aren't named: they are protected as what they are part of.
 * `customers_archive.archived` has no class on purpose: what nobody thought of is treated as the most private.
 */
export const helpdeskTables: readonly HelpdeskTable[] = [
  {
    table: "public.customers",
    key: { column: "id", steps: [] },
    fields: {
      ...open("id country language kind created updated"),
      name: ["identifier", "full"],
      email: ["contact", "domain"],
      email_domain: ["contact", "full"],
      phone: ["contact", "last4"],
      phone_digits: ["contact", "full"],
      address: ["contact", "full"],
      born: ["identifier", "full"],
      notes: ["content", "full"],
      profile: ["content", "full"],
      aliases: ["identifier", "hash"],
    },
  },
  {
    table: "public.tickets",
    key: { column: "customer_id", steps: [] },
    fields: {
      ...open("id customer_id assignee_id queue status priority opened closed_at"),
      subject: ["content", "full"],
    },
  },
  {
    table: "public.messages",
    key: { column: "ticket_id", steps: [toCustomer] },
    fields: { ...open("id ticket_id author created"), body: ["content", "full"] },
  },
  {
    table: "public.attachments",
    key: {
      column: "message_id",
      steps: [{ table: "public.messages", match: "id", take: "ticket_id" }, toCustomer],
    },
    fields: { ...open("id message_id mime"), name: ["content", "full"], content: ["content", "full"] },
  },
  {
    table: "public.calls",
    key: { column: "customer_id", steps: [] },
    fields: {
      ...open("id customer_id agent_id seconds started"),
      number: ["contact", "last4"],
      summary: ["content", "full"],
    },
  },
];

/** The table whose open rows make a customer's data an agent's work. The assignee is the actor's own name. */
export const helpdeskTickets = {
  table: "public.tickets",
  id: "id",
  customer: "customer_id",
  assignee: "assignee_id",
  closed: "closed_at",
} as const;
