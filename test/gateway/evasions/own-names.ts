import { say } from "../bytes.ts";
import { type Evasion, evasion, type Scene } from "./evasion.ts";

const notes = { leaks: "customers.notes" };
const card = { leaks: "customers.name customers.email" };

/** A schema that nobody may look into, whose tables the server therefore passes over, and the gateway told of it. */
async function passedOver({ agent, owner }: Scene): Promise<void> {
  await owner(
    "create schema if not exists closed; create table if not exists closed.customers (id bigint, name text)",
  );
  await agent.query("select 1 from closed.customers");
  await agent.query("set search_path = closed, public");
}

const unknownThere = (id: string, ...statements: readonly string[]): Evasion =>
  evasion(
    "R/B",
    id,
    async (scene) => {
      await passedOver(scene);
      for (const sql of statements) await scene.agent.query(sql);
    },
    { ...notes, about: `past a schema that is closed: ${statements.join("; ")}` },
  );

/** A column that the nearer table lacks, asked for when that table is gone. */
async function droppedMeanwhile({ agent, owner }: Scene): Promise<void> {
  await agent.query("create table scratch.customers (id bigint, name text)");
  await agent.query("set search_path = scratch, public");
  const late = agent.query("select pg_sleep(1); select notes from customers where id = 3");
  await new Promise((done) => setTimeout(done, 300));
  await owner("drop table if exists scratch.customers");
  await late;
}

const view = "create temp view teams as select id, notes as name from public.customers";
const run = (sql: string): readonly Buffer[] => [say.parse(sql), say.bind(), say.execute()];

/** A portal is bound, then its names are given another meaning, then it is executed. */
function boundBefore(id: string, sql: string, ...then: readonly string[]): Evasion {
  return evasion(
    "R/B",
    id,
    async ({ agent }) => {
      await agent.query("prepare q as select name from teams where id = 3");
      await agent.pipeline([
        say.parse(sql, "s"),
        say.bind({ portal: "a", statement: "s" }),
        ...run(view),
        say.execute("a"),
        say.sync(),
      ]);
      for (const one of then) await agent.query(one);
    },
    { ...notes, about: `bound before a view takes its table's name: ${sql}` },
  );
}

/** The server keeps 63 bytes of a name. */
const long = "n".repeat(63);
const plain = "select name from teams where id = 1";
const of3 = "select name from customers where id = 3";
const name = { leaks: "customers.name" };

/** Names that mean one thing when the gateway looks and another when the server does, and calls that look like columns. */
export const names: readonly Evasion[] = [
  unknownThere("n1", "select id, notes from customers where id = 3"),
  unknownThere("n2", "copy customers (id, notes) to stdout"),
  unknownThere("n3", "create temp table mine as select notes from customers where id = 3", "table mine"),
  unknownThere("n4", "prepare p as select notes from customers where id = 3", "execute p"),
  evasion("R/B", "n5", droppedMeanwhile, { ...notes, about: "a column that the nearer table lacked" }),
  boundBefore("n6", "copy (select name from teams where id = 3) to stdout"),
  boundBefore("n7", "execute q"),
  evasion(
    "R",
    "n8",
    async ({ agent }) => {
      await agent.pipeline([say.parse(plain, `${long}x`), say.sync()]);
      await agent.pipeline([say.close("S", `${long}y`), say.sync()]);
      await agent.pipeline([say.parse(of3, `${long}z`), say.sync()]);
      await agent.pipeline([say.bind({ statement: `${long}x` }), say.execute(), say.sync()]);
    },
    { ...name, about: "three statements' names that the server takes for one" },
  ),
  evasion(
    "R",
    "n9",
    async ({ agent }) => {
      await agent.query("begin");
      await agent.pipeline([
        say.parse(plain, "s"),
        say.bind({ portal: `${long}x`, statement: "s" }),
        say.close("P", `${long}y`),
        say.parse(of3, "t"),
        say.bind({ portal: `${long}z`, statement: "t" }),
        say.execute(`${long}x`),
        say.sync(),
      ]);
      await agent.query("rollback");
    },
    { ...name, about: "three portals' names that the server takes for one" },
  ),
  evasion(
    "R/B",
    "n10",
    async ({ agent }) => {
      await agent.pipeline([say.parse(plain, `${long}x`), say.sync()]);
      await agent.query(`deallocate "${long}"`);
      await agent.query(`prepare "${long}" as ${of3}`);
      await agent.pipeline([say.bind({ statement: `${long}x` }), say.execute(), say.sync()]);
    },
    { ...name, about: "a long name that SQL deallocates by its first 63 bytes" },
  ),
  // `value.name` calls the function of that name; a column's alias is no column.
  evasion("B", "n11", "select (3::bigint).customer_card as customer_card", card),
  evasion("B", "n12", "select (id).customer_card as customer_card from customers where id = 3", card),
  evasion("B", "n13", "select (c.x).customer_card from customers c (x, customer_card) where c.x = 3", card),
  evasion("B", "n14", "select g.customer_card as customer_card from generate_series(3, 3::bigint) g", card),
  evasion(
    "B",
    "n15",
    "select g.customer_card from generate_series(3, 3::bigint) g, (values (1)) v (customer_card)",
    card,
  ),
  evasion(
    "B",
    "n16",
    [
      "create temp table mine (id int, e text default ((3::bigint).customer_card))",
      "insert into mine values (1)",
      "table mine",
    ],
    card,
  ),
  evasion(
    "B",
    "n17",
    ["prepare p (bigint) as select ($1).customer_card as customer_card", "execute p (3)"],
    card,
  ),
  evasion("R", "n18", "select ((select c from customers c where id = 3)).to_jsonb", card),
  evasion("R", "n19", "select u.upper from customers c, unnest(array[c.name]) u where c.id = 3", name),
];
