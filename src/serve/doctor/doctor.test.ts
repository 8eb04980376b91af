import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../base/index.ts";
import { serversHere, startServer, type TestServer } from "../../capture/gateway/catalog/postgres.testing.ts";
import { initialise } from "../init/index.ts";
import type { Check } from "./check.ts";
import { examine } from "./index.ts";

const redmine = join(import.meta.dirname, "../../../testdata/helpdesks/redmine.sql");

function told(checks: readonly Check[], name: string): readonly string[] {
  return checks.filter((check) => check.name === name).map(({ status, says }) => `${status}: ${says}`);
}

describe.each(serversHere())("whosaw doctor at $name", ({ bin }) => {
  const data = mkdtempSync(join(tmpdir(), "whosaw-doctor-"));
  const file = join(data, "whosaw.yaml");
  let server: TestServer;
  let sql: readonly string[];
  beforeAll(async () => {
    server = await startServer(bin);
    const client = await server.connect();
    await client.query(readFileSync(redmine, "utf8"));
    await client.query("create role support login; grant select on users to support");
    await client.end();
    const wish = { url: server.url(), file, force: false, customers: null, tickets: null, clock: Date.now };
    const answer = await initialise(wish);
    if (isRefusal(answer)) throw new Error(answer.what);
    sql = answer.doors.sql;
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  });

  async function admin(text: string): Promise<void> {
    const client = await server.connect();
    await client.query(text);
    await client.end();
  }

  const look = (url: string | null): Promise<readonly Check[]> => examine({ data, file, url });

  it("finds what is missing before the doors are closed, and what to run", async () => {
    const checks = await look(server.url());
    expect(told(checks, "logins")).toEqual([
      "failed: the server has no login whosaw_support",
      "failed: the server has no login whosaw_control",
    ]);
    expect(told(checks, "side-doors")).toContain("failed: support reads protected tables past the gateway");
    expect(told(checks, "pg-hba").join()).toContain("lets logins in by trust");
    expect(told(await look(null), "connection")[0]).toContain('role "whosaw_control" does not exist');
  });

  it("finds nothing wrong at the server once the SQL of init has run, as the gateway's own login", async () => {
    await admin(sql.join("\n"));
    const checks = await look(null);
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(told(checks, "catalog")).toEqual([
      "ok: every table, column and path of the configuration is in the database",
    ]);
    expect(told(checks, "side-doors")).toEqual([
      "warned: postgres is a superuser and reads it past the gateway",
    ]);
    expect(told(checks, "pg-hba")).toEqual(["warned: this login may not read the server's rules"]);
    expect(told(checks, "clocks")[0]).toMatch(/^ok/);
  });

  it.each([
    [
      "alter role whosaw_support createrole",
      "alter role whosaw_support nocreaterole",
      "logins",
      "administrator's powers",
    ],
    [
      "grant pg_read_all_data to whosaw_support",
      "revoke pg_read_all_data from whosaw_support",
      "logins",
      "pg_read_all_data",
    ],
    [
      "grant temp on database postgres to public",
      "revoke temp on database postgres from public",
      "logins",
      "temporary tables",
    ],
    [
      "grant create on schema public to whosaw_support",
      "revoke create on schema public from whosaw_support",
      "logins",
      "objects in schema public",
    ],
    [
      "grant usage on language plpgsql to public",
      "revoke usage on language plpgsql from public",
      "logins",
      "plpgsql",
    ],
    [
      "grant select (lastname) on users to whosaw_control",
      "revoke select (lastname) on users from whosaw_control",
      "logins",
      "may read public.users",
    ],
    [
      "revoke select on issues from whosaw_support",
      "grant select on issues to whosaw_support",
      "grants",
      "through public.issues",
    ],
    [
      "grant select (notes) on journals to support",
      "revoke select (notes) on journals from support",
      "side-doors",
      "support reads",
    ],
    [
      "alter table journals rename notes to texts",
      "alter table journals rename texts to notes",
      "catalog",
      "public.journals has no column notes",
    ],
  ])("notices: %s", async (breaks, mends, name, says) => {
    await admin(breaks);
    try {
      const checks = await look(null);
      const found = checks.find((check) => check.name === name && check.status === "failed");
      expect(found?.says).toContain(says);
      expect(found?.mend).not.toBeNull();
    } finally {
      await admin(mends);
    }
  });

  it("notices secrets that others may read, and a configuration with a mistake", async () => {
    chmodSync(join(data, "whosaw_support.password"), 0o644);
    expect(told(await look(null), "keys")[0]).toMatch(
      /^failed: .*whosaw_support.password can be read by others/,
    );
    chmodSync(join(data, "whosaw_support.password"), 0o600);
    // As the recorder makes them.
    mkdirSync(join(data, "keys"));
    writeFileSync(join(data, "keys/log.key"), "secret", { mode: 0o600 });
    writeFileSync(join(data, "keys/log.signed"), "public", { mode: 0o640 });
    expect(told(await look(null), "keys")[0]).toMatch(/^ok: /);
    const right = readFileSync(file, "utf8");
    writeFileSync(file, right.replace("rowsMax: 500", "rowsMax: many"));
    expect(told(await look(null), "configuration")[0]).toMatch(
      /^failed: .*whosaw.yaml:\d+: roles.support.rowsMax/,
    );
    writeFileSync(file, right);
  });

  it("looks at the login that takes others away: what it lacks, and what to run", async () => {
    const right = readFileSync(file, "utf8");
    await admin("create role desk_revoker login; create role ann_own login");
    const own = right
      .replace(/(\n +control: *\{[^}]*?) *\}/, "$1, revoker: desk_revoker }")
      .replace(/(\n( +)logins:[^\n]*\n)/, "$1$2  desk_revoker: { password: x }\n")
      .replace(/(\n {2}example:[^\n]*\n)/, "$1    upstreamLogin: ann_own\n");
    writeFileSync(file, own);
    const revoker = async (): Promise<readonly string[]> => told(await look(null), "revoker");
    expect(told(await look(null), "configuration")[0]).toMatch(/^ok: /);
    expect(await revoker()).toEqual([
      "failed: desk_revoker can't take ann_own away",
      "failed: desk_revoker can't end sessions",
    ]);
    const mends = (await look(null)).filter(({ name }) => name === "revoker").map(({ mend }) => mend ?? "");
    // What it says is what mends it, on every version.
    for (const mend of mends)
      for (const statement of mend.split(/; and from PostgreSQL 16 on |;/).filter((one) => one.trim() !== ""))
        await admin(/^GRANT "?ann/.test(statement) ? since16(statement) : statement);
    expect(await revoker()).toEqual(["ok: desk_revoker can take 1 logins away"]);
    await admin("alter role ann_own rename to ann_gone");
    expect(await revoker()).toEqual(["failed: the server has no login ann_own"]);
    writeFileSync(file, right);
    await admin("drop role ann_gone; drop role desk_revoker");
  });
});

/** Before version 16 a grant has none of these options, and none is needed. */
function since16(grant: string): string {
  return `do $do$ begin if current_setting('server_version_num')::int >= 160000 then execute $q$${grant}$q$; end if; end $do$`;
}
