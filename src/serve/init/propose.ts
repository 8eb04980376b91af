import { isRefusal, type Refusal } from "../../base/index.ts";
import type { KeyPath, TicketTable } from "../../policy/index.ts";
import { type Classed, classOf } from "./classes.ts";
import { type Desk, deskOf, type Named } from "./desk.ts";
import { isPeople, keyColumn, type Link, linksOf } from "./links.ts";
import { type Database, type Looked, tablesMax } from "./look.ts";
import { isOnTheWay, type Way, waysOf } from "./paths.ts";
import { proposeTickets } from "./tickets.ts";

export interface ProposedTable {
  readonly name: string;
  readonly key: KeyPath;
  readonly why: string;
  readonly fields: readonly (Classed & { readonly column: string })[];
}

/** A table from which no way leads to a customer, with fields that look personal or that nothing explains: a person has to decide. */
export interface Unplaced {
  readonly name: string;
  /** Whether something in it looks personal, rather than being unexplained. */
  readonly personal: boolean;
  readonly columns: readonly { readonly column: string; readonly why: string }[];
}

export interface Proposal {
  readonly why: readonly string[];
  readonly customers: string;
  readonly protect: readonly ProposedTable[];
  readonly tickets: {
    readonly table: TicketTable;
    readonly name: string;
    readonly why: readonly string[];
  } | null;
  readonly unplaced: readonly Unplaced[];
  /** Tables of ids, numbers, times and closed lists. */
  readonly open: readonly string[];
  readonly findings: readonly string[];
}

/** What to protect in this database and how, with reasons; nothing in it is a value of a customer's. */
export async function propose(database: Database, named: Named): Promise<Proposal | Refusal> {
  const desk = deskOf(database, named);
  if (isRefusal(desk)) return desk;
  const links = await linksOf(database);
  const ways = waysOf(desk, links);
  const protect: ProposedTable[] = [];
  const unplaced: Unplaced[] = [];
  const open: string[] = [];
  const safe = new Set<number>();
  // Parents first: whose rows a child's are is known when it comes to it.
  const parentsFirst = database.tables.toSorted(
    (a, b) => a.relation.parents.length - b.relation.parents.length,
  );
  for (const table of parentsFirst) {
    // A child's rows are its parent's rows: the gateway protects them with it, and nothing grants the child itself.
    if (table.relation.parents.some((oid) => safe.has(oid))) continue;
    const fields = fieldsOf(table, links, ways);
    const way = ways.get(table.relation.oid);
    const personal = fields.filter(({ field }) => field.class !== "none");
    if (way !== undefined && personal.length > 0) {
      protect.push({ name: table.name, key: way.path, why: way.why, fields });
      safe.add(table.relation.oid);
      continue;
    }
    const telling = personal.filter(({ field }) => field.class !== "content");
    const columns = (telling.length > 0 ? telling : personal).map(({ column, why }) => ({ column, why }));
    if (columns.length === 0) open.push(table.name);
    else unplaced.push({ name: table.name, personal: telling.length > 0, columns });
  }
  const tickets = proposeTickets(desk, links, ways);
  return {
    why: desk.why,
    customers: desk.customers.name,
    protect: protect.toSorted(byName),
    tickets: isFinding(tickets) ? null : tickets,
    unplaced: unplaced.toSorted(byName),
    open: open.toSorted(),
    findings: findingsOf(database, desk, tickets, new Set(protect.map(({ name }) => name))),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function fieldsOf(
  table: Looked,
  links: readonly Link[],
  ways: ReadonlyMap<number, Way>,
): ProposedTable["fields"] {
  const leading = new Set(links.filter(({ from }) => from === table).map(({ column }) => column));
  return table.relation.columns.map((column) => {
    const key =
      column.name === keyColumn(table) || leading.has(column.name) || isOnTheWay(table, column.name, ways);
    const people = isPeople(table);
    return {
      column: column.name,
      ...classOf(column, table.samples.get(column.name) ?? null, { key, people, table: table.relation.name }),
    };
  });
}

function isFinding(tickets: ReturnType<typeof proposeTickets>): tickets is { readonly missing: string } {
  return "missing" in tickets;
}

// oxlint-disable-next-line max-params -- what was looked at, and the three things made of it
function findingsOf(
  database: Database,
  desk: Desk,
  tickets: ReturnType<typeof proposeTickets>,
  protect: ReadonlySet<string>,
): readonly string[] {
  const unread = database.tables.filter(({ readable }) => !readable).map(({ name }) => name);
  const empty = database.tables.filter(
    ({ readable, rows, name }) => readable && rows === 0 && protect.has(name),
  );
  return [
    ...(isFinding(tickets) ? [tickets.missing] : []),
    ...(unread.length === 0 ? [] : [`not read, judged by names and types only: ${unread.join(", ")}`]),
    ...(empty.length === 0
      ? []
      : [`empty, judged by names and types only: ${empty.map(({ name }) => name).join(", ")}`]),
    ...ownColumns(database, protect),
    ...(database.tables.length < tablesMax ? [] : [`only the first ${tablesMax} tables were looked at`]),
    ...(isPeople(desk.customers) && /user|person|people|account|member/.test(desk.customers.relation.name)
      ? [
          `${desk.customers.name} may hold staff beside customers: reads of a colleague's row are recorded as well`,
        ]
      : []),
  ];
}

/** Children of protected tables with columns that the parent hasn't: nobody is shown those through it, and nothing grants the child. */
function ownColumns({ catalog, tables }: Database, protect: ReadonlySet<string>): readonly string[] {
  const named = new Map(tables.map(({ relation, name }) => [relation.oid, name]));
  return tables.flatMap(({ relation, name }) => {
    const parents = relation.parents.filter((oid) => protect.has(named.get(oid) ?? ""));
    if (parents.length === 0) return [];
    const inherited = new Set(
      parents.flatMap((oid) => (catalog.byOid(oid)?.columns ?? []).map((column) => column.name)),
    );
    const own = relation.columns.filter((column) => !inherited.has(column.name)).map((column) => column.name);
    return own.length === 0
      ? []
      : [
          `${name} inherits from a protected table and has columns of its own, which nobody is granted: ${own.join(", ")}`,
        ];
  });
}
