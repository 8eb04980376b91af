import { type Evasion, evasion } from "./evasion.ts";

const email = { leaks: "customers.email" };

/** COPY, and statements that change data and show some. */
export const changes: readonly Evasion[] = [
  // COPY.
  evasion("R/B", "c1", "copy customers (email, name) to stdout (format csv, header, force_quote *)", {
    leaks: "customers.email customers.name",
  }),
  evasion("R/B", "c2", "copy (values ((select email from customers where id = 3))) to stdout", email),
  evasion("R/B", "c3", "copy customers_archive to stdout (delimiter '|', null '')", {
    leaks: "customers.email customers.name",
  }),
  evasion("R/B", "c4", "copy calls_2026 to stdout", { leaks: "calls.number calls.summary" }),
  evasion(
    "R/B",
    "c5",
    ["begin", "copy (delete from customers where id = 7 returning email) to stdout", "rollback"],
    email,
  ),
  evasion(
    "R/B",
    "c6",
    "copy (select upper(email), id from customers where id < 4) to stdout (format csv, quote '!', escape '?', encoding 'LATIN1')",
    email,
  ),
  evasion("R/B", "c7", "copy messages to stdout csv", { leaks: "messages.body" }),
  evasion("R/B", "c8", "copy (table attachments) to stdout", {
    leaks: "attachments.name attachments.content",
  }),
  evasion("B", "c9", "copy kb.products from program 'cat /etc/passwd'"),
  evasion("B", "c10", "copy teams to '/tmp/teams'"),
  evasion("pass", "c11", "copy kb.products to stdout"),
  // What changes data and shows some.
  evasion(
    "R",
    "d1",
    [
      "begin",
      "insert into customers (id, name, email, country, language, kind) values (3, 'a', 'b@example.com', 'US', 'en', 'consumer') on conflict (id) do update set kind = 'consumer' returning email, phone",
      "rollback",
    ],
    { leaks: "customers.email customers.phone" },
  ),
  evasion(
    "R/B",
    "d2",
    [
      "begin",
      "update tickets t set subject = c.email from customers c where c.id = t.customer_id and t.id < 4 returning t.subject, c.name",
      "rollback",
    ],
    { leaks: "customers.email customers.name" },
  ),
  evasion(
    "R",
    "d3",
    [
      "begin",
      "delete from ticket_tags g using tickets t join customers c on c.id = t.customer_id where t.id = g.ticket_id returning c.email, t.subject",
      "rollback",
    ],
    { leaks: "customers.email tickets.subject" },
  ),
  evasion(
    "R/B",
    "d4",
    [
      "begin",
      "insert into messages (ticket_id, author, body) select 1, 'x', email from customers where id = 3 returning body",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R/B",
    "d5",
    [
      "begin",
      "insert into scratch.lists select id, email from customers where id = 3 returning line",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R/B",
    "d6",
    [
      "begin",
      "merge into customers c using (select 3 as id) s on c.id = s.id when matched then update set kind = c.kind returning c.email",
      "rollback",
    ],
    { ...email, since: 17 },
  ),
  evasion(
    "R/B",
    "d7",
    ["begin", "update customers set kind = kind where id = 3 returning old.email, new.name", "rollback"],
    { leaks: "customers.email customers.name", since: 18 },
  ),
  evasion("R", "d8", ["begin", "update customers set notes = notes where id < 4 returning *", "rollback"], {
    leaks: "customers.email customers.notes",
  }),
  evasion(
    "R",
    "d9",
    [
      "begin",
      "with gone as (delete from tickets where id < 4 returning *) select c.email, gone.subject from gone join customers c on c.id = gone.customer_id",
      "rollback",
    ],
    { leaks: "customers.email tickets.subject" },
  ),
  evasion(
    "R/B",
    "d10",
    [
      "begin",
      "with put as (insert into scratch.lists select id, email from customers where id = 3 returning *) select * from put",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R/B",
    "d11",
    [
      "begin",
      "update kb.articles set title = (select email from customers where id = 3) where id = 1",
      "select title from kb.articles where id = 1",
      "rollback",
    ],
    email,
  ),
  evasion(
    "R/B",
    "d12",
    [
      "update kb.articles set body = (select email from customers where id = 3) where id = 2",
      "@other select body from kb.articles where id = 2",
      "@owner update kb.articles set body = '' where id = 2",
    ],
    email,
  ),
  evasion(
    "R/B",
    "d13",
    [
      "begin",
      "update customers set kind = 'business' where id = 3 returning (select string_agg(name, '') from customers where id < 3)",
      "rollback",
    ],
    { leaks: "customers.name" },
  ),
  evasion(
    "R/B",
    "d14",
    [
      "begin",
      "update tickets set queue = (select email from customers where id = 3) where id = 1 returning id",
      "select queue from tickets where id = 1",
      "rollback",
    ],
    email,
  ),
  evasion("R/B", "d15", [
    "begin",
    "update tickets set customer_id = 4 where id in (select id from tickets where customer_id = 3)",
    "select subject from tickets where customer_id = 4",
    "rollback",
  ]),
];
