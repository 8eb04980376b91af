import { type Refusal, refusal } from "../../base/index.ts";
import { type KeyPath, parseTableName } from "../../policy/index.ts";
import { isPeople, keyColumn } from "./links.ts";
import type { Database, Looked } from "./look.ts";
import { plain, soundsLike } from "./names.ts";

/** The two tables that everything else hangs on. */
export interface Desk {
  readonly customers: Looked;
  readonly key: string;
  readonly tickets: Looked | null;
  /** The way from tickets to customers of a help desk that is known by its tables. */
  readonly known: { readonly name: string; readonly path: KeyPath; readonly why: string } | null;
  readonly why: readonly string[];
}

/** The tables that a person names, as they wrote them; null: look for them. */
export interface Named {
  readonly customers: string | null;
  readonly tickets: string | null;
}

const scoreMin = 8;

export function deskOf(database: Database, named: Named): Desk | Refusal {
  const customers = chosen(database, named.customers, "customers");
  if ("kind" in customers) return customers;
  const key = keyColumn(customers.table);
  if (key === null) {
    return refusal(
      "input",
      `${customers.table.name} has no unique column that could be the customer's id`,
      "Give it a primary key, or name another table with --customers.",
    );
  }
  const tickets = chosen(database, named.tickets, "tickets");
  if ("kind" in tickets && named.tickets !== null) return tickets;
  const table = "kind" in tickets ? null : tickets.table;
  return {
    customers: customers.table,
    key,
    tickets: table,
    known: table === null ? null : knownDesk(database, table),
    why: [customers.why, "kind" in tickets ? "no table looks like tickets" : tickets.why],
  };
}

function chosen(
  { tables }: Database,
  named: string | null,
  what: "customers" | "tickets",
): { readonly table: Looked; readonly why: string } | Refusal {
  if (named !== null) {
    const name = parseTableName(named);
    const table = tables.find(
      ({ relation }) => relation.schema === name?.schema && relation.name === name.table,
    );
    return table === undefined
      ? refusal("input", `the database has no table ${named}`, "Write it schema.table.")
      : { table, why: `${table.name} was named with --${what}` };
  }
  const [best] = tables
    .map((table) => ({ table, score: scoreOf(table, what) }))
    .filter(({ table, score }) => score >= scoreMin && keyColumn(table) !== null)
    .toSorted((a, b) => b.score - a.score || b.table.rows - a.table.rows);
  return best === undefined
    ? refusal("input", `no table looks like ${what}`, `Name it with --${what} schema.table.`)
    : {
        table: best.table,
        why: `${best.table.name} looks most like ${what}, by its name and columns (${best.score} points)`,
      };
}

function points(present: boolean, worth: number): number {
  return present ? worth : 0;
}

function scoreOf(table: Looked, what: "customers" | "tickets"): number {
  const called = soundsLike(table.relation.name, what);
  if (called === 0) return 0;
  const names = table.relation.columns.map(({ name }) => plain(name));
  const some = (form: RegExp): boolean => names.some((name) => form.test(name));
  return what === "customers"
    ? called + points(isPeople(table), 2) + points(some(/mail/), 2) + points(some(/phone|address/), 1)
    : called +
        points(some(/^(subject|title|summary)$/), 1) +
        points(some(/^(status|state|statusid|stateid)$/), 1);
}

/**
 * Request Tracker keeps who asked in a role group of each ticket: Groups(domain, instance, name) and GroupMembers; nothing in the names of
 * its columns says so (docs of RT 5, and its schema.Pg).
 */
function knownDesk({ tables }: Database, tickets: Looked): Desk["known"] {
  const { schema } = tickets.relation;
  const has = (name: string, columns: readonly string[]): boolean => {
    const table = tables.find(({ relation }) => relation.schema === schema && relation.name === name);
    return (
      table !== undefined &&
      columns.every((column) => table.relation.columns.some((each) => each.name === column))
    );
  };
  const isRequestTracker =
    has("tickets", ["id", "effectiveid", "owner"]) &&
    has("groups", ["id", "domain", "instance", "name"]) &&
    has("groupmembers", ["groupid", "memberid"]) &&
    has("transactions", ["objecttype", "objectid"]);
  if (!isRequestTracker) return null;
  return {
    name: "Request Tracker",
    why: "Request Tracker keeps requestors in a role group of each ticket; a ticket may have several",
    path: {
      column: "id",
      many: true,
      steps: [
        {
          schema,
          table: "groups",
          match: "instance",
          take: "id",
          where: [
            { column: "domain", value: "RT::Ticket-Role" },
            { column: "name", value: "Requestor" },
          ],
        },
        { schema, table: "groupmembers", match: "groupid", take: "memberid" },
      ],
    },
  };
}
