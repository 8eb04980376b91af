import { alternatives, type KeyPath, sqlName } from "../../policy/index.ts";
import { type Database, quoted } from "./look.ts";
import type { Proposal } from "./propose.ts";
import { controlLogin, supportLogin } from "./yaml.ts";

/** What has to be run at the server so that the gateway is the only way in. */
export interface Doors {
  readonly sql: readonly string[];
  readonly hba: readonly string[];
  /** Logins that read protected tables beside the gateway today. */
  readonly beside: readonly SideDoor[];
}

export interface SideDoor {
  readonly login: string;
  readonly superuser: boolean;
  readonly owner: boolean;
}

/** Who may log in and read one of these tables, by grant, ownership or as superuser; not the gateway's own logins. */
export async function sideDoors(
  { ask }: Pick<Database, "ask">,
  tables: readonly string[],
  own: readonly string[],
): Promise<readonly SideDoor[]> {
  if (tables.length === 0) return [];
  const list = tables.map((name) => `${literal(name)}::pg_catalog.regclass`).join(", ");
  const excluded = own.length === 0 ? "" : `and r.rolname not in (${own.map(literal).join(", ")})`;
  const rows = await ask(`
select r.rolname, r.rolsuper,
       exists (select from pg_catalog.pg_class c where c.oid = any (array[${list}]::pg_catalog.oid[]) and pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE'))
  from pg_catalog.pg_roles r
 where r.rolcanlogin ${excluded}
   and exists (select from pg_catalog.unnest(array[${list}]::pg_catalog.oid[]) t(oid)
                where pg_catalog.has_table_privilege(r.oid, t.oid, 'SELECT') or pg_catalog.has_any_column_privilege(r.oid, t.oid, 'SELECT'))
 order by 1`);
  return rows.map(([login, superuser, owner]) => ({
    login: login ?? "",
    superuser: superuser === "true" || superuser === "t",
    owner: owner === "true" || owner === "t",
  }));
}

export interface DoorWish {
  readonly database: string;
  readonly schemas: readonly string[];
  /** The server is on the gateway's machine. */
  readonly local: boolean;
  readonly supportVerifier: string;
  readonly controlVerifier: string;
}

export async function doorsOf(database: Database, proposal: Proposal, wish: DoorWish): Promise<Doors> {
  const names = proposal.protect.map(({ name }) => name);
  const beside = await sideDoors(database, names, [supportLogin, controlLogin]);
  const db = quoted(wish.database);
  const schemas = wish.schemas.map(sqlName).join(", ");
  const revocable = beside.filter(({ superuser, owner }) => !superuser && !owner);
  return {
    beside,
    sql: [
      "-- The gateway's logins. Nobody else knows their passwords; they stand in the files beside whosaw.yaml.",
      `CREATE ROLE ${supportLogin} LOGIN NOINHERIT PASSWORD '${wish.supportVerifier}';`,
      `CREATE ROLE ${controlLogin} LOGIN NOINHERIT CONNECTION LIMIT 16 PASSWORD '${wish.controlVerifier}';`,
      `GRANT CONNECT ON DATABASE ${db} TO ${supportLogin}, ${controlLogin};`,
      `GRANT USAGE ON SCHEMA ${schemas} TO ${supportLogin};`,
      "-- What people may read through the gateway. Add INSERT and UPDATE where they work in it.",
      `GRANT SELECT ON ${[...names, ...proposal.open].join(", ")} TO ${supportLogin};`,
      ...stepGrants(proposal),
      ...proposal.unplaced.map(
        ({ name, personal }) =>
          `-- ${personal ? "looks personal, not protected" : "text that nothing explains, not protected"}: GRANT SELECT ON ${name} TO ${supportLogin};`,
      ),
      "-- Nobody keeps copies, runs code or makes objects that shadow others.",
      `REVOKE TEMP ON DATABASE ${db} FROM PUBLIC;`,
      ...wish.schemas.map((schema) => `REVOKE CREATE ON SCHEMA ${sqlName(schema)} FROM PUBLIC;`),
      "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;",
      "-- The side doors: logins that read protected tables past the gateway today.",
      `REVOKE SELECT ON ${names.join(", ")} FROM PUBLIC;`,
      ...revocable.map(({ login }) => `REVOKE ALL ON ${names.join(", ")} FROM ${quoted(login)};`),
      ...beside
        .filter((door) => !revocable.includes(door))
        .map(
          ({ login, superuser }) =>
            `-- ${login.replaceAll(/\s/g, " ")} ${superuser ? "is a superuser" : "owns a table"}: no grant keeps it out. Let pg_hba.conf admit it from administrators' machines only.`,
        ),
    ],
    hba: [
      ...(wish.local
        ? [
            "# Before every other line of this database. The gateway is on the server's machine.",
            `local   ${hbaName(wish.database)} ${supportLogin},${controlLogin}               scram-sha-256`,
            `host    ${hbaName(wish.database)} ${supportLogin},${controlLogin} 127.0.0.1/32  scram-sha-256`,
            `host    ${hbaName(wish.database)} ${supportLogin},${controlLogin} ::1/128       scram-sha-256`,
          ]
        : [
            "# Before every other line of this database. Put the gateway's address in place of 192.0.2.10.",
            `hostssl ${hbaName(wish.database)} ${supportLogin},${controlLogin} 192.0.2.10/32 scram-sha-256`,
          ]),
      `host    ${hbaName(wish.database)} ${supportLogin},${controlLogin} all           reject`,
      ...revocable.map(
        ({ login }) => `host    ${hbaName(wish.database)} ${hbaName(login)} all           reject`,
      ),
    ],
  };
}

/** The ways to the customers lead through tables that aren't granted: the gateway reads their links as this login, and nothing else of them. */
function stepGrants(proposal: Proposal): readonly string[] {
  const granted = new Set([...proposal.protect.map(({ name }) => name), ...proposal.open]);
  const columns = new Map<string, Set<string>>();
  const { tickets } = proposal;
  const paths: readonly Pick<KeyPath, "steps">[] = [
    ...proposal.protect.flatMap(({ key }) => alternatives(key)),
    ...(tickets === null ? [] : [{ steps: tickets.table.actor }, tickets.table.customer]),
    ...(tickets?.table.open === undefined ? [] : [tickets.table.open.path]),
  ];
  for (const { schema, table, match, take, where } of paths.flatMap(({ steps }) => steps)) {
    const name = `${sqlName(schema)}.${sqlName(table)}`;
    if (granted.has(name)) continue;
    const needed = columns.get(name) ?? new Set<string>();
    for (const column of [match, take, ...(where ?? []).map((condition) => condition.column)])
      needed.add(column);
    columns.set(name, needed);
  }
  return [...columns].map(
    ([name, needed]) =>
      `GRANT SELECT (${[...needed].toSorted().map(quoted).join(", ")}) ON ${name} TO ${supportLogin}; -- the way to the customer`,
  );
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function hbaName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
