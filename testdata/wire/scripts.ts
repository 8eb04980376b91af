import type { Format, FrontendMessage } from "../../src/wire/index.ts";
import { Client, md5Password, scramLogin } from "./client.ts";

/** One conversation to capture: what a client does on a connection of its own. */
export interface Script {
  readonly name: string;
  readonly about: string;
  /** The oldest server that can play it. */
  readonly since: number;
  readonly play: (port: number) => Promise<void>;
}

const frontend = "frontend";
const sync: FrontendMessage = { from: frontend, kind: "Sync" };
const terminate: FrontendMessage = { from: frontend, kind: "Terminate" };

export function query(sql: string): FrontendMessage {
  return { from: frontend, kind: "Query", sql };
}

function parse(statement: string, sql: string, parameterTypes: readonly number[] = []): FrontendMessage {
  return { from: frontend, kind: "Parse", statement, sql, parameterTypes };
}

interface Binding {
  readonly portal?: string;
  readonly statement?: string;
  readonly values?: readonly (Buffer | null)[];
  readonly formats?: readonly Format[];
  readonly results?: readonly Format[];
}

function bind(how: Binding): FrontendMessage {
  return {
    from: frontend,
    kind: "Bind",
    portal: how.portal ?? "",
    statement: how.statement ?? "",
    parameterFormats: how.formats ?? [],
    parameters: how.values ?? [],
    resultFormats: how.results ?? [],
  };
}

function describe(target: "statement" | "portal", name: string): FrontendMessage {
  return { from: frontend, kind: "Describe", target, name };
}

function execute(portal = "", rowsMax = 0): FrontendMessage {
  return { from: frontend, kind: "Execute", portal, rowsMax };
}

interface Greeting {
  readonly minor?: number;
  readonly user?: string;
  readonly extra?: readonly { readonly name: string; readonly value: string }[];
}

function greet(client: Client, greeting: Greeting): void {
  const parameters = [
    { name: "user", value: greeting.user ?? "login_trust" },
    { name: "database", value: "postgres" },
    ...(greeting.extra ?? []),
  ];
  client.send({ from: frontend, kind: "StartupMessage", minor: greeting.minor ?? 0, parameters });
}

async function trusted(port: number, greeting: Greeting = {}): Promise<Client> {
  const client = new Client(port);
  greet(client, greeting);
  await client.until("ReadyForQuery");
  return client;
}

async function ask(client: Client, ...messages: readonly FrontendMessage[]): Promise<void> {
  client.send(...messages);
  await client.until("ReadyForQuery");
}

/** What every conversation finds in the database. Invented people (RFC 2606 domains, 555 numbers). */
export const groundwork = `
set password_encryption = md5; create role login_md5 login password 'correct horse';
create role login_cleartext login password 'correct horse';
create role login_trust login superuser;
create table customers (id int primary key, name text not null, email text unique, phone text, check (id > 0));
insert into customers values (1, 'Ada Example', 'ada@example.org', '555-0101'),
  (2, 'Zoë Example', 'zoe@example.net', null), (3, '', 'empty@example.com', '555-0103');
`;

async function login(port: number): Promise<void> {
  const client = new Client(port);
  await client.ask("GSSENCRequest");
  await client.ask("SSLRequest");
  greet(client, { user: "admin" });
  await client.until("AuthenticationSASL");
  await scramLogin(client, "correct horse");
  await client.until("ReadyForQuery");
  await client.leave();
}

async function loginMd5(port: number): Promise<void> {
  const client = new Client(port);
  greet(client, { user: "login_md5" });
  const { salt } = await client.until("AuthenticationMD5Password");
  client.send({ from: frontend, kind: "PasswordMessage", password: md5Password("login_md5", "correct horse", salt) });
  await client.until("ReadyForQuery");
  await client.leave();
}

async function loginRefused(port: number): Promise<void> {
  const client = new Client(port);
  greet(client, { user: "login_cleartext" });
  await client.until("AuthenticationCleartextPassword");
  client.send({ from: frontend, kind: "PasswordMessage", password: Buffer.from("wrong battery") });
  await client.closed();
}

async function simple(port: number): Promise<void> {
  const client = await trusted(port, { extra: [{ name: "application_name", value: "capture" }] });
  await ask(client, query("select * from customers order by id"));
  await ask(client, query("select 1 as one; select 'two' as zwei; update customers set phone = phone where id = 1"));
  await ask(client, query(""));
  await ask(client, query("begin; select 1/0"));
  await ask(client, query("rollback; set application_name = 'renamed'"));
  await ask(client, query("do $$ begin raise notice 'told' using hint = 'a hint', detail = 'a detail'; end $$"));
  await ask(client, query("insert into customers values (1, 'Twice', null, null)"));
  await ask(client, query("insert into customers values (-1, 'Below', null, null)"));
  await ask(client, query("do $$ begin execute 'select nonsense'; end $$"));
  await ask(client, query("select * from nowhere"));
  await client.leave();
}

async function extended(port: number): Promise<void> {
  const client = await trusted(port);
  const byId = parse("by_id", "select id, name, email, phone from customers where id >= $1 order by id", [23]);
  await ask(client, byId, describe("statement", "by_id"), sync);
  const text = bind({ portal: "p", statement: "by_id", values: [Buffer.from("1")] });
  await ask(client, text, describe("portal", "p"), execute("p", 2), execute("p", 2), sync);
  const binary: Binding = { statement: "by_id", values: [Buffer.from([0, 0, 0, 2])], formats: ["binary"], results: ["binary"] };
  client.send(bind(binary), execute(), { from: frontend, kind: "Flush" });
  await client.until("CommandComplete");
  await ask(client, { from: frontend, kind: "Close", target: "statement", name: "by_id" }, sync);
  const unnamed = parse("", "update customers set phone = $1 where false");
  await ask(client, unnamed, describe("statement", ""), bind({ values: [null] }), describe("portal", ""), execute(), sync);
  await ask(client, parse("", ""), bind({}), execute(), sync);
  // An error in the middle of a pipeline: what follows is skipped up to Sync.
  await ask(client, parse("", "select 1"), bind({}), execute(), parse("", "select 1/0"), bind({}), execute(), parse("", "select 2"), sync);
  await client.leave();
}

async function copying(port: number): Promise<void> {
  const client = await trusted(port);
  await ask(client, query("copy customers to stdout"));
  await ask(client, query("copy (select id, name from customers where id < 3) to stdout (format binary)"));
  await ask(client, query("create temp table copied (id int, name text)"));
  client.send(query("copy copied from stdin"));
  await client.until("CopyInResponse");
  const rows = ["1\tAda\n2\tZ", "oë\n"].map((part) => Buffer.from(part));
  const data = rows.map((part): FrontendMessage => ({ from: frontend, kind: "CopyData", data: part }));
  await ask(client, ...data, { from: frontend, kind: "CopyDone" });
  client.send(query("copy copied from stdin"));
  await client.until("CopyInResponse");
  await ask(client, { from: frontend, kind: "CopyFail", reason: "changed my mind" });
  await client.leave();
}

/** 177 is int4pl, the oldest of additions. */
async function fastPath(port: number): Promise<void> {
  const client = await trusted(port);
  const call = { from: frontend, kind: "FunctionCall", functionId: 177, resultFormat: "text" } as const;
  await ask(client, { ...call, argumentFormats: ["text"], arguments: [Buffer.from("2"), Buffer.from("3")] });
  await ask(client, { ...call, argumentFormats: [], arguments: [null, null] });
  await ask(client, { ...call, functionId: 1, argumentFormats: [], arguments: [] });
  await client.leave();
}

async function notify(port: number): Promise<void> {
  const client = await trusted(port);
  await ask(client, query("listen news"));
  await ask(client, query("notify news, 'to whom it may concern'"));
  await client.leave();
}

async function replicate(port: number): Promise<void> {
  const client = await trusted(port, { extra: [{ name: "replication", value: "true" }] });
  client.send(query("IDENTIFY_SYSTEM"));
  // From where the log stands now: from its beginning, the trace would be megabytes of it.
  const position = (await client.until("DataRow")).values[2]?.toString() ?? "";
  await client.until("ReadyForQuery");
  client.send(query(`START_REPLICATION PHYSICAL ${position}`));
  await client.until("CopyBothResponse");
  client.send({ from: frontend, kind: "CopyDone" });
  await client.until("CopyDone");
  await client.until("ReadyForQuery");
  await client.leave();
}

/** The request goes over a second connection, which is a conversation of its own in the trace. */
function cancelAt(minor: number): (port: number) => Promise<void> {
  return async (port) => {
    const client = new Client(port);
    greet(client, { minor });
    const { processId, key } = await client.until("BackendKeyData");
    await client.until("ReadyForQuery");
    client.send(query("select pg_sleep(60)"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = new Client(port);
    second.send({ from: frontend, kind: "CancelRequest", processId, key });
    await second.closed();
    await client.until("ErrorResponse");
    await client.until("ReadyForQuery");
    await client.leave();
  };
}

async function negotiate(port: number): Promise<void> {
  const client = new Client(port);
  greet(client, { minor: 9999, extra: [{ name: "_pq_.whosaw", value: "1" }, { name: "_pq_.other", value: "" }] });
  await client.until("NegotiateProtocolVersion");
  await client.until("ReadyForQuery");
  await client.leave();
}

async function duplicates(port: number): Promise<void> {
  const client = new Client(port);
  greet(client, { user: "nobody", extra: [{ name: "user", value: "login_trust" }] });
  await client.until("ReadyForQuery");
  await ask(client, query("select current_user"));
  client.send(terminate);
  client.end();
  await client.closed();
}

export const scripts: readonly Script[] = [
  { name: "login-scram", since: 10, play: login, about: "GSSENCRequest and SSLRequest refused, then SCRAM-SHA-256" },
  { name: "login-md5", since: 10, play: loginMd5, about: "a login by MD5" },
  { name: "login-refused", since: 10, play: loginRefused, about: "a cleartext password that is wrong" },
  { name: "login-duplicate-user", since: 10, play: duplicates, about: "two users in one startup packet: the last one is logged in" },
  { name: "negotiate", since: 14, play: negotiate, about: "a minor version and options that the server doesn't know" },
  { name: "simple", since: 10, play: simple, about: "simple queries: rows, several statements, none, errors and notices of all kinds" },
  { name: "extended", since: 10, play: extended, about: "the extended protocol: row limits, binary values, Flush, an error within a pipeline" },
  { name: "copy", since: 10, play: copying, about: "COPY out in text and binary, COPY in, CopyFail" },
  { name: "fast-path", since: 10, play: fastPath, about: "function calls by oid: a value, NULL, no such function" },
  { name: "notify", since: 10, play: notify, about: "LISTEN and NOTIFY in one session" },
  { name: "replication", since: 10, play: replicate, about: "CopyBoth, ended by the client at once" },
  { name: "cancel", since: 10, play: cancelAt(0), about: "a statement cancelled with a key of 4 bytes" },
  { name: "cancel-long-key", since: 18, play: cancelAt(2), about: "protocol 3.2: a statement cancelled with a key of 32 bytes" },
];
