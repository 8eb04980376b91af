import type { CatalogAsk } from "../../capture/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import { sideDoors } from "../init/doors.ts";
import { quoted } from "../init/look.ts";
import { alternatives, sqlName } from "../../policy/index.ts";
import { type Check, failed, ok, warned } from "./check.ts";

const versionMin = 14;
const versionMax = 18;
/** Sightings are put beside the server's own times: a second more and their order is a guess, milliseconds. */
const clockMillisMax = 1_000;

export async function versionAndClock(ask: CatalogAsk): Promise<readonly Check[]> {
  const before = Date.now();
  const [[number = "0", millis = "0", strings = ""] = []] = await ask(`
select pg_catalog.current_setting('server_version_num'), (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint,
       pg_catalog.current_setting('standard_conforming_strings')`);
  const after = Date.now();
  const major = Math.floor(Number(number) / 10_000);
  const apart = Math.max(0, Number(millis) - after, before - Number(millis));
  return [
    major >= versionMin && major <= versionMax
      ? ok("server-version", `PostgreSQL ${major}`)
      : failed(
          "server-version",
          `PostgreSQL ${major} is not supported`,
          `Use ${versionMin} to ${versionMax}.`,
        ),
    apart <= clockMillisMax
      ? ok("clocks", `the server's clock and this one agree within ${clockMillisMax / 1000} s`)
      : failed(
          "clocks",
          `the server's clock and this one are ${(apart / 1000).toFixed(1)} s apart`,
          "Let both follow the same time server (timedatectl set-ntp true).",
        ),
    strings === "on"
      ? ok("server-strings", "standard_conforming_strings is on")
      : failed(
          "server-strings",
          "standard_conforming_strings is off: server and gateway would read literals differently",
          "ALTER SYSTEM SET standard_conforming_strings = on; SELECT pg_reload_conf();",
        ),
  ];
}

/** The gateway's logins at the server: there, and with no right that leads past the gateway's rules. */
export async function logins(ask: CatalogAsk, gateway: GatewayConfiguration): Promise<readonly Check[]> {
  const { login, roles, control, protection } = gateway;
  const found: Check[] = [];
  for (const name of login.upstream.logins.keys()) {
    const using = [...roles.values()].filter(({ upstream }) => upstream === name);
    const makes = using.some(({ ddl }) => ddl);
    if (name === control.revoker) {
      found.push(...(await revoking(ask, name, gateway)));
      continue;
    }
    const wrong = await powers(ask, { name, database: control.database, makes });
    found.push(...(wrong.length > 0 ? wrong : [ok("logins", `${name} has no power beyond its grants`)]));
    if (using.length > 0) found.push(...(await unreadable(ask, name, protection)));
  }
  const spying = await readable(ask, control.login, protection);
  const says = `${control.login} needs only the catalog, and`;
  const from = quoted(control.login);
  return [
    ...found,
    ...spying.map((table) =>
      failed("logins", `${says} may read ${table}`, `REVOKE ALL ON ${table} FROM ${from};`),
    ),
  ];
}

/** Whether the login that takes others away may: CREATEROLE, from version 16 on ADMIN OPTION on each, and pg_signal_backend. */
async function revoking(
  ask: CatalogAsk,
  revoker: string,
  { ownLogins }: GatewayConfiguration,
): Promise<readonly Check[]> {
  const own = [...ownLogins.values()].flat();
  const rows = await ask(`
select o.rolname,
       r.rolsuper or (r.rolcreaterole and not o.rolsuper and (pg_catalog.current_setting('server_version_num')::int < 160000
         or pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER WITH ADMIN OPTION'))),
       r.rolsuper or pg_catalog.pg_has_role(r.oid, 'pg_signal_backend', 'USAGE')
  from pg_catalog.pg_roles r, pg_catalog.pg_roles o
 where r.rolname = ${literal(revoker)} and o.rolname in (${own.map(literal).join(", ") || "null"}) order by 1`);
  const there = new Set(rows.map(([name]) => name));
  const from = quoted(revoker);
  const found = [
    ...own
      .filter((name) => !there.has(name))
      .map((name) => failed("revoker", `the server has no login ${name}`, "Mend users.NAME.upstreamLogin.")),
    ...rows
      .filter(([, may]) => may !== "t")
      .map(([name]) =>
        failed(
          "revoker",
          `${revoker} can't take ${name ?? ""} away`,
          `ALTER ROLE ${from} CREATEROLE; and from PostgreSQL 16 on GRANT ${quoted(name ?? "")} TO ${from} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;`,
        ),
      ),
    ...(rows.some(([, , ends]) => ends !== "t")
      ? [failed("revoker", `${revoker} can't end sessions`, `GRANT pg_signal_backend TO ${from};`)]
      : []),
  ];
  return found.length > 0 ? found : [ok("revoker", `${revoker} can take ${own.length} logins away`)];
}

const serverRoles =
  "pg_read_all_data, pg_write_all_data, pg_monitor, pg_read_server_files, pg_write_server_files, pg_execute_server_program, pg_signal_backend";

/** What a login may do that no login of the gateway's should. `makes`: a role of it may create tables (`ddl`). */
async function powers(
  ask: CatalogAsk,
  { name, database, makes }: { readonly name: string; readonly database: string; readonly makes: boolean },
): Promise<readonly Check[]> {
  const login = quoted(name);
  const [row] = await ask(`
select r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls,
       not r.rolcanlogin,
       exists (select from pg_catalog.pg_roles g where g.rolname ~ '^pg_(read_all|write_all|execute_server|read_server|write_server|monitor|signal)'
               and pg_catalog.pg_has_role(r.oid, g.oid, 'member')),
       pg_catalog.has_language_privilege(r.oid, 'plpgsql', 'USAGE'),
       ${makes ? "false" : "pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'TEMP')"}
  from pg_catalog.pg_roles r where r.rolname = ${literal(name)}`);
  if (row === undefined) {
    const mend = `CREATE ROLE ${login} LOGIN PASSWORD '...'; (whosaw init prints it)`;
    return [failed("logins", `the server has no login ${name}`, mend)];
  }
  const told: readonly (readonly [string, string])[] = [
    [
      "has a superuser's or administrator's powers",
      `ALTER ROLE ${login} NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS;`,
    ],
    ["may not log in", `ALTER ROLE ${login} LOGIN;`],
    [
      "is a member of one of the server's own roles (pg_read_all_data and the like)",
      `REVOKE ${serverRoles} FROM ${login};`,
    ],
    ["may run DO blocks and make functions in plpgsql", "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;"],
    ["may make temporary tables", `REVOKE TEMP ON DATABASE ${quoted(database)} FROM PUBLIC;`],
  ];
  const schemas = makes
    ? []
    : await ask(`
select n.nspname from pg_catalog.pg_namespace n
 where n.nspname !~ '^pg_' and pg_catalog.has_schema_privilege(${literal(name)}, n.oid, 'CREATE') order by 1`);
  return [
    ...told
      .filter((_, at) => row[at] === "t")
      .map(([says, mend]) => failed("logins", `${name} ${says}`, mend)),
    ...schemas.map(([schema]) =>
      failed(
        "logins",
        `${name} may make objects in schema ${schema}`,
        `REVOKE CREATE ON SCHEMA ${sqlName(schema ?? "")} FROM PUBLIC, ${login};`,
      ),
    ),
  ];
}

/** Protected tables and the tables on the way to their customers that a role's login can't read: its statements would fail. */
async function unreadable(
  ask: CatalogAsk,
  login: string,
  { tables }: GatewayConfiguration["protection"],
): Promise<readonly Check[]> {
  const needed = new Map<string, Set<string>>();
  for (const { key } of tables.values()) {
    for (const { schema, table, match, take, where } of alternatives(key).flatMap(({ steps }) => steps)) {
      const name = `${sqlName(schema)}.${sqlName(table)}`;
      const columns = needed.get(name) ?? new Set<string>();
      for (const column of [match, take, ...(where ?? []).map((each) => each.column)]) columns.add(column);
      needed.set(name, columns);
    }
  }
  const found: Check[] = [];
  for (const [name, columns] of needed) {
    const missing: string[] = [];
    for (const column of columns) {
      const [row] = await ask(
        `select pg_catalog.has_column_privilege(r.oid, ${literal(name)}::pg_catalog.regclass, ${literal(column)}, 'SELECT') from pg_catalog.pg_roles r where r.rolname = ${literal(login)}`,
      );
      if (row?.[0] === "f") missing.push(quoted(column));
    }
    if (missing.length > 0)
      found.push(
        failed(
          "grants",
          `${login} can't follow the way to the customer through ${name}`,
          `GRANT SELECT (${missing.join(", ")}) ON ${name} TO ${quoted(login)};`,
        ),
      );
  }
  return found;
}

async function readable(
  ask: CatalogAsk,
  login: string,
  { tables }: GatewayConfiguration["protection"],
): Promise<readonly string[]> {
  const names = [...tables.values()].map(({ schema, table }) => `${sqlName(schema)}.${sqlName(table)}`);
  const rows = await ask(`
select t from pg_catalog.unnest(array[${names.map(literal).join(", ")}]::pg_catalog.text[]) t
 where exists (select from pg_catalog.pg_roles where rolname = ${literal(login)})
   and case when exists (select from pg_catalog.pg_roles where rolname = ${literal(login)})
            then pg_catalog.has_any_column_privilege(${literal(login)}, t, 'SELECT') end`);
  return rows.map(([name]) => name ?? "");
}

/** Logins that read protected tables past the gateway. */
export async function bypasses(
  ask: CatalogAsk,
  { login, protection }: GatewayConfiguration,
): Promise<readonly Check[]> {
  const names = [...protection.tables.values()].map(
    ({ schema, table }) => `${sqlName(schema)}.${sqlName(table)}`,
  );
  const doors = await sideDoors({ ask }, names, [...login.upstream.logins.keys()]);
  if (doors.length === 0) return [ok("side-doors", "no other login reads a protected table")];
  return doors.map(({ login: name, superuser, owner }) =>
    superuser || owner
      ? warned(
          "side-doors",
          `${name} ${superuser ? "is a superuser" : "owns a protected table"} and reads it past the gateway`,
          `Let pg_hba.conf admit ${name} from administrators' machines only.`,
        )
      : failed(
          "side-doors",
          `${name} reads protected tables past the gateway`,
          `REVOKE ALL ON ${names.join(", ")} FROM ${quoted(name)}; and, where PUBLIC may: ... FROM PUBLIC;`,
        ),
  );
}

/** What pg_hba.conf lets in, where this login may read it. */
export async function hostRules(ask: CatalogAsk, { login }: GatewayConfiguration): Promise<readonly Check[]> {
  const mend =
    "Compare pg_hba.conf with the lines that whosaw init prints, or run whosaw doctor with an administrator's address.";
  const rows = await ask(`
select line_number, pg_catalog.array_to_string(user_name, ','), coalesce(address, ''), auth_method, coalesce(error, '')
  from pg_catalog.pg_hba_file_rules where type is null or (type <> 'local' and not database = '{replication}') order by line_number`).catch(
    () => null,
  );
  if (rows === null) return [warned("pg-hba", "this login may not read the server's rules", mend)];
  const own = new Set(login.upstream.logins.keys());
  const found: Check[] = [];
  for (const [line = "", users, address, method, error] of rows) {
    const meant = (users ?? "").split(",");
    const ours = meant.includes("all") || meant.some((user) => own.has(user));
    if (error !== "")
      found.push(failed("pg-hba", `line ${line} is wrong: ${error}`, "Mend pg_hba.conf there."));
    else if (ours && (method === "trust" || method === "password"))
      found.push(
        failed(
          "pg-hba",
          `line ${line} lets logins in by ${method}`,
          `Write scram-sha-256 in place of ${method}.`,
        ),
      );
    else if (ours && (address === "all" || address === "0.0.0.0" || address === "::") && method !== "reject")
      found.push(
        failed(
          "pg-hba",
          `line ${line} lets people in from everywhere, past the gateway`,
          "Name the gateway's and the administrators' addresses only.",
        ),
      );
  }
  return found.length === 0
    ? [ok("pg-hba", "no rule lets anybody in without a password or from everywhere")]
    : found;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
