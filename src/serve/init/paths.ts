import { alternatives, type KeyCondition, type KeyPath } from "../../policy/index.ts";
import type { Desk } from "./desk.ts";
import { keyColumn, type Link } from "./links.ts";
import type { Looked } from "./look.ts";
import { mixed, personRole } from "./names.ts";

/** The way from a table's rows to their customers, and why it is believed. */
export interface Way {
  readonly path: KeyPath;
  readonly cost: number;
  readonly why: string;
}

/** From here on a link is a guess that a person should look at. */
const costMax = 12;

/**
 * The cheapest way to the customers from every table that has one: Dijkstra from the customers backwards, over links weighed by how
 * surely they mean "this row is about that customer". A known help desk brings its own way for its tickets.
 */
export function waysOf(desk: Desk, links: readonly Link[]): ReadonlyMap<number, Way> {
  const ways = new Map<number, Way>();
  const open = new Map<number, Way>([
    [
      desk.customers.relation.oid,
      { path: { column: desk.key, steps: [] }, cost: 0, why: "the customers themselves" },
    ],
  ]);
  if (desk.tickets !== null && desk.known !== null)
    open.set(desk.tickets.relation.oid, { path: desk.known.path, cost: 1, why: desk.known.why });
  for (;;) {
    const next = [...open].toSorted(([, a], [, b]) => a.cost - b.cost)[0];
    if (next === undefined) return withOthers(ways, links, desk);
    const [oid, way] = next;
    open.delete(oid);
    ways.set(oid, way);
    for (const link of links) {
      const from = link.from.relation.oid;
      const cost = way.cost + costOf(link, desk) + (link.guessed ? 1 : 0);
      if (link.to.relation.oid !== oid || ways.has(from) || cost > costMax) continue;
      if (cost < (open.get(from)?.cost ?? Number.POSITIVE_INFINITY))
        open.set(from, extended(link, way, cost, desk));
    }
  }
}

/** Rows of the other kinds in a table have the ways of those kinds, where there are any. */
function withOthers(
  ways: ReadonlyMap<number, Way>,
  links: readonly Link[],
  desk: Desk,
): ReadonlyMap<number, Way> {
  return new Map(
    [...ways].map(([oid, way]) => {
      const kind = way.path.where?.[0]?.column;
      const others = links.flatMap((link): readonly Way[] => {
        const on = ways.get(link.to.relation.oid);
        const [condition] = link.where;
        const other =
          link.from.relation.oid === oid &&
          link.column === way.path.column &&
          condition?.column === kind &&
          condition?.value !== way.path.where?.[0]?.value;
        if (!other || on === undefined || condition === undefined) return [];
        const cost = on.cost + costOf(link, desk);
        return cost > costMax ? [] : [extended(link, on, cost, desk)];
      });
      return [oid, others.reduce(joined, way)];
    }),
  );
}

/** The first way, and behind it the other; a kind that has a way keeps it. */
function joined(way: Way, { path: other, why }: Way): Way {
  const all = alternatives(way.path);
  const taken = all.some(({ where }) => JSON.stringify(where) === JSON.stringify(other.where));
  if (taken || other.where === undefined) return way;
  const many = way.path.many === true || other.many === true ? { many: true } : {};
  const path = [...all, other].reduceRight((or, one) => ({ ...one, or }));
  return { ...way, path: { ...path, ...many }, why: `${way.why}; or ${why}` };
}

/** What it costs to believe that a link leads from a row to whom or what the row is about. */
function costOf(link: Link, desk: Desk): number {
  const role = personRole(link.column);
  const fromTicket = link.from === desk.tickets;
  if (/^(last_?)?updated_?by|^modified_?by|^closed_?by|^parent_?id$|^root_?id$/.test(link.column))
    return costMax + 1;
  if (role === "staff") return costMax + 1;
  if (link.to !== desk.customers) return link.to === desk.tickets ? 1 : 2;
  if (role === "customer") return 1;
  if (role === "maker") return fromTicket ? 3 : costMax + 1;
  if (role === "author") return fromTicket ? 2 : 6;
  return mixed(desk.customers.relation.name) ? 6 : 1;
}

function extended(link: Link, way: Way, cost: number, desk: Desk): Way {
  const { column, to, match } = link;
  const own = link.where.length === 0 ? {} : { where: link.where };
  const why = `${link.why}${way.cost === 0 ? "" : `; then ${way.why}`}`;
  if (to === desk.customers && match === desk.key) return { path: { column, steps: [], ...own }, cost, why };
  // `... -> tickets.id -> id -> groups.instance` looks a ticket up only to find its id again.
  if (match === way.path.column && way.path.where === undefined)
    return { path: { ...way.path, column, ...own }, cost, why };
  const conditions: readonly KeyCondition[] = way.path.where ?? [];
  const step = {
    schema: to.relation.schema,
    table: to.relation.name,
    match,
    take: way.path.column,
    ...(conditions.length === 0 ? {} : { where: conditions }),
  };
  const many = way.path.many === true || match !== keyColumn(to) ? { many: true } : {};
  return { path: { column, steps: [step, ...way.path.steps], ...own, ...many }, cost, why };
}

export function isOnTheWay(table: Looked, column: string, ways: ReadonlyMap<number, Way>): boolean {
  for (const { path } of ways.values()) {
    for (const { schema, table: name, match, take } of alternatives(path).flatMap(({ steps }) => steps)) {
      const here = schema === table.relation.schema && name === table.relation.name;
      if (here && (match === column || take === column)) return true;
    }
  }
  return ways.get(table.relation.oid)?.path.column === column;
}
