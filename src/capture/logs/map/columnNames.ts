import type { TableName } from "../../../domain/index.ts";

/** How well a column's name fits a column of a table: higher is better, and why. */
export interface NameFit {
  readonly pattern: RegExp;
  readonly score: number;
  readonly why: string;
}

const who = "customer|client|caller|requester|consumer|contact|end user|patient|member|subscriber";
const staff = "actor|agent|operator|employee|staff|analyst|technician|handler";
const work = "ticket|case|incident|issue|request";

const fit = (pattern: RegExp, score: number, why: string): NameFit => ({ pattern, score, why });
const idOf = (words: string): RegExp => new RegExp(`^(${words})( id| no| number| key)?( derived)?$`);

const time: readonly NameFit[] = [
  fit(/^(access|accessed|viewed|read) ?(at|on|time|date)$/, 12, "says when something was seen"),
  fit(/^(time|timestamp|when)( utc)?$/, 10, "says when"),
  fit(/^timestamp derived$/, 11, "says when, in the readable form"),
  fit(/^(event|log) ?(time|timestamp|date)$/, 10, "says when the event was"),
  fit(/^(sys )?updated (at|on)$/, 9, "an update is a read of what was updated, at its time"),
  fit(/^(date|datetime|date time)$/, 8, "says when"),
  fit(/^(sys )?(created|logged) (at|on)$/, 4, "says when the row was made"),
];

const actor: readonly NameFit[] = [
  fit(/^(accessed|viewed|read|performed) by( id)?$/, 12, "says who did it"),
  fit(idOf(staff), 11, "names an employee"),
  fit(/^user id derived$/, 10, "names the user, in the longer form"),
  fit(idOf("user|login|account name|username|user name"), 9, "names the user"),
  fit(/^(sys )?(updated|modified|changed) by( id)?$/, 8, "who updates a record reads it"),
  fit(/^(sys )?(created|author|written)( by)?( id)?$/, 4, "who writes a record may read it"),
];

const customer: readonly NameFit[] = [
  fit(idOf(who), 11, "names the customer"),
  fit(/^(page entity|record|uri) id( derived)?$/, 6, "names the record that was opened"),
  fit(/^(account|person|subject)( id| number)?$/, 5, "may name the customer"),
];

const ticket: readonly NameFit[] = [
  fit(idOf(work), 11, "names the ticket"),
  fit(/^(number|reference|ref)$/, 6, "numbers what the rows are about"),
];

const accesses: { readonly [target: string]: readonly NameFit[] } = {
  time,
  actor,
  customer,
  ticket,
  session: [fit(/^session( id| key)?$/, 10, "names the session")],
  ip: [fit(/^((client|source|src|remote) )?(ip|address|ip address)$/, 10, "an address")],
  action: [fit(/^(action|operation|activity|verb|method)( type)?$/, 8, "says what was done")],
  fields: [fit(/^(fields|columns|attributes|column headers)( shown| viewed)?$/, 9, "lists fields")],
  source: [fit(/^(source|system|application|app|origin)$/, 5, "says where the row comes from")],
};

const rowId: NameFit = fit(/^id$/, 9, "names the row");

/** The names by which other systems call the columns of the tables. */
export const columnNames: {
  readonly [table in TableName]: { readonly [target: string]: readonly NameFit[] };
} = {
  accesses,
  tickets: {
    id: [...ticket, rowId],
    customer,
    opened: [fit(/^(opened|created|submitted)( at| on)?$/, 10, "says when it was opened")],
    closed: [
      fit(/^(closed|solved)( at| on)?$/, 10, "says when it was closed"),
      fit(/^resolved( at| on)?$/, 7, "says when it was resolved"),
    ],
    assignee: [fit(/^(assignee|assigned to)( id)?$/, 10, "names who works on it")],
    queue: [fit(/^(queue|group|team|assignment group)( id)?$/, 9, "names the queue")],
  },
  ticket_events: {
    time,
    ticket,
    actor,
    event: [fit(/^(event|action|activity|type|state|incident state)( type)?$/, 6, "says what happened")],
  },
  customers: {
    id: [...customer, rowId],
    language: [fit(/^(language|lang|locale)$/, 9, "a language")],
    country: [fit(/^(country|country code)$/, 9, "a country")],
    kind: [fit(/^(kind|type|customer type|segment)$/, 6, "says what kind it is")],
    created: [fit(/^(created|registered|since)( at| on)?$/, 8, "says since when")],
  },
  actors: {
    id: [...actor, rowId],
    kind: [fit(/^(kind|type|user type)$/, 6, "says what kind it is")],
    team: [fit(/^(team|group|department)( name)?$/, 9, "names the team")],
    language: [fit(/^(language|lang|locale)$/, 9, "a language")],
    hired: [fit(/^(hired|hire date|start date|joined)( at| on)?$/, 9, "says since when")],
    left: [fit(/^(left|end date|termination date)( at| on)?$/, 9, "says until when")],
  },
  reports: {
    customer,
    time: [...time, fit(/^(reported|called)( at| on)?$/, 11, "says when it was told")],
    knew: [fit(/^(knew|known|known fields)$/, 9, "says what the caller knew")],
  },
};

/** `sys_updated_by`, `userId` and `Case Number` as words in lower case. */
export function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[^A-Za-z0-9]+/g, " ")
    .trim()
    .toLowerCase();
}
