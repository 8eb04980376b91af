import { say } from "../bytes.ts";
import { type Evasion, evasion } from "./evasion.ts";

const email = { leaks: "customers.email" };
const one = "select email from customers where id = 3";
const harmless = "select name from teams where id = 1";

/** Cursors, prepared statements and portals: everything that a session remembers. */
export const protocol: readonly Evasion[] = [
  // Cursors.
  evasion(
    "R",
    "u1",
    [
      "begin",
      "declare c scroll cursor for select email from customers order by id",
      "fetch 3 c",
      "fetch backward 2 c",
      "fetch absolute 9 c",
      "fetch relative -1 c",
      "fetch last c",
      "commit",
    ],
    email,
  ),
  evasion(
    "R",
    "u2",
    [
      "begin",
      "declare c binary cursor for select email, phone_digits from customers where id < 4",
      "fetch all from c",
      "commit",
    ],
    { leaks: "customers.email customers.phone_digits" },
  ),
  evasion(
    "R",
    "u3",
    [
      "begin",
      "savepoint s",
      "declare c cursor for select name from teams",
      "rollback to s",
      "declare c cursor for select email from customers where id < 3",
      "fetch all c",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R",
    "u4",
    [
      "begin",
      "declare c cursor for select email from customers order by id",
      "savepoint s",
      "fetch 1 c",
      "rollback to s",
      "fetch 1 c",
      "close c",
      "declare c cursor for select name from teams",
      "fetch 1 c",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R",
    "u5",
    [
      "begin",
      "declare c insensitive cursor with hold for select c.email, t.subject from customers c join tickets t on t.customer_id = c.id",
      "fetch 1 c",
      "commit",
      "fetch 2 c",
      "close all",
    ],
    { leaks: "customers.email tickets.subject" },
  ),
  evasion(
    "R",
    "u6",
    [
      "prepare p as select name from teams",
      "deallocate p",
      `prepare p as ${one}`,
      "execute p",
      "deallocate all",
    ],
    email,
  ),
  evasion(
    "R",
    "u7",
    [
      "begin",
      "select 1 / 0",
      "prepare p as select name from teams",
      "rollback",
      `prepare p as ${one}`,
      "execute p",
    ],
    email,
  ),
  evasion(
    "R",
    "u8",
    [`prepare p as ${one}`, "discard plans", "execute p", "discard all", `prepare p as ${one}`, "execute p"],
    email,
  ),
  evasion("R/B", "u9", [
    "prepare p as select email from customers where id = 3",
    "explain (analyze, costs off) execute p",
  ]),
  evasion(
    "R/B",
    "u10",
    [
      "begin",
      "declare c cursor for select email from customers for update",
      "fetch 1 c",
      "update customers set kind = kind where current of c returning name",
      "rollback",
    ],
    { leaks: "customers.email customers.name" },
  ),
  // The protocol's names and SQL's names are the same names.
  evasion(
    "R/B",
    "p1",
    async ({ agent }) => {
      await agent.query("begin");
      await agent.pipeline([say.parse(one), say.bind({ portal: "p1" }), say.sync()]);
      await agent.query("fetch all from p1");
    },
    { ...email, about: "a portal of the protocol, fetched by SQL" },
  ),
  evasion(
    "R/B",
    "p2",
    async ({ agent }) => {
      await agent.query("begin");
      await agent.query(`declare c cursor for ${one}`);
      await agent.pipeline([say.describe("P", "c"), say.execute("c"), say.sync()]);
    },
    { ...email, about: "a cursor of SQL, executed by the protocol" },
  ),
  evasion(
    "R/B",
    "p3",
    async ({ agent }) => {
      await agent.query(`prepare ps as ${one}`);
      await agent.pipeline([say.bind({ statement: "ps" }), say.execute(), say.sync()]);
    },
    { ...email, about: "a statement that SQL prepared, bound by the protocol" },
  ),
  evasion(
    "R/B",
    "p4",
    async ({ agent }) => {
      await agent.pipeline([say.parse(one, "ps"), say.sync()]);
      await agent.query("execute ps");
    },
    { ...email, about: "a statement that the protocol parsed, executed by SQL" },
  ),
  evasion(
    "R/B",
    "p5",
    async ({ agent }) => {
      await agent.pipeline([say.parse(harmless, "ps"), say.describe("S", "ps"), say.sync()]);
      await agent.query("deallocate ps");
      await agent.query(`prepare ps as ${one}`);
      await agent.pipeline([say.bind({ statement: "ps" }), say.execute(), say.sync()]);
    },
    { ...email, about: "a parsed statement, deallocated and prepared anew by SQL" },
  ),
  evasion(
    "R",
    "p6",
    async ({ agent }) => {
      await agent.query("begin");
      await agent.pipeline([
        say.parse("select email from customers order by id", "s"),
        say.bind({ portal: "a", statement: "s" }),
        say.bind({ portal: "b", statement: "s" }),
        say.execute("a", 2),
        say.execute("b", 1),
        say.execute("a", 1),
        say.execute("b"),
        say.sync(),
      ]);
      await agent.pipeline([say.execute("a", 1), say.sync()]);
      await agent.query("commit");
    },
    { ...email, about: "two portals of one statement, interleaved, one of them across Sync" },
  ),
  evasion(
    "R",
    "p7",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("select email, phone_digits, name from customers where id = $1"),
        say.bind({ parameters: ["3"], formats: [1, 0, 1] }),
        say.execute(),
        say.sync(),
      ]);
    },
    {
      leaks: "customers.email customers.phone_digits customers.name",
      about: "formats of the columns one by one",
    },
  ),
  evasion(
    "R",
    "p8",
    async ({ agent }) => {
      await agent.pipeline(
        [
          say.parse(one),
          say.bind(),
          say.describe("S"),
          say.describe("P"),
          say.execute(),
          say.execute(),
          say.parse(harmless),
          say.bind(),
          say.execute(),
          say.sync(),
          say.parse("select phone from customers where id = 3"),
          say.bind(),
          say.execute(),
          say.sync(),
        ],
        2,
      );
    },
    {
      leaks: "customers.email customers.phone",
      about: "many unnamed statements and two Syncs in one packet",
    },
  ),
  evasion(
    "R",
    "p9",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse(harmless, "a"),
        say.parse(one, "b"),
        say.bind({ statement: "a" }),
        say.bind({ statement: "b" }),
        say.execute(),
        say.sync(),
      ]);
    },
    { ...email, about: "the unnamed portal bound twice" },
  ),
  evasion(
    "R",
    "p10",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse(one, "s"),
        say.parse(harmless, "s"),
        say.bind({ statement: "s" }),
        say.execute(),
        say.sync(),
      ]);
      await agent.pipeline([say.bind({ statement: "s" }), say.execute(), say.sync()]);
    },
    { about: "Parse of a name that is taken: what the server keeps is executed", ...email },
  ),
  evasion(
    "R",
    "p11",
    async ({ agent }) => {
      await agent.pipeline([say.parse("selec nothing", "s"), say.parse(one, "s"), say.sync()]);
      await agent.pipeline([say.parse(one, "s"), say.bind({ statement: "s" }), say.execute(), say.sync()]);
    },
    { ...email, about: "a failed Parse leaves no statement behind" },
  ),
  evasion(
    "R",
    "p12",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("select email from customers where id = $1 and $2::text is not null", "s", [20, 25]),
        say.bind({ statement: "s", parameters: ["3", "x"] }),
        say.execute(),
        say.bind({ statement: "s", parameters: ["4", null] }),
        say.execute(),
        say.bind({ statement: "s", parameters: ["5", "y"] }),
        say.execute(),
        say.sync(),
      ]);
    },
    { ...email, exactly: 2, about: "one statement bound to several customers" },
  ),
  evasion(
    "R",
    "p13",
    async ({ agent }) => {
      await agent.query("begin");
      await agent.pipeline([
        say.parse("select email from customers order by id", "s"),
        say.bind({ portal: "a", statement: "s" }),
        say.execute("a", 1),
        say.parse("select 1 / 0"),
        say.bind(),
        say.execute(),
        say.sync(),
      ]);
      await agent.query("rollback");
      await agent.pipeline([say.execute("a", 1), say.sync()]);
      await agent.pipeline([say.bind({ portal: "a", statement: "s" }), say.execute("a", 1), say.sync()]);
    },
    { ...email, about: "a portal after its transaction failed" },
  ),
  evasion(
    "R",
    "p14",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("copy (select email from customers where id < 4) to stdout"),
        say.bind(),
        say.execute(),
        say.sync(),
      ]);
    },
    { about: "COPY through the extended protocol", ...email },
  ),
  evasion(
    "R/B",
    "p15",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("create temp view v as select email as e from customers where id = 3"),
        say.bind(),
        say.execute(),
        say.parse("select e from v"),
        say.bind(),
        say.execute(),
        say.sync(),
      ]);
    },
    { ...email, about: "a view made and read in one pipeline" },
  ),
  evasion(
    "R/B",
    "p16",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("create temp view teams as select id, email as name from customers"),
        say.parse("select name from teams where id = 3", "s"),
        say.sync(),
      ]);
      await agent.pipeline([say.parse("select name from teams where id = 3", "t"), say.bind(), say.sync()]);
      await agent.pipeline([
        say.parse("create temp view teams as select id, email as name from customers"),
        say.bind(),
        say.execute(),
        say.bind({ statement: "s" }),
        say.execute(),
        say.bind({ statement: "t" }),
        say.execute(),
        say.sync(),
      ]);
    },
    { ...email, about: "a statement parsed before a temporary view takes its table's name" },
  ),
  evasion(
    "R/B",
    "p17",
    async ({ agent }) => {
      await agent.pipeline([say.parse("select name from teams where id = 3", "s"), say.sync()]);
      await agent.query(
        "set search_path = scratch, public; create view scratch.teams as select id, email as name from public.customers",
      );
      await agent.pipeline([say.bind({ statement: "s" }), say.execute(), say.sync()]);
      await agent.query("drop view scratch.teams");
    },
    { ...email, about: "a statement parsed before search_path moves" },
  ),
  evasion(
    "R/B",
    "p18",
    "begin; create temp view v as select email as e from customers where id = 3; select e from v; drop view v; create temp view v as select 1 as e; select e from v; rollback",
    { ...email, only: "simple" },
  ),
  evasion(
    "R",
    "p19",
    "select name from teams; begin; select email from customers where id = 3; select 1 / 0; select phone from customers where id = 4",
    { ...email, only: "simple" },
  ),
];
