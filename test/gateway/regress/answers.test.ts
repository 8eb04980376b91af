import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fieldsOf, say } from "../bytes.ts";
import { type Answer, join, type RawClient } from "../client.ts";
import { Ledger } from "../oracle.ts";
import { asOwner, hasPostgres, type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type RunningGateway, startThrough } from "../through.ts";

const made = [
  "create table notes (person text, open boolean)",
  "insert into notes values ('Tom', true), ('Dick', false), ('Harry', true)",
  "create view calm with (security_barrier) as select person from notes where open",
  `create function snoop(person text) returns boolean cost 0.0000001 language plpgsql as
   $$ begin raise notice 'snooped %', person; return true; end $$`,
  "create type parcel as (label text)",
  "create function name(parcel) returns text language sql as 'select $1.label'",
  "create function date(parcel) returns text language sql as 'select $1.label'",
  "grant select on notes, calm to desk_lead",
];

const texts = ({ messages }: Answer, type: "E" | "N", field: string): readonly (string | undefined)[] =>
  messages.filter((message) => message.type === type).map(({ body }) => fieldsOf(body).get(field));

/** Of each column in a row's description: the table, and its number there. */
function originsOf(body: Buffer): readonly [number, number][] {
  const found: [number, number][] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    found.push([body.readUInt32BE(end + 1), body.readInt16BE(end + 5)]);
    at = end + 19;
  }
  return found;
}

/** What PostgreSQL's regression suite has shown to be other than at the bare server. */
describe.each(([15, 18] as const).filter(hasPostgres))("an answer of PostgreSQL %i", (major) => {
  let postgres: Postgres | null = null;
  let gateway: RunningGateway | null = null;
  let client: RawClient;
  const ledger = new Ledger();
  beforeAll(async () => {
    postgres = await startPostgres({ major, customers: 10, agents: 2 });
    await asOwner(postgres, made);
    const role = {
      ...wideRole,
      functions: new Set(["public.snoop", "public.name"]),
      settings: new Set(["app.tenant"]),
    };
    gateway = await startThrough({ postgres, roles: { desk_lead: role }, record: ledger.record });
    client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await gateway?.stop();
    await postgres?.stop();
  });

  async function errors(sql: string): Promise<readonly string[]> {
    return (await client.query(sql)).errors;
  }

  it("keeps a view's security_barrier", async () => {
    const answer = await client.query("select person from calm where snoop(person)");
    expect(answer.rows).toEqual([["Tom"], ["Harry"]]);
    expect(texts(answer, "N", "M")).toEqual(["snooped Tom", "snooped Harry"]);
  });

  it("says of a view's columns that they are the view's, as far as the server would", async () => {
    await client.query("create temp view loud as select upper(person) as person, open from notes");
    const described = async (sql: string): Promise<readonly [number, number][]> => {
      const { messages } = await client.query(sql);
      return originsOf(messages.find(({ type }) => type === "T")?.body ?? Buffer.alloc(2));
    };
    const [[oid]] = (await client.query("select 'loud'::regclass::oid")).rows as [[string]];
    const [first, second] = [[Number(oid), 1] as const, [Number(oid), 2] as const];
    expect(await described("select * from loud")).toEqual([first, second]);
    expect(await described("select l.open, person || '' from loud l")).toEqual([second, [0, 0]]);
    expect(
      await described("with w as (select * from loud) select s.person from (select * from w) s"),
    ).toEqual([first]);
    expect(await described("select person from loud union select person from loud")).toEqual([[0, 0]]);
    await client.query("begin; declare c cursor for select person from loud");
    expect(await described("fetch 1 from c")).toEqual([first]);
    await client.query("commit");
    client.send(say.parse("select person from loud", "p"), say.describe("S", "p"), say.sync());
    const { messages } = await client.until("Z");
    expect(originsOf(messages.find(({ type }) => type === "T")?.body ?? Buffer.alloc(2))).toEqual([first]);
  });

  it("calls the function that the types mean where the role lists all of its name", async () => {
    expect((await client.query("select name(row('box')::parcel)")).rows).toEqual([["box"]]);
    expect((await client.query("select name('box')")).rows).toEqual([["box"]]);
    // This one isn't listed, so that only the server's own of its name can be meant.
    expect((await client.query("select date(row('box')::parcel)")).errors).toEqual(["42883"]);
  });

  it("tells what upkeep of a table that nobody protects has to tell", async () => {
    await client.query("create temp table plain (a int)");
    const answer = await client.query("reindex table plain");
    expect(texts(answer, "N", "M")).toEqual(['table "plain" has no indexes to reindex']);
  });

  it("tells which deferred constraint fails, unless the transaction has touched customers' rows", async () => {
    await client.query("create temp table once (i int unique deferrable initially deferred)");
    const failing = async (before: string): Promise<Answer> => {
      await client.query(`begin; insert into once values (7), (7); ${before}`);
      const answer = await client.query("set constraints all immediate");
      await client.query("rollback");
      return answer;
    };
    const plainly = await failing("select 1");
    expect(plainly.errors).toEqual(["23505"]);
    expect(texts(plainly, "E", "D")).toEqual(["Key (i)=(7) already exists."]);
    const guarded = await failing("update customers set email = email where id = 1");
    expect(guarded.errors).toEqual(["23505"]);
    expect(texts(guarded, "E", "D")).toEqual([undefined]);
  });

  it("comes for several statements at once, if none hangs on names that another has changed", async () => {
    expect(
      await errors("create temp table one (a int); create temp table two (b text unique, c int)"),
    ).toEqual([]);
    expect(await errors("drop table if exists one; create temp table one (id serial primary key)")).toEqual(
      [],
    );
    expect(await errors("begin; create temp table four (a int); rollback; begin; rollback")).toEqual([]);
    expect(await errors("select id from one")).toEqual([]);
    for (const sql of [
      "drop table two; select b from two",
      "drop table two; create temp table two (like customers)",
      "drop table two; create temp table two (id bigint references customers)",
      "drop table two; create temp table two () inherits (customers)",
      "drop table two; create temp table two as select 1",
      "set search_path = public; create temp table three (a int)",
      "reset all; create temp table three (a int)",
      "set whosaw.actor_token = 'a'; create temp table three (a int)",
    ])
      expect(await errors(sql), sql).toEqual(["42501"]);
  });

  it("is the database's own policy's, by a setting that the application says who asks with", async () => {
    const shown = async (): Promise<Answer["rows"]> =>
      (await client.query("select person from notes where person = current_setting('app.tenant')")).rows;
    await client.query("set app.tenant = 'Tom'");
    expect(await shown()).toEqual([["Tom"]]);
    client.send(say.parse("select set_config('app.tenant', $1, false)"));
    client.send(say.bind({ parameters: ["Dick"] }), say.execute(), say.sync());
    expect((await client.until("Z")).rows).toEqual([["Dick"]]);
    expect(await shown()).toEqual([["Dick"]]);
    expect((await client.query("show app.tenant")).rows).toEqual([["Dick"]]);
    const stolen = await client.query("select set_config('app.tenant', email, false) from customers");
    expect(stolen.errors).toEqual(["42501"]);
    expect(await shown()).toEqual([["Dick"]]);
  });

  it("says what the server's parser adds to its complaints", async () => {
    const answers: Answer[] = [];
    for (const sql of [
      "select 1 limit 1, 2",
      "copy calm to stdout",
      "create schema if not exists s create table t (a int)",
    ])
      answers.push(await client.query(sql));
    const [limit, copy, schema] = answers;
    expect(limit === undefined ? [] : texts(limit, "E", "H")).toEqual([
      "Use separate LIMIT and OFFSET clauses.",
    ]);
    expect(copy === undefined ? [] : texts(copy, "E", "M")).toEqual(['cannot copy from view "calm"']);
    expect(schema?.errors).toEqual(["0A000"]);
  });

  it("says that a row would be given to another customer, as every refusal says it", async () => {
    const answer = await client.query(
      "update tickets set customer_id = 4 where id = (select min(id) from tickets where customer_id <> 4)",
    );
    expect(answer.errors).toEqual(["42501"]);
    expect(texts(answer, "E", "M")).toEqual(["whosaw: this row would be given to another customer"]);
    await ledger.settled();
    expect(ledger.of("refusal").at(-1)).toMatchObject({ rule: "key", code: "42501" });
  });
});
