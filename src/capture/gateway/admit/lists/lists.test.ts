import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedPostgres } from "../../../../serve/gateway/own-postgres.ts";
import { serversHere, startServer, type TestServer } from "../../catalog/postgres.testing.ts";
import { builtinFunctions, otherUnaryBuiltins } from "./builtinFunctions.ts";
import { knownExtensions } from "./handReviewed.ts";
import { nodeKinds } from "./nodes.ts";
import { refusedStatements } from "./refusedStatements.ts";
import { settableSettings } from "./settings.ts";
import { knownSqlstates, sqlstateClasses } from "./sqlstates.ts";
import { readableCatalogs, readableInformation, refusedCatalogs } from "./systemRelations.ts";

const root = resolve(import.meta.dirname, "../../../../..");
const servers: TestServer[] = [];
const urls: string[] = [];

beforeAll(async () => {
  for (const { bin } of serversHere()) {
    const server = await startServer(bin);
    servers.push(server);
    const client = await server.connect();
    await client.query("create database listed");
    await client.end();
    urls.push(server.url("listed"));
  }
}, 120_000);

afterAll(async () => {
  for (const server of servers) await server.stop();
});

/** What the program makes of these servers, and what is committed; without what the formatter may change. */
async function made(what: string, from: readonly string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run("node", [join(root, "scripts/list-functions.mjs"), what, ...from], {
    maxBuffer: 10_000_000,
  });
  return bare(stdout);
}

/** Added in a later minor version (15.20), which isn't here everywhere. */
const later = /binary_upgrade_set_next_attribute_versions/g;

function committed(name: string): string {
  return bare(readFileSync(join(import.meta.dirname, name), "utf8"));
}

function bare(text: string): string {
  return text.replaceAll(later, "").replaceAll(/[\s,]/g, "");
}

async function asked(server: TestServer, sql: string): Promise<readonly string[]> {
  const client = await server.connect();
  const { rows } = await client.query<{ name: string }>(sql);
  await client.end();
  return rows.map(({ name }) => name);
}

/** The lists were made from these two; where another server is at hand, there is nothing to compare exactly. */
const madeFrom = (): boolean =>
  servers
    .map(({ major }) => major)
    .sort((a, b) => a - b)
    .join() === "15,18";

describe("the lists of functions", () => {
  it.skipIf(serversHere().length !== 2)(
    "are what their program makes of servers 15 and 18",
    async () => {
      expect(madeFrom()).toBe(true);
      expect(await made("builtin", urls)).toBe(committed("builtinFunctions.ts"));
      expect(await made("extensions", urls)).toBe(committed("extensionFunctions.ts"));
    },
    120_000,
  );

  it("name every function that takes one argument, on one side or the other", async () => {
    for (const server of servers) {
      const names = await asked(
        server,
        `select distinct proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace and pronargs >= 1
          and pronargs - pronargdefaults <= 1 and not 'internal'::regtype = any (proargtypes)`,
      );
      expect(names.length).toBeGreaterThan(800);
      if (server.major > 18) continue;
      expect(names.filter((name) => !builtinFunctions.has(name) && !otherUnaryBuiltins.has(name))).toEqual(
        [],
      );
    }
    expect([...builtinFunctions].filter((name) => otherUnaryBuiltins.has(name))).toEqual([]);
  });

  it("hold nothing that runs SQL, reads files, keeps values or tells of others", () => {
    const never =
      /^(query|table|cursor|schema|database)_to_xml|^lo_|^(loread|lowrite)$|^pg_(read|ls_|stat_|log|logical|terminate|cancel|reload|rotate|promote|replication|create|drop|export|switch|wal_replay|backup|hba|ident_|prepared|cursor|show)|_validator$|^(set_config|current_setting|setval|pg_notify|current_query|ts_stat|ts_rewrite|setseed)$|^binary_upgrade/;
    expect([...builtinFunctions].filter((name) => never.test(name))).toEqual([]);
    const inExtensions = /^(dblink|crosstab|connectby|lo_|pg_read|xpath_table|set_limit|isn_weak)/;
    for (const { functions } of knownExtensions)
      expect([...functions].filter((name) => inExtensions.test(name))).toEqual([]);
  });
});

describe("the other lists", () => {
  it("name only relations that a server has, and none twice", async () => {
    const seen = new Set<string>();
    for (const server of servers)
      for (const name of await asked(
        server,
        `select nspname || '.' || relname as name from pg_class join pg_namespace n on n.oid = relnamespace
          where nspname in ('pg_catalog', 'information_schema') and relkind in ('r', 'v')`,
      ))
        seen.add(name);
    const listed = [
      ...[...readableCatalogs].map((name) => `pg_catalog.${name}`),
      ...[...readableInformation].map((name) => `information_schema.${name}`),
    ];
    expect(listed.filter((name) => !seen.has(name))).toEqual([]);
    expect(Object.keys(refusedCatalogs).filter((name) => readableCatalogs.has(name))).toEqual([]);
  });

  it("name only settings that some server has", async () => {
    const seen = new Set<string>();
    for (const server of servers)
      for (const name of await asked(server, "select lower(name) as name from pg_settings")) seen.add(name);
    const listed = [...settableSettings.keys()].filter((name) => !name.includes("."));
    // Renamed to debug_parallel_query in PostgreSQL 16.
    const older = servers.some(({ major }) => major < 16) ? [] : ["force_parallel_mode"];
    expect(listed.filter((name) => !seen.has(name))).toEqual(older);
  });

  it("hold every SQLSTATE of the servers here, and a text for each class", () => {
    const files = [
      join(embeddedPostgres(), "../share/postgresql/errcodes.txt"),
      "/usr/share/postgresql/15/errcodes.txt",
    ].filter((file) => existsSync(file) && existsSync(dirname(file)));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files)
      for (const [, code = ""] of readFileSync(file, "utf8").matchAll(/^([0-9A-Z]{5}) /gm)) {
        expect(knownSqlstates.has(code), code).toBe(true);
        expect(Object.hasOwn(sqlstateClasses, code.slice(0, 2)), code).toBe(true);
      }
  });

  it("name every kind of statement of the grammar once: walked or refused", () => {
    const types = readFileSync(join(root, "node_modules/@pgsql/types/types.d.ts"), "utf8");
    const kinds = [...types.matchAll(/^export interface (\w+Stmt) \{/gm)].map(([, kind = ""]) => kind);
    // Made by the server's analysis, or inside functions, which aren't made here.
    const inner = ["RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt"];
    expect(kinds.length).toBeGreaterThan(100);
    for (const kind of kinds)
      expect(
        [nodeKinds.has(kind), Object.hasOwn(refusedStatements, kind), inner.includes(kind)].filter(Boolean),
        kind,
      ).toHaveLength(1);
  });
});
