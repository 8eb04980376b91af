import { type Refusal, refusal } from "../../base/index.ts";
import { actions, type TableName, tables } from "../../domain/index.ts";
import type { CellKind, Column, LoadedTable, Plan } from "./loader.ts";

const id: CellKind = { kind: "id" };
const text: CellKind = { kind: "text" };
const list: CellKind = { kind: "list" };
const time: CellKind = { kind: "time" };
const timeOrNone: CellKind = { kind: "timeOrNone" };

const kinds: { readonly [table in TableName]: { readonly [column: string]: CellKind } } = {
  accesses: {
    time,
    actor: id,
    customer: id,
    fields: list,
    masked: list,
    action: { kind: "oneOf", values: actions, empty: "read" },
    ticket: text,
    session: text,
    ip: text,
    source: text,
  },
  customers: {
    id,
    language: text,
    country: text,
    kind: { kind: "oneOf", values: ["consumer", "business", "government"], empty: "" },
    created: timeOrNone,
  },
  tickets: { id, customer: id, opened: time, closed: timeOrNone, assignee: list, queue: text },
  ticket_events: { time, ticket: id, actor: id, event: text },
  actors: {
    id,
    kind: { kind: "oneOf", values: ["person", "service"], empty: "person" },
    team: text,
    language: text,
    hired: timeOrNone,
    left: timeOrNone,
    home_ip: list,
  },
  reports: { customer: id, time, knew: list },
};

/**
 * Names of columns that hold the customer's own data. whosaw keeps who saw what, not what was seen, so that these are
 * left out of the segments of a customer, with a notice; whether somebody has a phone number (`has_phone`) is none of it.
 */
const personal: RegExp =
  /^(?!(has|is)[-_ ])((e[-_ ]?mail|mail|phone|tel|telephone|mobile|fax|address|street|city|zip|postcode|postal[-_ ]?code|birth|dob|ssn|iban|card|password)|.*name$|.*[-_ ](e?mail|phone|address|birthday))/i;

/** Segments a customer may have; each is a key in a map that every customer row repeats. */
export const segmentsMax = 64;

export interface Planned {
  readonly plan: Plan;
  readonly notices: readonly string[];
}

/** Another name for a source's column, or one value for a column the source lacks (from `--map`). */
export interface Renaming {
  /** The store's column for each of the source's. */
  readonly rename: { readonly [source: string]: string };
  readonly constant: { readonly [column: string]: string };
}

export function loadedTable(table: TableName): LoadedTable {
  return table === "accesses" ? "sightings" : table;
}

/** Matches a source's column names with a table's, and refuses what can't become the table. */
export function planColumns(
  table: TableName,
  names: readonly string[],
  renaming: Renaming | null,
): Planned | Refusal {
  const spec = tables[table];
  const absent = Object.keys(renaming?.rename ?? {}).filter((source) => !names.includes(source));
  if (absent.length > 0)
    return refusal(
      "input",
      `the map names ${absent.join(", ")}, which the file doesn't have; found ${names.slice(0, 30).join(", ")}`,
      "mend the map, or give the file that it was written for",
    );
  const target = names.map((name) => renaming?.rename[name] ?? name.trim().toLowerCase());
  const repeated = target.find((name, at) => name !== "" && target.indexOf(name) !== at);
  if (repeated !== undefined)
    return refusal(
      "input",
      `column ${repeated} stands twice`,
      "name each column once, or say which with --map",
    );
  const constants = renaming?.constant ?? {};
  const missing = spec.required.filter((name) => !target.includes(name) && !(name in constants));
  if (missing.length > 0)
    return refusal(
      "input",
      `${table} needs ${missing.join(", ")}; found ${names.slice(0, 30).join(", ") || "no columns"}`,
      "rename the columns, or say with --map which is which",
    );
  const columns = Object.entries(kinds[table]).map(([name, is]): Column => {
    const cell = target.indexOf(name);
    return { name, is, cell: cell < 0 ? null : cell, constant: constants[name] ?? "" };
  });
  const known = new Set<string>([...spec.required, ...spec.optional]);
  const others = target
    .map((name, cell) => ({ name, cell }))
    .filter(({ name }) => name !== "" && !known.has(name));
  return finish(table, { names, columns, others });
}

interface Matched {
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly others: readonly { readonly name: string; readonly cell: number }[];
}

function finish(table: TableName, { names, columns, others }: Matched): Planned | Refusal {
  const segments = table === "customers" ? others.filter(({ name }) => !personal.test(name)) : null;
  if (segments !== null && segments.length > segmentsMax)
    return refusal(
      "input",
      `${segments.length} further columns; at most ${segmentsMax} are kept`,
      "remove some",
    );
  const left = others.filter((other) => !(segments ?? []).includes(other)).map(({ name }) => name);
  const notices = left.length === 0 ? [] : [`${table}: left out ${left.join(", ")}`];
  return { plan: { table: loadedTable(table), columns, segments, cells: names }, notices };
}
