import { formatKeyPath, type KeyPath, sqlName, type TicketTable } from "../../policy/index.ts";
import type { Proposal, ProposedTable } from "./propose.ts";

/** Where the gateway finds the server, and what its files are called. */
export interface Setting {
  readonly server: string;
  readonly database: string;
  /** Who proposed it from what, and when. */
  readonly about: string;
  /** A verifier of a password that nobody knows. */
  readonly lockedVerifier: string;
}

export const supportLogin = "whosaw_support";
export const controlLogin = "whosaw_control";
export const supportPasswordFile = "whosaw_support.password";
export const controlPasswordFile = "whosaw_control.password";

/** The proposal as `whosaw.yaml`, with a comment wherever a person should agree. */
export function yamlOf(proposal: Proposal, setting: Setting): string {
  return [
    comment(setting.about, 0),
    comment("Look through it before it is used: every class and every path is a proposal, and says why.", 0),
    comment(
      "docs/operate/configuration.md lists every key. `whosaw doctor` holds it against the database.",
      0,
    ),
    ...proposal.why.map((why) => comment(why, 0)),
    ...proposal.findings.map((finding) => comment(`To decide: ${finding}`, 0)),
    "",
    gatewayYaml(setting),
    "protect:",
    ...proposal.protect.map(tableYaml),
    unplacedYaml(proposal),
    proposal.tickets === null ? "" : ticketsYaml(proposal.tickets.table, proposal.tickets.why),
    rolesYaml(proposal.tickets !== null),
    usersYaml(setting),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function gatewayYaml({ server, database }: Setting): string {
  return `gateway:
  listen: 127.0.0.1:6432 # where people and applications connect; other addresses need tls
  upstream:
    server: ${scalar(server)}
    databases: { ${scalar(database)}: ${scalar(database)} }
    logins: # whosaw init made these files with new passwords, and prints the SQL that makes the logins
      ${supportLogin}: { passwordFile: ${supportPasswordFile} }
      ${controlLogin}: { passwordFile: ${controlPasswordFile} }
    control: { login: ${controlLogin}, database: ${scalar(database)} } # reads the catalog, no table
`;
}

function tableYaml({ name, key, why, fields }: ProposedTable): string {
  return [
    comment(why, 2),
    `  ${scalar(name)}:`,
    ...pathYaml("key", key, 4),
    ...(key.many === true ? ["    several: true"] : []),
    "    fields:",
    ...fields.map(({ column, field, why: reason }) => {
      const short = field.mask === "full" ? field.class : `{ class: ${field.class}, mask: ${field.mask} }`;
      return `      ${scalar(column)}: ${short} # ${oneLine(reason)}`;
    }),
    "",
  ].join("\n");
}

function pathYaml(name: string, path: KeyPath, indent: number): readonly string[] {
  return [`${" ".repeat(indent)}${name}: ${scalar(formatKeyPath(path))}`];
}

/** Tables without a way to a customer pass unrecorded to whoever may read them, so the SQL that comes with this grants none of them. */
function unplacedYaml({ unplaced }: Proposal): string {
  if (unplaced.length === 0) return "";
  return [
    comment(
      "Not protected, because no way leads from them to a customer; the SQL grants none of them. Add a key, or grant what is harmless:",
      2,
    ),
    ...unplaced.map(({ name, personal, columns }) => {
      const list = columns.map(({ column, why }) => `${column} (${why})`).join(", ");
      return comment(`${personal ? "LOOKS PERSONAL " : ""}${name}: ${list}`, 2);
    }),
    "",
  ].join("\n");
}

function ticketsYaml(table: TicketTable, why: readonly string[]): string {
  const assignee: KeyPath = { column: table.assignee, steps: table.actor };
  return [
    ...why.map((each) => comment(each, 0)),
    "tickets:",
    `  table: ${scalar(`${sqlName(table.schema)}.${sqlName(table.table)}`)}`,
    `  id: ${scalar(table.id)}`,
    ...pathYaml("customer", table.customer, 2),
    ...(table.customer.many === true ? ["  several: true"] : []),
    ...pathYaml("assignee", assignee, 2),
    ...(table.closed === null ? [] : [`  closed: ${scalar(table.closed)}`]),
    ...(table.open === undefined
      ? []
      : [
          "  open:",
          ...pathYaml("path", table.open.path, 4),
          `    values: [${table.open.values.map((value) => JSON.stringify(value)).join(", ")}]`,
        ]),
    "",
  ].join("\n");
}

function rolesYaml(bound: boolean): string {
  return `roles:
  support:
    upstream: ${supportLogin}
    show: { identifier: plain, contact: masked, content: plain } # plain, masked or hidden
    ticketBound: ${bound ? "true # only customers with an open ticket of theirs" : "false # needs tickets"}
    quotas: # different customers in any 60 minutes and any 24 hours; look at what your people need
      contact: { hour: 40, day: 200 }
      identifier: { hour: 120, day: 600 }
      content: { hour: 120, day: 600 }
    # hours: { days: [mon, tue, wed, thu, fri], from: "08:00", until: "18:30", timeZone: Europe/Berlin }
    rowsMax: 500
    aggregates: { allow: true, smallestGroup: 5 }
`;
}

function usersYaml({ lockedVerifier }: Setting): string {
  return `users:
  # \`whosaw password\` prints a verifier. The actor is the name that tickets know this person by.
  example: # shut: nobody knows the password, and it ended long ago. Replace it with your people.
    actor: example
    role: support
    scram: ${JSON.stringify(lockedVerifier)}
    validUntil: "2000-01-01T00:00:00Z"
# pools: # applications that act for people by signed tokens: see docs/operate/configuration.md
`;
}

function comment(text: string, indent: number): string {
  return `${" ".repeat(indent)}# ${oneLine(text)}`;
}

/** Names of tables may hold anything; a comment ends at its line's end. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}

/** Plain where YAML can't misread it. */
function scalar(text: string): string {
  const plain =
    /^[A-Za-z_][\w.$ >[\]='/,-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const safe =
    plain && !text.includes(" #") && !text.endsWith(" ") && !(text.includes(",") || text.includes("["));
  return safe ? text : JSON.stringify(text);
}
