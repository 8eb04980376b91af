import { say } from "../bytes.ts";

/** A message of a random conversation, or several that go together: as a text to print and as bytes to send. */
export interface Said {
  readonly text: string;
  readonly bytes: readonly Buffer[];
  /** Said where nothing else runs, followed by a cancel, and what comes of that is waited for. */
  readonly cancelled?: true;
}

export const saying = (text: string, ...bytes: readonly Buffer[]): Said => ({ text, bytes });

/** Nobody's data, and everything that a session remembers. `$1` is bound to "2". */
const harmless: readonly string[] = [
  "select id, name from teams order by id",
  "select name from teams where id = $1",
  "select $1::text, generate_series(1, $1::int)",
  "select 1",
  "select generate_series(1, 5)",
  "select 10 / (3 - g) from generate_series(1, 6) g",
  "select repeat('x', 20000), g from generate_series(1, 4) g",
  "select 1 / 0",
  "values ('a', 1), ('b', 2)",
  "select nothing from teams",
  "select * from nowhere",
  "selekt 1",
  "",
  ";",
  "begin",
  "begin isolation level serializable",
  "begin read only",
  "commit",
  "commit and chain",
  "rollback",
  "rollback and chain",
  "savepoint a",
  "rollback to a",
  "release a",
  "set transaction isolation level repeatable read",
  "declare c cursor for select generate_series(1, 6)",
  "declare c scroll cursor with hold for select name from teams order by id",
  "fetch 2 c",
  "fetch all c",
  "fetch 1 n",
  "move 1 c",
  "close c",
  "close n",
  "close all",
  "prepare p as select 7",
  "prepare p (int) as select name from teams where id = $1",
  "execute p",
  "execute p (3)",
  "deallocate p",
  "deallocate n",
  "deallocate all",
  "create temp view tv as select 1 as x",
  "create temp view teams as select 9 as id, 'mine' as name",
  "select x from tv",
  "drop view tv",
  "drop view if exists teams",
  "create temp table tt (x int)",
  "create temp table tt (x int) on commit drop",
  "insert into tt values (1), (2)",
  "insert into tt select generate_series(1, 3) returning x",
  "update tt set x = x + 1 returning x",
  "delete from tt where x = 2",
  "select x from tt",
  "truncate tt",
  "copy teams (id, name) to stdout",
  "copy tt from stdin",
  "copy tt from stdin (format csv)",
  "copy (select generate_series(1, 3)) to stdout (format csv, header)",
  "set search_path = kb",
  "set search_path = public",
  "set local search_path = kb",
  "set local work_mem = '4MB'",
  "reset all",
  "discard plans",
  "discard all",
  "show search_path",
  "explain (costs off) select 1",
];

/** Of what others see too: each change is one of everybody's catalog, so that conversations beside it look there again. */
const shared: readonly string[] = [
  "create table scratch.of_lane (x int)",
  "create view scratch.of_lane as select 5 as x",
  "insert into scratch.of_lane values (1) returning x",
  "select x from scratch.of_lane",
  "drop table scratch.of_lane",
  "drop view scratch.of_lane",
];

/** Several in one text, which only a simple query may hold. */
const batches: readonly string[] = [
  "select 1; select 2",
  "begin; select 1",
  "select 1; commit; select 2",
  "insert into tt values (7); select 1 / 0; select 3",
  "savepoint a; select 1; rollback to a",
  "begin; declare c cursor for select generate_series(1, 6); fetch 1 c",
  "copy tt from stdin; select 4",
  "select 1; copy teams (id) to stdout; select 5",
  "commit; begin",
  "deallocate all; select 6; prepare p as select 8",
];

/** The same kinds, over customers' records. */
const guarded: readonly string[] = [
  "select email from customers where id < 4 order by id",
  "select name, phone from customers where id = 5",
  "select notes from customers where id = $1",
  "select name, $1::int, phone from customers where id between $1::int and 6 order by id",
  "select count(*) from customers",
  "select max(email), min(name) from customers where id < 9",
  "select email::int from customers where id = 6",
  "select email, 10 / (7 - id) from customers where id < 10 order by id",
  "select c.name, t.subject from customers c join tickets t on t.customer_id = c.id where c.id < 6 order by t.id",
  "(select email from customers where id = 2) union all (select phone from customers where id = 3)",
  "declare c cursor for select email from customers order by id",
  "declare c scroll cursor with hold for select name, notes from customers where id < 9 order by id",
  "prepare p as select phone from customers where id = 7",
  "prepare p (int) as select email from customers where id = $1",
  "create temp view tv as select email as x from customers where id = 8",
  "create temp view teams as select id, email as name from customers where id < 3",
  "create temp table customers (id bigint, email text, name text, phone text, notes text)",
  "insert into customers (id, email, name) values (3, 'mine', 'me')",
  "drop table customers",
  "copy customers (id, notes) to stdout",
  "copy (select email from customers where id < 3 order by id) to stdout (format csv, header)",
  "update tickets set queue = 'email' where id = 90 returning subject",
  "insert into messages (ticket_id, author, body) select id, 'agent', subject from tickets where id = 90 returning body",
];

const guardedBatches: readonly string[] = [
  "select email from customers where id = 1; select phone from customers where id = 2",
  "begin; declare c cursor for select notes from customers order by id; fetch 3 c",
  "select name from customers where id = 4; select 1 / 0",
  "select 1; copy customers (email) to stdout; select name from teams where id = 1",
  "begin; update tickets set queue = 'email' where id = 90 returning subject; rollback",
  "begin; delete from messages where id = 90 returning body; rollback",
];

/** Customers' records, by a statement that needs nothing before it. */
export const reads: readonly string[] = guarded.filter((text) => /^\(?(select|copy)/.test(text));

/** What a kind of conversation is made of. */
export interface Material {
  /** One statement each. */
  readonly statements: readonly string[];
  readonly batches: readonly string[];
}

const material = (statements: readonly string[], several: readonly string[]): Material => ({
  statements,
  batches: several,
});
export const harmlessMaterial: Material = material(harmless, batches);
export const sharedMaterial: Material = material([...harmless, ...guarded, ...shared, ...shared], batches);
export const guardedMaterial: Material = material(
  [...harmless, ...guarded, ...guarded],
  [...batches, ...guardedBatches],
);

export type Side = "bare" | "through";

/** A table that a conversation may make, on either side its own. */
export const laneTable = (lane: number, side: Side): string => `lane${lane}_${side}`;

/** The same for conversations that go on beside each other: none waits for another's rows, and none sees another's tables. */
export function ofLane({ bytes, text, ...rest }: Said, lane: number, side: Side): Said {
  const mine = (words: string): string =>
    words.replaceAll("of_lane", laneTable(lane, side)).replaceAll("id = 90", `id = ${10 + lane}`);
  if (mine(text) === text) return { bytes, text, ...rest };
  return {
    ...rest,
    text: mine(text),
    bytes: bytes.map((one) => {
      const said = one.toString("latin1", 5);
      return mine(said) === said ? one : again(one, mine(said));
    }),
  };
}

/** A message with another body. */
function again(message: Buffer, body: string): Buffer {
  const made = Buffer.concat([message.subarray(0, 5), Buffer.from(body, "latin1")]);
  made.writeInt32BE(body.length + 4, 1);
  return made;
}

export const parametersOf = (text: string): readonly string[] =>
  text.includes("$1") && !text.startsWith("prepare") ? ["2"] : [];

/** How an Execute is asked: rows at most, with a description or not, text or binary. */
export interface Way {
  readonly rows: number;
  readonly describe: boolean;
  readonly formats: readonly number[];
}

export const whole = (text: string, { describe, formats, rows }: Way): Said =>
  saying(
    `Parse Bind ${describe ? "Describe " : ""}Execute(${rows}${formats.length > 0 ? `, formats ${formats.join(" ")}` : ""}) ${text}`,
    say.parse(text),
    say.bind({ parameters: parametersOf(text), formats }),
    ...(describe ? [say.describe("P")] : []),
    say.execute("", rows),
  );
