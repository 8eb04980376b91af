import { type Evasion, evasion, type Scene } from "./evasion.ts";

/** The gateway looks at the catalog once a second. */
const looked = async (): Promise<unknown> => new Promise((done) => setTimeout(done, 1500));

/** While the database has a foreign key of another kind than the desk's own. */
function whileKeyed(
  id: string,
  { before, after, leaks }: { readonly before: string; readonly after: string; readonly leaks: string },
  ...statements: readonly string[]
): Evasion {
  return evasion(
    "R/B",
    id,
    async ({ agent, owner }: Scene) => {
      await owner(before);
      try {
        await looked();
        for (const sql of ["begin", ...statements, "rollback"]) await agent.query(sql);
      } finally {
        await owner(after);
      }
      await looked();
    },
    { leaks, about: `with another foreign key: ${statements.join("; ")}` },
  );
}

/** An attachment outlives its message, and is then nobody's. */
const orphans = {
  before: `alter table attachments alter message_id drop not null, drop constraint attachments_message_id_fkey,
    add foreign key (message_id) references messages (id) on delete set null`,
  after: `alter table attachments alter message_id set not null, drop constraint attachments_message_id_fkey,
    add foreign key (message_id) references messages (id) on delete cascade`,
  leaks: "attachments.name",
};

/** Calls follow a number that nobody protects. */
const followed = {
  before: `create table client_ids (id bigint primary key); insert into client_ids select id from customers;
    grant select, update on client_ids to desk_lead;
    alter table calls add constraint calls_client foreign key (customer_id) references client_ids (id) on update cascade`,
  after: "alter table calls drop constraint calls_client; drop table client_ids",
  leaks: "calls.number",
};

/** A ticket without a crew fails by an error that quotes it whole. */
const crewed = {
  before: `create table crews (id text primary key); insert into crews values ('a');
    alter table tickets add column crew text not null default 'a' references crews (id) on delete set null;
    grant select, update, delete on crews to desk_lead`,
  after: "alter table tickets drop column crew; drop table crews",
  leaks: "tickets.subject",
};

/** Foreign keys that hand on what happens to a row: to whom others belong, and copies of fields. */
export const keys: readonly Evasion[] = [
  whileKeyed(
    "k1",
    orphans,
    "delete from messages where id in (select message_id from attachments)",
    "select name from attachments",
  ),
  whileKeyed(
    "k2",
    orphans,
    "with gone as (delete from messages returning id) select count(*) from gone",
    "select name from attachments",
  ),
  whileKeyed(
    "k3",
    followed,
    "update client_ids set id = 1000 + id where id < 9",
    "select number from calls where customer_id > 1000",
  ),
  { ...whileKeyed("k5", crewed, "delete from crews"), want: "S" },
  evasion(
    "B",
    "k4",
    async ({ agent, owner }: Scene) => {
      await owner("grant references on customers to desk_lead");
      await agent.query("create table scratch.watch (id bigint references customers (id) on update cascade)");
      await agent.query("create table scratch.other (id bigint)");
      await agent.query(
        "alter table scratch.other add foreign key (id) references public.customers (id) on update cascade",
      );
      await owner(
        "drop table if exists scratch.watch, scratch.other; revoke references on customers from desk_lead",
      );
    },
    { about: "a foreign key of one's own that follows a customer's field" },
  ),
];
