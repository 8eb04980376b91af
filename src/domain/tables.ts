/** The six input tables (docs/formats/input-tables.md): required columns first, then optional ones. */
export const tableNames = ["accesses", "customers", "tickets", "ticket_events", "actors", "reports"] as const;

export type TableName = (typeof tableNames)[number];

export interface TableSpec {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export const tables: { readonly [name in TableName]: TableSpec } = {
  accesses: {
    required: ["time", "actor", "customer"],
    optional: ["fields", "masked", "action", "ticket", "session", "ip", "source"],
  },
  customers: { required: ["id"], optional: ["language", "country", "kind", "created"] },
  tickets: { required: ["id", "customer", "opened"], optional: ["closed", "assignee", "queue"] },
  ticket_events: { required: ["time", "ticket", "actor"], optional: ["event"] },
  actors: { required: ["id"], optional: ["kind", "team", "language", "hired", "left", "home_ip"] },
  reports: { required: ["customer", "time"], optional: ["knew", "note"] },
};
