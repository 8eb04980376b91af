import * as fc from "fast-check";
import { fieldsOf, type Message, say } from "../bytes.ts";
import type { RawClient } from "../client.ts";

/** A message of a random conversation, as a text to print and as bytes to send. */
export interface Said {
  readonly text: string;
  readonly bytes: readonly Buffer[];
}

/** Nobody's data, and everything that a session remembers. */
const harmless = [
  "select id, name from teams order by id",
  "select 1",
  "select generate_series(1, 5)",
  "select 1 / 0",
  "values ('a', 1), ('b', 2)",
  "select nothing from teams",
  "select * from nowhere",
  "selekt 1",
  "",
  "begin",
  "commit",
  "rollback",
  "savepoint a",
  "rollback to a",
  "release a",
  "declare c cursor for select generate_series(1, 6)",
  "declare c scroll cursor with hold for select name from teams order by id",
  "fetch 2 c",
  "fetch all c",
  "move 1 c",
  "close c",
  "close all",
  "prepare p as select 7",
  "execute p",
  "deallocate p",
  "deallocate all",
  "create temp view tv as select 1 as x",
  "select x from tv",
  "drop view tv",
  "create temp table tt (x int)",
  "insert into tt values (1), (2)",
  "select x from tt",
  "copy teams (id, name) to stdout",
  "copy tt from stdin",
  "set search_path = kb",
  "set search_path = public",
  "reset all",
  "discard plans",
  "show search_path",
] as const;

/** The same kinds, over customers' records. */
const guarded = [
  "select email from customers where id < 4 order by id",
  "select name, phone from customers where id = 5",
  "select count(*) from customers",
  "select email::int from customers where id = 6",
  "declare c cursor for select email from customers order by id",
  "prepare p as select phone from customers where id = 7",
  "create temp view tv as select email as x from customers where id = 8",
  "create temp table customers (id bigint, email text, name text, phone text)",
  "drop table customers",
  "copy customers (id, notes) to stdout",
  "update tickets set queue = 'email' where id = 9 returning subject",
] as const;

const names = ["", "", "n"];

const saying = (text: string, ...bytes: readonly Buffer[]): Said => ({ text, bytes });

function said(texts: readonly string[]): fc.Arbitrary<Said> {
  const name = fc.constantFrom(...names);
  const sql = fc.constantFrom(...texts);
  return fc.oneof(
    { weight: 4, arbitrary: sql.map((text) => saying(`Query ${text}`, say.query(text))) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(sql, fc.constantFrom(0, 0, 1, 2), fc.boolean())
        .map(([text, rows, describe]) =>
          saying(
            `Parse Bind ${describe ? "Describe " : ""}Execute(${rows}) ${text}`,
            say.parse(text),
            say.bind(),
            ...(describe ? [say.describe("P")] : []),
            say.execute("", rows),
          ),
        ),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(sql, name).map(([text, n]) => saying(`Parse '${n}' ${text}`, say.parse(text, n))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(name, name, fc.constantFrom([], [], [0]))
        .map(([portal, statement, formats]) =>
          saying(`Bind '${portal}' to '${statement}'`, say.bind({ portal, statement, formats })),
        ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom("S" as const, "P" as const), name)
        .map(([of, n]) => saying(`Describe ${of} '${n}'`, say.describe(of, n))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom("", "n", "c"), fc.constantFrom(0, 1, 2))
        .map(([portal, rows]) => saying(`Execute '${portal}' (${rows})`, say.execute(portal, rows))),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("S" as const, "P" as const), fc.constantFrom("", "n", "p", "c"))
        .map(([of, n]) => saying(`Close ${of} '${n}'`, say.close(of, n))),
    },
    { weight: 4, arbitrary: fc.constant(saying("Sync", say.sync())) },
    { weight: 1, arbitrary: fc.constant(saying("Flush", say.flush())) },
    {
      weight: 1,
      arbitrary: fc.constant(saying("CopyData CopyDone", say.copyData(Buffer.from("5\n")), say.copyDone())),
    },
  );
}

const conversation = (texts: readonly string[]): fc.Arbitrary<readonly Said[]> =>
  fc.array(said(texts), { minLength: 3, maxLength: 25 });

/**
 * A simple query in a pipeline that no Sync has closed is left out here: where the gateway must ask the server something of its own in
 * there, a transaction shows as open that the client alone would not have opened.
 */
export const harmlessConversations: fc.Arbitrary<readonly Said[]> = conversation(harmless).map((all) =>
  all.flatMap((one) => (one.text.startsWith("Query") ? [{ text: "Sync", bytes: [say.sync()] }, one] : [one])),
);
export const guardedConversations: fc.Arbitrary<readonly Said[]> = conversation([
  ...harmless,
  ...guarded,
  ...guarded,
]);

/** What came back, and whether the connection was still good for a statement afterwards. */
export interface Heard {
  readonly messages: readonly Message[];
  readonly works: boolean;
}

/** Says it all, in pieces of this many messages, then ends COPY and pipeline, and asks for one more row. */
export async function converse(client: RawClient, all: readonly Said[], piece: number): Promise<Heard> {
  for (let at = 0; at < all.length; at += piece) {
    client.send(...all.slice(at, at + piece).flatMap(({ bytes }) => bytes));
    if (piece < all.length) await client.listen(3);
  }
  client.send(say.copyFail("over"), say.sync(), say.query("rollback"), say.query("select 'the end'"));
  const deadline = Date.now() + 10_000;
  const over = (): boolean =>
    client.closed ||
    (client.messages.at(-1)?.type === "Z" &&
      client.messages.slice(-4).some(({ type, body }) => type === "D" && body.includes("the end")));
  while (!over() && Date.now() < deadline) await client.listen(5);
  return { messages: client.messages, works: over() && !client.closed };
}

/** A message in words that two servers' sessions agree on: an error's code, a description without oids. */
export function inWords({ type, body }: Message): string {
  // PostgreSQL 18 has an internal error for some names that aren't there, where the gateway says that they aren't.
  if (type === "E" || type === "N") return `${type} ${fieldsOf(body).get("C")?.replace("XX000", "26000")}`;
  if (type !== "T") return `${type} ${body.toString("latin1")}`;
  const columns: string[] = [];
  for (let at = 2, left = body.readUInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    columns.push(`${body.toString("utf8", at, end)} ${body.toString("hex", end + 7, end + 19)}`);
    at = end + 19;
  }
  return `T ${columns.join(", ")}`;
}
