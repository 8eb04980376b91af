import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../base/index.ts";
import { type Catalog, loadCatalog } from "../../capture/index.ts";
import { serversHere, startServer, type TestServer } from "../../capture/gateway/catalog/postgres.testing.ts";
import { readConfiguration } from "./index.ts";

const desk = `
create table customers (id int primary key, email text, country text);
create table staff (id int primary key, login text);
create table tickets (id bigint primary key, customer_id int, assignee_id int, closed_at timestamptz);
create table messages (ticket_id bigint, body text) partition by hash (ticket_id);
create table messages_0 partition of messages for values with (modulus 1, remainder 0);
create table links (domain text, instance int, person int);
create table odd (ref uuid);
create view everyone as select * from customers;
create function ticket_number(int) returns text language sql as 'select $1::text';
`;

const whole = `
gateway:
  listen: 127.0.0.1:6432
  upstream:
    server: 127.0.0.1:5432
    logins: { control: , support: }
    control: { login: control, database: desk }
protect:
  public.customers: { key: id, fields: { email: contact } }
  public.messages:
    key: ticket_id -> public.tickets.id -> customer_id
tickets: { table: public.tickets, id: id, customer: customer_id, assignee: assignee_id -> public.staff.id -> login, closed: closed_at }
roles:
  support:
    upstream: support
    functions: [public.ticket_number]
users:
  ann: { role: support, scram: "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=" }
`;

describe("a configuration held against the database", () => {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-against-"));
  let server: TestServer;
  let catalog: Catalog;
  beforeAll(async () => {
    const [here] = serversHere();
    if (here === undefined) throw new Error("no PostgreSQL is installed");
    server = await startServer(here.bin);
    const client = await server.connect();
    await client.query(desk);
    catalog = await loadCatalog(async (text) => {
      const answer = await client.query<(string | null)[]>({
        text,
        rowMode: "array",
        types: { getTypeParser: () => String },
      });
      return answer.rows;
    }, "idle");
    await client.end();
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function mistakes(text: string): readonly string[] {
    const file = join(folder, "whosaw.yaml");
    writeFileSync(file, text);
    const read = readConfiguration(file);
    if (isRefusal(read)) throw new Error(read.what);
    return (read.gateway?.checkAgainst(catalog) ?? []).map(
      ({ at, key, what }) => `${at.replace(`${file}:`, "")} ${key}: ${what}`,
    );
  }

  it("fits where every table, column and path is there", () => {
    expect(mistakes(whole)).toEqual([]);
  });

  it.each([
    [
      "public.customers: { key",
      "public.custmers: { key",
      "9 protect.public.custmers: the database has no table public.custmers",
    ],
    [
      "email: contact",
      "emial: contact",
      "9 protect.public.customers.fields.emial: public.customers has no column emial",
    ],
    [
      "customers: { key: id",
      "customers: { key: nr",
      "9 protect.public.customers.key: public.customers has no column nr",
    ],
    [
      "public.customers: { key",
      "public.everyone: { key",
      "public.everyone is a view: protect the tables behind it",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.tikets.id -> customer_id",
      "11 protect.public.messages.key: the database has no table public.tikets",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.tickets.nr -> customer_id",
      "public.tickets has no column nr",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.tickets.id -> customer",
      "public.tickets has no column customer",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.tickets.closed_at -> customer_id",
      "is timestamp with time zone, and what is looked for there is bigint",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.tickets.assignee_id -> customer_id",
      "isn't unique, so a row may have several customers",
    ],
    [
      "-> public.tickets.id -> customer_id",
      "-> public.links.instance [domaine = 'x'] -> person\n    several: true",
      "public.links has no column domaine",
    ],
    [
      "public.messages:",
      "public.messages_0:",
      "its rows are also rows of public.messages, which isn't protected",
    ],
    [
      "public.messages:\n    key: ticket_id -> public.tickets.id -> customer_id",
      "public.odd:\n    key: ref",
      "a customer's id is uuid here and a number in public.customers",
    ],
    ["closed: closed_at", "closed: done_at", "12 tickets.closed: public.tickets has no column done_at"],
    [
      "table: public.tickets",
      "table: public.ticket",
      "12 tickets.table: the database has no table public.ticket",
    ],
    [
      "public.staff.id -> login",
      "public.staff.id -> name",
      "12 tickets.assignee: public.staff has no column name",
    ],
    [
      "functions: [public.ticket_number]",
      "functions: [public.tickets]",
      "16 roles.support.functions.0: there is no function public.tickets",
    ],
  ])("says where it doesn't: %s -> %s", (from, to, says) => {
    expect(whole).toContain(from);
    expect(mistakes(whole.replace(from, to)).join("\n")).toContain(says);
  });

  it("allows several customers for a row where the file says so", () => {
    const several = "-> public.links.instance [domain = 'ticket'] -> person\n    several: true";
    expect(mistakes(whole.replace("-> public.tickets.id -> customer_id", several))).toEqual([]);
  });
});
