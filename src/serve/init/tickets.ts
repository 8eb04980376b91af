import type { KeyPath, KeyStep, TicketTable } from "../../policy/index.ts";
import type { Desk } from "./desk.ts";
import { isPeople, keyColumn, type Link, typeOf } from "./links.ts";
import type { Looked } from "./look.ts";
import { personRole, plain } from "./names.ts";
import type { Way } from "./paths.ts";

/** States in which nobody works on a ticket any more, as help desks call them. */
const closedWords =
  /^(closed?|resolved|rejected|done|solved|cancell?ed|deleted|archived|spam|merged|completed?|finished|declined|duplicate|invalid|wont_?fix|4|5)$/i;

export type TicketsProposal =
  | { readonly table: TicketTable; readonly name: string; readonly why: readonly string[] }
  | { readonly missing: string };

/** How tickets say whose they are, who works on them and whether they are open. */
export function proposeTickets(
  desk: Desk,
  links: readonly Link[],
  ways: ReadonlyMap<number, Way>,
): TicketsProposal {
  const { tickets } = desk;
  const hint = "name it with --tickets, or add tickets by hand: without it no role can be bound to tickets";
  if (tickets === null) return { missing: `no table looks like tickets; ${hint}` };
  const way = ways.get(tickets.relation.oid);
  const id = keyColumn(tickets);
  if (way === undefined || id === null)
    return { missing: `no way was found from ${tickets.name} to its customers; ${hint}` };
  const assignee = assigneeOf(tickets, links);
  if (assignee === null)
    return { missing: `no column of ${tickets.name} says who works on a ticket; ${hint}` };
  const open = openOf(tickets, links);
  const closed = open === null ? closedOf(tickets) : null;
  return {
    name: tickets.name,
    why: [
      way.why,
      assignee.why,
      open?.why ?? closed?.why ?? "nothing says whether a ticket is open: every ticket counts",
    ],
    table: {
      schema: tickets.relation.schema,
      table: tickets.relation.name,
      id,
      customer: way.path,
      assignee: assignee.column,
      actor: assignee.steps,
      closed: closed?.column ?? null,
      ...(open === null ? {} : { open: { path: open.path, values: open.values } }),
    },
  };
}

function assigneeOf(
  tickets: Looked,
  links: readonly Link[],
): { readonly column: string; readonly steps: readonly KeyStep[]; readonly why: string } | null {
  const link = links.find(
    ({ from, column, to }) => from === tickets && personRole(column) === "staff" && isPeople(to),
  );
  if (link !== undefined) {
    const { schema, name } = link.to.relation;
    const take = nameColumn(link.to) ?? link.match;
    const steps = take === link.match ? [] : [{ schema, table: name, match: link.match, take }];
    return { column: link.column, steps, why: `${link.why}; people are named by ${link.to.name}.${take}` };
  }
  const text = tickets.relation.columns.find(
    ({ name, type }) => personRole(name) === "staff" && /^(text|character)/.test(type),
  );
  return text === undefined ? null : { column: text.name, steps: [], why: `${text.name} holds a name` };
}

/** What people log in by: their actor's name at the gateway. */
function nameColumn({ relation }: Looked): string | null {
  for (const form of [/^(login|username|loginname|userid)$/, /^name$/, /^(email|emailaddress|mail)$/]) {
    const found = relation.columns.find(
      ({ name, type }) => form.test(plain(name)) && /^(text|character)/.test(type),
    );
    if (found !== undefined) return found.name;
  }
  return null;
}

function openOf(
  tickets: Looked,
  links: readonly Link[],
): { readonly path: KeyPath; readonly values: readonly string[]; readonly why: string } | null {
  for (const { column, to, match, from } of links) {
    const flag = to.relation.columns.find(
      ({ name, type }) => type === "boolean" && /^is_?closed$|^closed$/.test(name),
    );
    if (from !== tickets || flag === undefined || !/stat(us|e)/.test(column)) continue;
    const step = { schema: to.relation.schema, table: to.relation.name, match, take: flag.name };
    return {
      path: { column, steps: [step] },
      values: ["false"],
      why: `${to.name}.${flag.name} says which states are closed`,
    };
  }
  const state = tickets.relation.columns.find(({ name }) => /^(status|state)$/.test(plain(name)));
  const words = state === undefined ? null : (tickets.samples.get(state.name)?.words ?? null);
  if (state === undefined || words === null || typeOf(tickets, state.name) === "boolean") return null;
  const values = words.filter((word) => !closedWords.test(word));
  return values.length === 0 || values.length === words.length
    ? null
    : {
        path: { column: state.name, steps: [] },
        values,
        why: `of the ${words.length} states seen, these don't sound closed`,
      };
}

function closedOf(tickets: Looked): { readonly column: string; readonly why: string } | null {
  const found = tickets.relation.columns.find(
    ({ name, type }) =>
      /^(timestamp|date)/.test(type) &&
      /^(closed|resolved|solved|completed|finished)(at|on|date|time)?$/.test(plain(name)),
  );
  return found === undefined
    ? null
    : { column: found.name, why: `${found.name} is null while a ticket is open, by its name` };
}
