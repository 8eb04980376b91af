import { type HelpdeskStep, type HelpdeskTable, helpdeskTables, helpdeskTickets } from "./protect.ts";

/** Somebody who may log in at the gateway. */
export interface HelpdeskUser {
  readonly actor: string;
  readonly role: "support" | "lead";
  /** `SCRAM-SHA-256$4096:...`. */
  readonly scram: string;
}

export interface HelpdeskGateway {
  /** `host:port`. */
  readonly listen: string;
  readonly server: string;
  readonly database: string;
  /** The server's logins: one reads the catalog, the others are the roles'. */
  readonly control: { readonly user: string; readonly password: string };
  readonly support: { readonly user: string; readonly password: string };
  readonly lead: { readonly user: string; readonly password: string };
  readonly users: readonly HelpdeskUser[];
  readonly workers?: number;
}

/**
 * The `whosaw.yaml` of a gateway in front of the help desk. JSON's texts are YAML's. Support sees the rows of its own open tickets, with
 * phone numbers and addresses masked; a lead sees everybody's, as they are.
 */
export function helpdeskYaml(gateway: HelpdeskGateway): string {
  const { control, support, lead, database } = gateway;
  const login = ({ user, password }: HelpdeskGateway["control"]): string =>
    `      ${JSON.stringify(user)}: { password: ${JSON.stringify(password)} }`;
  return [
    "gateway:",
    `  listen: ${JSON.stringify(gateway.listen)}`,
    `  workers: ${gateway.workers ?? 1}`,
    "  upstream:",
    `    server: ${JSON.stringify(gateway.server)}`,
    "    logins:",
    ...[control, support, lead].map(login),
    `    control: { login: ${JSON.stringify(control.user)}, database: ${JSON.stringify(database)} }`,
    "protect:",
    ...helpdeskTables.flatMap(tableLines),
    "tickets:",
    ...Object.entries(helpdeskTickets).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "roles:",
    "  support:",
    `    upstream: ${JSON.stringify(support.user)}`,
    "    show: { identifier: plain, contact: masked, content: plain }",
    "    ticketBound: true",
    "    rowsMax: 500",
    "  lead:",
    `    upstream: ${JSON.stringify(lead.user)}`,
    "    show: { identifier: plain, contact: plain, content: plain }",
    "    export: true",
    "    aggregates: { allow: true, smallestGroup: 5 }",
    "users:",
    ...gateway.users.map(
      ({ actor, role, scram }) =>
        `  ${JSON.stringify(actor)}: { actor: ${JSON.stringify(actor)}, role: ${role}, scram: ${JSON.stringify(scram)} }`,
    ),
    "",
  ].join("\n");
}

function tableLines({ table, key, fields }: HelpdeskTable): string[] {
  const steps = key.steps.map(
    ({ table: found, match, take }: HelpdeskStep) => ` -> ${found}.${match} -> ${take}`,
  );
  return [
    `  ${table}:`,
    `    key: ${JSON.stringify(key.column + steps.join(""))}`,
    "    fields:",
    ...Object.entries(fields).map(
      ([name, [group, mask]]) =>
        `      ${name}: ${group === "none" ? "none" : `{ class: ${group}, mask: ${mask} }`}`,
    ),
  ];
}
