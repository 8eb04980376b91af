import { setTimeout as sleep } from "node:timers/promises";
import { say } from "../bytes.ts";
import { type Evasion, evasion } from "./evasion.ts";

/** The sample that came with the design, by its numbers; 48, 50, 53 and 54 are about connections and stand in connections.test.ts. */
export const listed: readonly Evasion[] = [
  evasion("R", "1", "select id as a, email as b from customers where id <= 3 order by id", {
    leaks: "customers.email",
  }),
  evasion("R", "2", "select upper(email), email || '', (select email) from customers where id = 2", {
    leaks: "customers.email",
  }),
  evasion(
    "R",
    "3",
    "select email from customers where id = 1 union all select email from customers where id = 2 union all select phone from customers where id = 3",
    { leaks: "customers.email customers.phone" },
  ),
  evasion("R", "4", "select customers from customers where id = 3", {
    leaks: "customers.email customers.name customers.phone_digits customers.born customers.aliases",
  }),
  evasion(
    "R",
    "5",
    [
      "select row_to_json(c) from customers c where id < 4",
      "select json_agg(email) from customers where id between 4 and 9",
    ],
    { leaks: "customers.email customers.profile" },
  ),
  evasion(
    "R",
    "6",
    [
      "select string_agg(email, ',') from customers where id < 5",
      "select array_agg(phone) from customers where id < 5",
    ],
    { leaks: "customers.email customers.phone" },
  ),
  evasion("B", "7", "select query_to_xml('select email from customers where id = 1', true, false, '')", {
    leaks: "customers.email",
  }),
  evasion(
    "R",
    "8",
    "select encode(email::bytea, 'hex'), reverse(name), md5(phone) from customers where id = 4",
    { leaks: "customers.email customers.name customers.phone" },
  ),
  evasion("R", "8 translate", "select translate(email, 'mkxz', 'abcd') from customers where id = 4", {
    whose: ["4 customers.email"],
  }),
  evasion(
    "R",
    "9",
    [
      "select first_value(email) over (order by id) from customers where id < 4",
      "select v from customers c, lateral (values (c.phone)) x (v) where id = 5",
      "values ((select name from customers where id = 6))",
    ],
    { leaks: "customers.email customers.phone customers.name" },
  ),
  evasion(
    "R",
    "10",
    [
      "create temp view renamed as select id as nobody, email as nothing from customers",
      "select nothing from renamed where nobody = 7",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "R",
    "11",
    [
      "create temp view teams as select id, email as name from customers",
      "select name from teams where id = 8",
    ],
    { leaks: "customers.email" },
  ),
  evasion("B", "12", "select customer_card(3)", { leaks: "customers.email customers.name" }),
  evasion("B", "12 from", "select * from customer_card(3)", { leaks: "customers.email customers.name" }),
  evasion("R", "13", ["begin", "delete from customers where id = 7 returning email", "rollback"], {
    leaks: "customers.email",
  }),
  evasion(
    "R",
    "14",
    [
      "begin",
      "with d as (update customers set kind = kind where id = 8 returning email) select email from d",
      "rollback",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "R",
    "15",
    [
      `select U&"\\0065mail" from customers where id = 9`,
      `select "email" from "public"."customers" where id = 10`,
      `SeLeCt/*/* x */*/EMAIL--y\nfrom CUSTOMERS where ID=11`,
    ],
    { leaks: "customers.email" },
  ),
  evasion("R/B", "16", `select ${"(".repeat(20_000)}email${")".repeat(20_000)} from customers where id = 1`, {
    about: "20,000 nested parentheses",
  }),
  evasion("pass", "17", [
    "select a.title, p.name from kb.articles a join kb.products p on p.sku = a.product_sku order by a.id",
    "select t.name, count(*) from tags t join ticket_tags g on g.tag_id = t.id group by t.name order by 1",
  ]),
  evasion(
    "R/B",
    "18",
    ["create temp table t as select * from customers", "select email from t where id < 4"],
    { leaks: "customers.email" },
  ),
  evasion("R/B", "19", ["select id, email into temp t from customers", "select email from t where id < 4"], {
    leaks: "customers.email",
  }),
  evasion(
    "R/B",
    "20",
    [
      "insert into scratch.lists select id, email from customers where id < 5",
      "@other select line from scratch.lists",
      "@owner delete from scratch.lists",
    ],
    { leaks: "customers.email" },
  ),
  evasion("B", "21", ["select set_config('my.x', email, false) from customers where id = 1", "show my.x"], {
    leaks: "customers.email",
  }),
  evasion(
    "B",
    "22",
    [
      "select setval('kb.press_release', (select phone_digits from customers where id = 3))",
      "select last_value from kb.press_release",
      "@owner select setval('kb.press_release', 1)",
    ],
    { leaks: "customers.phone_digits" },
  ),
  evasion(
    "B",
    "23",
    "select histogram_bounds::text from pg_stats where tablename = 'customers' and attname = 'email'",
    { leaks: "customers.email" },
  ),
  evasion(
    "B",
    "24",
    [
      "create temp table t as select email from customers",
      "analyze t",
      "select histogram_bounds::text from pg_stats where tablename = 't'",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "B",
    "25",
    [
      "begin",
      "select lo_from_bytea(424242, convert_to(email, 'UTF8')) from customers where id = 1",
      "select lo_get(424242)",
      "rollback",
    ],
    { leaks: "customers.email" },
  ),
  evasion("B", "26", "select * from dblink('dbname=helpdesk', 'select email from customers') t (e text)"),
  evasion(
    "R",
    "27",
    [
      "begin",
      "declare c cursor with hold for select email from customers where id < 4",
      "commit",
      "fetch all c",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "R",
    "28",
    [
      "begin",
      "declare c cursor for select email from customers order by id",
      "fetch 2 c",
      "move 5 c",
      "fetch 1 c",
      "rollback",
    ],
    { leaks: "customers.email", exactly: 3 },
  ),
  evasion(
    "R",
    "29",
    ["prepare p (int) as select email from customers where id = $1", "execute p (3)", "deallocate p"],
    { leaks: "customers.email" },
  ),
  evasion("R/B", "30", "copy customers to stdout", { leaks: "customers.email" }),
  evasion("R/B", "30 binary", "copy (select email from customers where id < 4) to stdout (format binary)", {
    leaks: "customers.email",
  }),
  evasion("B", "31", "copy customers to program 'cat'"),
  evasion(
    "R",
    "32",
    async ({ agent }) => {
      await agent.pipeline([
        say.parse("select email from customers where id = 3"),
        say.bind(),
        say.execute(),
        say.sync(),
      ]);
    },
    { about: "Parse, Bind, Execute, Sync: rows without a description", leaks: "customers.email" },
  ),
  evasion(
    "R",
    "33",
    async ({ agent }) => {
      const binary = say.bind({ formats: [1] });
      await agent.pipeline([
        say.parse("select email, phone_digits, born, aliases from customers where id = 3"),
        binary,
        say.describe("P"),
        say.execute(),
        say.sync(),
      ]);
    },
    {
      about: "results in binary",
      leaks: "customers.email customers.phone_digits customers.born customers.aliases",
    },
  ),
  evasion(
    "R",
    "34",
    async ({ agent }) => {
      agent.send(
        say.parse("select email from customers where id = 3"),
        say.bind(),
        say.execute(),
        say.flush(),
      );
      await agent.until("CE");
    },
    { about: "Flush, and never Sync", leaks: "customers.email" },
  ),
  evasion(
    "R",
    "35",
    async ({ agent }) => {
      agent.send(say.parse("select email from customers where id < 5 order by id"), say.bind());
      for (let page = 0; page < 3; page++) {
        agent.send(say.execute("", 1), say.flush());
        await agent.until("sCE");
      }
      await agent.pipeline([say.sync()]);
    },
    { about: "a portal, one row at a time", leaks: "customers.email", exactly: 3 },
  ),
  evasion(
    "R",
    "36",
    async ({ agent, owner }) => {
      await owner(
        "create view scratch.turning as select id, name from agents; grant select on scratch.turning to public",
      );
      try {
        // A gateway looks at the catalog every now and then, so a new view may take a moment to be known.
        for (let tries = 0; tries < 50; tries++) {
          const parse = say.parse("select name from scratch.turning", "turning");
          const { errors } = await agent.pipeline([parse, say.describe("S", "turning"), say.sync()]);
          if (errors.length === 0) break;
          await sleep(100);
        }
        await owner(
          "drop view scratch.turning; create view scratch.turning as select id::text, email as name from customers where id < 4; grant select on scratch.turning to public",
        );
        await agent.pipeline([say.bind({ statement: "turning" }), say.execute(), say.sync()]);
        // The bare server looks at once; a gateway that looks every second may answer as before until then, but no longer.
        await sleep(2500);
        await agent.pipeline([say.bind({ statement: "turning" }), say.execute(), say.sync()]);
      } finally {
        await owner("drop view scratch.turning");
      }
    },
    { about: "a view replaced between Describe and Execute", leaks: "customers.email" },
  ),
  evasion(
    "R",
    "37",
    async ({ agent }) => {
      const rows = [say.parse("select email from customers where id < 4"), say.bind(), say.execute()];
      const wrong = [say.parse("select 1 / 0"), say.bind(), say.execute()];
      await agent.pipeline([...rows, ...wrong, ...rows, say.sync()]);
    },
    { about: "a pipeline with an error in its middle", leaks: "customers.email" },
  ),
  evasion(
    "R",
    "38",
    async ({ agent }) => {
      await agent.pipeline([say.parse("select name from teams", "s"), say.sync()]);
      await agent.pipeline([
        say.close("S", "s"),
        say.parse("select email from customers where id = 4", "s"),
        say.bind({ statement: "s" }),
        say.execute(),
        say.sync(),
      ]);
    },
    { about: "Close and Parse of the same name in one pipeline", leaks: "customers.email" },
  ),
  evasion(
    "B",
    "39",
    async ({ agent }) => {
      const { rows } = await agent.query("select 'query_to_xml'::regproc::oid");
      agent.send(
        say.call(Number(rows[0]?.[0] ?? 2925), "select email from customers where id = 3", "t", "f", ""),
      );
      await agent.until("ZE");
      await agent.listen(100);
    },
    { about: "a fast-path call of query_to_xml", leaks: "customers.email" },
  ),
  evasion(
    "R",
    "40",
    "select name from teams; select email from customers where id = 3; select phone from customers where id = 4",
    { only: "simple", leaks: "customers.email customers.phone" },
  ),
  evasion("S", "41", "select email::int from customers where id = 1", { leaks: "customers.email" }),
  evasion(
    "B",
    "42",
    "do $$ declare r record; begin for r in select email from customers loop raise notice '%', r.email; end loop; end $$",
    { leaks: "customers.email" },
  ),
  evasion("S", "43", "update customers set email = 'nothing' where id = 3", {
    leaks: "customers.name customers.phone",
  }),
  evasion(
    "B",
    "44",
    "do $$ begin raise exception using message = 'm', hint = (select email from customers where id = 3), column = (select phone from customers where id = 3); end $$",
    { leaks: "customers.email customers.phone" },
  ),
  evasion(
    "R/B",
    "45",
    "explain (analyze, verbose) select * from customers where email = (select email from customers where id = 3)",
  ),
  evasion(
    "B",
    "46",
    [
      "@other listen desk_news",
      "select pg_notify('desk_news', email) from customers where id = 2",
      "@other select 1",
    ],
    { leaks: "customers.email" },
  ),
  evasion(
    "C",
    "47",
    "select count(*) from kb.products where exists (select from customers where email like 'mk0001%')",
  ),
  evasion("B", "49", "set role owner"),
  evasion("B", "49 session", "set session authorization owner"),
  evasion("B", "51", "set standard_conforming_strings = off"),
  evasion("B", "51 config", "select set_config('standard_conforming_strings', 'off', false)"),
];
