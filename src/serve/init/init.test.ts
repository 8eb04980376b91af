import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../base/index.ts";
import { serversHere, startServer, type TestServer } from "../../capture/gateway/catalog/postgres.testing.ts";
import { formatKeyPath } from "../../policy/index.ts";
import { type Initialised, initialise } from "./index.ts";

const helpdesks = join(import.meta.dirname, "../../../testdata/helpdesks");
/** Debian's package of Request Tracker, where it is installed. */
const wholeRequestTracker = "/usr/share/request-tracker5/etc/schema.Pg";
const requestors =
  "public.groups.instance [domain = 'RT::Ticket-Role', name = 'Requestor'] -> id -> public.groupmembers.groupid -> memberid";

function keys({ proposal }: Initialised): Record<string, string> {
  return Object.fromEntries(proposal.protect.map(({ name, key }) => [name, formatKeyPath(key)]));
}

function classes({ proposal }: Initialised, table: string): Record<string, string> {
  const fields = proposal.protect.find(({ name }) => name === table)?.fields ?? [];
  return Object.fromEntries(
    fields.map(({ column, field }) => [
      column,
      field.mask === "full" ? field.class : `${field.class} ${field.mask}`,
    ]),
  );
}

describe("whosaw init", () => {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-init-"));
  let server: TestServer;
  beforeAll(async () => {
    const [here] = serversHere();
    if (here === undefined) throw new Error("no PostgreSQL is installed");
    server = await startServer(here.bin);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function load(database: string, ...sql: readonly string[]): Promise<void> {
    const first = await server.connect();
    await first.query(`create database ${database}`);
    await first.end();
    const client = await server.connect(database);
    for (const text of sql) await client.query(text);
    await client.query("analyze");
    await client.end();
  }

  async function proposed(database: string, force = false): Promise<Initialised> {
    const answer = await initialise({
      url: server.url(database),
      file: join(folder, database, "whosaw.yaml"),
      force,
      customers: null,
      tickets: null,
      clock: () => Date.UTC(2026, 10, 25),
    });
    if (isRefusal(answer)) throw new Error(answer.what);
    return answer;
  }

  it("finds Request Tracker's requestors behind its role groups, and whose a message is", async () => {
    await load("rt5", readFileSync(join(helpdesks, "request-tracker.sql"), "utf8"));
    const answer = await proposed("rt5");
    expect(keys(answer)).toEqual({
      "public.attachments": `transactionid -> public.transactions.id [objecttype = 'RT::Ticket'] -> objectid -> ${requestors}`,
      // The table is empty, so its kinds are those that other tables name.
      "public.objectcustomfieldvalues": `objectid [objecttype = 'RT::Ticket'] -> ${requestors} or objectid [objecttype = 'RT::User'] or objectid [objecttype = 'ticket'] -> ${requestors}`,
      "public.tickets": `id -> ${requestors}`,
      "public.transactions": `objectid [objecttype = 'RT::Ticket'] -> ${requestors} or objectid [objecttype = 'RT::User']`,
      "public.users": "id",
    });
    expect(answer.proposal.protect.find(({ name }) => name === "public.tickets")?.key.many).toBe(true);
    expect(classes(answer, "public.users")).toMatchObject({
      id: "none",
      name: "contact domain",
      password: "contact",
      emailaddress: "contact domain",
      realname: "identifier",
      workphone: "contact last4",
      city: "contact",
      lang: "none",
      comments: "content",
    });
    expect(classes(answer, "public.attachments")).toMatchObject({
      content: "content",
      headers: "content",
      contenttype: "none",
    });
    expect(answer.proposal.tickets?.table).toMatchObject({
      assignee: "owner",
      actor: [{ table: "users", match: "id", take: "name" }],
      open: { path: { column: "status" }, values: ["new", "open", "stalled"] },
    });
    expect(answer.proposal.unplaced.filter(({ personal }) => personal).map(({ name }) => name)).toEqual([
      "public.authtokens",
      "public.queues",
    ]);
  });

  it("says nothing of partitions and other children of a protected table but what is their own", async () => {
    await load(
      "heirs",
      `create table customers (id int primary key, name text, email text, phone text);
       insert into customers select n, 'Mia ' || n, 'mia' || n || '@example.com', '555-01' || n from generate_series(10, 60) n;
       create table a_customers_vip (manager_email text) inherits (customers);
       insert into a_customers_vip select n, 'Kim ' || n, 'kim' || n || '@example.com', '555-01' || n, 'boss@example.com' from generate_series(61, 90) n;
       create table customers_old () inherits (customers);
       create table messages (id int, customer_id int references customers, body text, sent date) partition by range (sent);
       create table messages_2025 partition of messages for values from ('2025-01-01') to ('2026-01-01');
       insert into messages select n, n, 'dear Mia, thank you for your call of ' || n, '2025-02-01' from generate_series(10, 60) n`,
    );
    const { proposal, doors } = await proposed("heirs");
    expect(proposal.protect.map(({ name }) => name)).toEqual(["public.customers", "public.messages"]);
    expect(proposal.unplaced).toEqual([]);
    expect(proposal.open).toEqual([]);
    expect(doors.sql.join("\n")).not.toMatch(/customers_old|a_customers_vip|messages_2025/);
    expect(proposal.findings.join("\n")).toContain("public.a_customers_vip inherits from a protected table");
    expect(proposal.findings.join("\n")).toContain("manager_email");
  });

  it("finds Redmine's authors, the kinds of its polymorphic links and the states that are closed", async () => {
    await load("redmine", readFileSync(join(helpdesks, "redmine.sql"), "utf8"));
    const answer = await proposed("redmine");
    expect(keys(answer)).toEqual({
      "public.attachments": "container_id [container_type = 'Issue'] -> public.issues.id -> author_id",
      "public.custom_values":
        "customized_id [customized_type = 'Issue'] -> public.issues.id -> author_id or customized_id [customized_type = 'Principal']",
      "public.email_addresses": "user_id",
      "public.issues": "author_id",
      "public.journal_details":
        "journal_id -> public.journals.id [journalized_type = 'Issue'] -> journalized_id -> public.issues.id -> author_id",
      "public.journals": "journalized_id [journalized_type = 'Issue'] -> public.issues.id -> author_id",
      "public.tokens": "user_id",
      "public.users": "id",
    });
    expect(classes(answer, "public.users")).toMatchObject({
      login: "identifier",
      firstname: "identifier",
      lastname: "identifier",
      hashed_password: "contact",
      salt: "contact",
      admin: "none",
    });
    expect(classes(answer, "public.email_addresses")).toMatchObject({ address: "contact domain" });
    expect(classes(answer, "public.tokens")).toMatchObject({ value: "contact" });
    expect(classes(answer, "public.custom_values")).toMatchObject({ value: "contact" });
    expect(answer.proposal.tickets?.table).toMatchObject({
      assignee: "assigned_to_id",
      actor: [{ table: "users", take: "login" }],
      open: { path: { steps: [{ table: "issue_statuses", take: "is_closed" }] }, values: ["false"] },
    });
  });

  it("shows no value of a customer's, and gives the passwords it makes to nobody else", async () => {
    const file = join(folder, "rt5", "whosaw.yaml");
    const { doors, proposal } = await proposed("rt5", true);
    const said = `${readFileSync(file, "utf8")}${JSON.stringify(doors)}${JSON.stringify(proposal)}`;
    for (const value of ["@example.com", "555", "Springfield", "Miller", "cannot log in"])
      expect(said).not.toContain(value);
    const password = readFileSync(join(folder, "rt5", "whosaw_support.password"), "utf8").trim();
    expect(password).toHaveLength(32);
    expect(said).not.toContain(password);
    for (const name of ["whosaw.yaml", "whosaw_support.password", "whosaw_control.password"])
      expect(statSync(join(folder, "rt5", name)).mode & 0o077, name).toBe(0);
  });

  it("prints SQL that the server takes, after which only the gateway's login reads customers", async () => {
    const admin = await server.connect("rt5");
    await admin.query("create role support login; grant select on all tables in schema public to support");
    const { doors } = await proposed("rt5", true);
    expect(doors.beside).toEqual([
      { login: "postgres", superuser: true, owner: true },
      { login: "support", superuser: false, owner: false },
    ]);
    await admin.query(doors.sql.join("\n"));
    const asked = await admin.query<{
      login: string;
      users: boolean;
      groups: boolean;
      names: boolean;
      temp: boolean;
    }>(`
      select r.rolname as login, has_table_privilege(r.rolname, 'public.users', 'select') as users,
             has_table_privilege(r.rolname, 'public.groups', 'select') as groups,
             has_column_privilege(r.rolname, 'public.groups', 'instance', 'select') as names,
             has_database_privilege(r.rolname, 'rt5', 'temp') as temp
        from pg_roles r where rolname in ('support', 'whosaw_support', 'whosaw_control') order by 1`);
    expect(asked.rows).toEqual([
      { login: "support", users: false, groups: true, names: true, temp: false },
      { login: "whosaw_control", users: false, groups: false, names: false, temp: false },
      { login: "whosaw_support", users: true, groups: false, names: true, temp: false },
    ]);
    await admin.end();
    expect((await proposed("rt5", true)).doors.beside.map(({ login }) => login)).toEqual(["postgres"]);
    expect(doors.hba.at(-1)).toBe("host    rt5 support all           reject");
  });

  it("overwrites nothing unless it is told to, and says what it can't find", async () => {
    const file = join(folder, "kept.yaml");
    writeFileSync(file, "# mine\n");
    const wish = {
      url: server.url("rt5"),
      file,
      force: false,
      customers: null,
      tickets: null,
      clock: Date.now,
    };
    expect(await initialise(wish)).toMatchObject({
      code: "input",
      what: expect.stringContaining("is there already"),
    });
    expect(readFileSync(file, "utf8")).toBe("# mine\n");
    await load("bare", "create table parts (id int primary key, colour text)");
    const other = { ...wish, url: server.url("bare"), file: join(folder, "bare.yaml") };
    expect(await initialise(other)).toMatchObject({ what: "no table looks like customers" });
    expect(await initialise({ ...other, customers: "public.nobody" })).toMatchObject({ code: "input" });
    expect(existsSync(other.file)).toBe(false);
    expect(await initialise({ ...other, url: "mysql://x/y" })).toMatchObject({ code: "usage" });
    expect(await initialise({ ...other, url: "postgres://x@127.0.0.1:1/x" })).toMatchObject({
      code: "connection",
    });
  });

  it.skipIf(!existsSync(wholeRequestTracker))(
    "stands the whole schema of Debian's Request Tracker",
    async () => {
      await load("rtwhole", readFileSync(wholeRequestTracker, "utf8"));
      const answer = await proposed("rtwhole");
      expect(keys(answer)).toMatchObject({ "public.users": "id", "public.tickets": `id -> ${requestors}` });
      expect(answer.proposal.protect.length + answer.proposal.unplaced.length).toBeGreaterThan(15);
    },
  );
});
