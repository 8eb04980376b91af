import { type Evasion, evasion, type Scene } from "./evasion.ts";

const body = { leaks: "messages.body" };
const pause = async (millis: number): Promise<unknown> => new Promise((done) => setTimeout(done, millis));

const ticket = (id: number): string =>
  `insert into tickets (id, customer_id, queue, subject) overriding system value values (${id}, 3, 'x', 'y')`;
const message = (id: number): string =>
  `insert into messages (id, ticket_id, author, body) overriding system value values (${id}, ${id}, 'x', 'mk0003xbo${id}z')`;

/** Whoever works at the bare server gives a message to a ticket made in the same transaction, and the agent waits for the row. */
function newerLink(id: string, write: string, sql: string, since = 14): Evasion {
  return evasion(
    "S",
    id,
    async ({ agent, owner }: Scene) => {
      await owner(`${ticket(9000)};${message(9000)}`);
      const honest = owner(`begin;
        ${ticket(9001)};
        ${write};
        select pg_sleep(0.8);
        commit`);
      await pause(300);
      await agent.query("begin");
      await agent.query(sql);
      await agent.query("rollback");
      await honest;
      await owner("delete from messages where id > 8999; delete from tickets where id > 8999");
    },
    { ...body, about: `a row that leads to a ticket which is newer than the statement: ${sql}`, since },
  );
}

const moved = "update messages set ticket_id = 9001 where id = 9000";

/** What a sub-select reads twice is changed in between. */
function flipped(id: string, before: string, sql: string, after: string): Evasion {
  return evasion(
    "R/B",
    id,
    async ({ agent, owner }: Scene) => {
      await owner(before);
      const late = agent.query(sql);
      await pause(700);
      await owner(after);
      await late;
      await owner("drop table if exists scratch.flip, scratch.flop; drop type if exists scratch.mood");
    },
    { leaks: "customers.name", about: `changed while it runs: ${sql}` },
  );
}

/** Statements during which something becomes another: what they show and what they tell whosaw are of two moments. */
export const moments: readonly Evasion[] = [
  newerLink("m1", moved, "update messages set author = author where id = 9000 returning body"),
  newerLink("m2", moved, "delete from messages where id = 9000 returning body"),
  newerLink("m3", moved, "select body from messages where id = 9000 for update"),
  newerLink("m4", moved, "select m.body from (select * from messages) m where m.id = 9000 for share"),
  newerLink("m5", moved, "with l as (select body from messages where id = 9000 for no key update) table l"),
  newerLink(
    "m6",
    message(9001),
    "insert into messages (id, ticket_id, author, body) values (9001, 1, 'x', 'x') on conflict (id) do update set author = excluded.author returning body",
  ),
  newerLink(
    "m7",
    moved,
    "merge into messages m using (values (9000)) v (i) on m.id = v.i when matched then update set author = m.author returning m.body",
    17,
  ),
  // These are as they were: a row that is locked and leads to what is there.
  evasion(
    "R",
    "m8",
    [
      "begin",
      "select m.body, a.name from messages m join attachments a on a.message_id = m.id limit 3 for update",
      "update messages set author = author where id < 4 returning body",
      "delete from attachments where id < 4 returning name",
      "insert into messages (id, ticket_id, author, body) values (2, 1, 'x', 'x') on conflict (id) do update set author = excluded.author returning body",
      "rollback",
    ],
    { leaks: "messages.body attachments.name" },
  ),
  flipped(
    "m9",
    "create table scratch.flip (id int); insert into scratch.flip values (1), (2), (3); analyze scratch.flip",
    "select (select name from customers where id = (select reltuples::bigint from pg_class where relname = 'flip')), pg_sleep(1.5)",
    "insert into scratch.flip select generate_series(1, 4); analyze scratch.flip",
  ),
  flipped(
    "m10",
    "create type scratch.mood as enum ('a', 'b')",
    "select (select name from customers where id = case when enum_first(null::scratch.mood)::text = 'a' then 3 else 4 end), pg_sleep(1.5)",
    "alter type scratch.mood rename value 'a' to 'c'",
  ),
  evasion("B", "m11", [
    "create type scratch.mood as enum ('a', 'b')",
    "alter type scratch.mood rename value 'a' to 'c'",
    "@owner drop type if exists scratch.mood",
  ]),
  evasion("B", "m12", "set gin_fuzzy_search_limit = 1"),
  ...[
    "pg_input_is_valid('scratch.flip' || id, 'regclass')",
    "((('scratch.flip' || id)::text).to_regclass is null)",
    "(tableoid::regclass::text = 'customers')",
    "(mxid_age('1'::xid) > 3)",
    "(exists (select from pg_stat_user_tables))",
    "(to_json(null::teams) is null)",
  ].flatMap((test, at) => [
    // In VALUES a sub-select is computed twice; in SELECT once.
    evasion("B", `m${at + 13}`, `values ((select name from customers where id = 3 + ${test}::int))`, {
      leaks: "",
    }),
    evasion("R/B", `m${at + 13}s`, `select (select name from customers where id = 3 + ${test}::int)`, {
      leaks: "",
    }),
  ]),
];
