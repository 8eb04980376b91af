import {
  type KeyPath,
  type Protection,
  type ProtectedTable,
  type Role,
  tableKey,
} from "../../src/policy/index.ts";
import { unboundRole } from "../../src/policy/role.testing.ts";
import { type HelpdeskTable, helpdeskTables, helpdeskTickets } from "../../src/simulate/index.ts";

/** The help desk's protection in the policy's own types, as if it had been read from a whosaw.yaml. */

function twoParts(name: string): { readonly schema: string; readonly table: string } {
  const [schema = "", table = ""] = name.split(".");
  return { schema, table };
}

function keyPath({ key }: HelpdeskTable): KeyPath {
  const steps = key.steps.map(({ table, match, take }) => ({ ...twoParts(table), match, take }));
  return { column: key.column, steps };
}

function protectedTable(one: HelpdeskTable): ProtectedTable {
  const fields = Object.entries(one.fields).map(
    ([name, [group, mask]]) => [name, { class: group, mask }] as const,
  );
  return { ...twoParts(one.table), key: keyPath(one), fields: new Map(fields) };
}

export const protection: Protection = {
  tables: new Map(
    helpdeskTables.map(protectedTable).map((table) => [tableKey(table.schema, table.table), table]),
  ),
  tickets: {
    ...twoParts(helpdeskTickets.table),
    id: helpdeskTickets.id,
    customer: { column: helpdeskTickets.customer, steps: [] },
    assignee: helpdeskTickets.assignee,
    closed: helpdeskTickets.closed,
    actor: [],
  },
};

/** Sees everything, may do everything: whatever leaves, leaves recorded, and nothing is held back that a finder could miss. */
export const wideRole: Role = {
  ...unboundRole,
  name: "wide",
  upstream: "desk_lead",
  functions: new Set(["kb.slug"]),
  channels: new Set(["desk_news"]),
  ddl: true,
};

/** A support person as most are set up: contact data masked, no exports, groups of at least five. */
export const agentRole: Role = {
  ...wideRole,
  name: "agent",
  upstream: "desk_agent",
  show: { identifier: "plain", contact: "masked", content: "plain", none: "plain" },
  export: false,
  rowsMax: 500,
  aggregates: { allow: true, smallestGroup: 5 },
  ddl: false,
};

/** Only customers with an open ticket of the actor's own. */
export const boundRole: Role = { ...agentRole, name: "bound", ticketBound: true };
