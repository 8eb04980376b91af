import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Protection } from "../../src/policy/index.ts";
import { join } from "./client.ts";
import { Ledger } from "./oracle.ts";
import { asOwner, hasPostgres, type Postgres, startPostgres } from "./postgres.ts";
import { wideRole } from "./protection.ts";
import { type RunningGateway, startThrough } from "./through.ts";

/** One table of links for requestors and owners, as Request Tracker has it: only the requestors' lead to customers. */
const protection: Protection = {
  tables: new Map([
    [
      "rt.tickets",
      {
        schema: "rt",
        table: "tickets",
        key: {
          column: "id",
          steps: [
            {
              schema: "rt",
              table: "groups",
              match: "ticket",
              take: "id",
              where: [{ column: "name", value: "Requestor" }],
            },
            { schema: "rt", table: "members", match: "group_id", take: "person" },
          ],
          many: true,
        },
        fields: new Map([["subject", { class: "content", mask: "full" }]]),
      },
    ],
  ]),
  tickets: null,
};

const links = `
create schema rt;
create table rt.tickets (id int primary key, subject text);
create table rt.groups (id int primary key, ticket int, name text);
create table rt.members (id int primary key, group_id int, person int);
insert into rt.tickets values (1, 'late'), (2, 'lost');
insert into rt.groups values (11, 1, 'Requestor'), (12, 1, 'Owner'), (13, 2, 'Requestor'), (14, 2, 'Owner');
insert into rt.members values (101, 11, 7), (102, 12, 90), (103, 13, 8), (104, 14, 91), (105, null, 92);
grant usage on schema rt to desk_lead;
grant select, insert, update, delete on all tables in schema rt to desk_lead;
`;

describe.skipIf(!hasPostgres(18))("links of which some lead to customers", () => {
  let postgres: Postgres | null = null;
  let gateway: RunningGateway | null = null;
  const ledger = new Ledger();
  beforeAll(async () => {
    postgres = await startPostgres({ customers: 2, agents: 1 });
    await asOwner(postgres, [links]);
    gateway = await startThrough({
      postgres,
      roles: { desk_lead: wideRole },
      record: ledger.record,
      protection,
    });
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  /** Errors and command tags of statements that are undone at the end. */
  async function tried(...statements: readonly string[]): Promise<{
    readonly errors: readonly string[];
    readonly tags: readonly string[];
    readonly text: string;
  }> {
    if (postgres === null || gateway === null) throw new Error("nothing runs");
    const client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
    await client.query("begin");
    const errors: string[] = [];
    const tags: string[] = [];
    for (const sql of statements) {
      const answer = await client.query(sql);
      errors.push(...answer.errors);
      tags.push(...answer.tags);
    }
    await client.query("rollback");
    await client.end();
    return { errors, tags, text: Buffer.concat(client.pieces.map(({ bytes }) => bytes)).toString() };
  }

  it("may be dropped if they lead to none: an owner's, or one of no group", async () => {
    expect(await tried("delete from rt.members where id = 102")).toMatchObject({
      errors: [],
      tags: ["DELETE 1"],
    });
    expect((await tried("delete from rt.members where group_id = 14")).tags).toEqual(["DELETE 1"]);
    expect((await tried("delete from rt.members m where m.id = 105 returning m.person")).tags).toEqual([
      "DELETE 1",
    ]);
    expect((await tried("delete from rt.groups where id = 12")).tags).toEqual(["DELETE 1"]);
    expect((await tried("delete from rt.members where id = 999")).tags).toEqual(["DELETE 0"]);
    const joined = "delete from rt.members m using rt.groups g where g.id = m.group_id and g.name = 'Owner'";
    expect((await tried(joined)).tags).toEqual(["DELETE 2"]);
    const asked = "delete from rt.members where group_id in (select id from rt.groups where name = 'Owner')";
    expect((await tried(asked)).tags).toEqual(["DELETE 2"]);
    const decided =
      "delete from rt.members where id > 101 and group_id in (select g.id from rt.groups g join rt.tickets t on t.id = g.ticket where t.subject = 'late')";
    expect(await tried(decided)).toMatchObject({ errors: [], tags: ["DELETE 1"] });
  });

  it.each([
    "delete from rt.members where id = 101",
    "delete from rt.members",
    "delete from rt.members where id in (102, 103)",
    "delete from rt.members m using rt.groups g where g.id = m.group_id and g.ticket = 1",
    "delete from rt.groups where id = 11",
    "with gone as (delete from rt.members where id = 101 returning 1) select count(*) from gone",
    "delete from rt.groups where name = 'Requestor' returning id",
    "delete from rt.members where id = 101 and random() < 2",
    "truncate rt.members",
    "merge into rt.members m using (select 101 as id) s on s.id = m.id when matched then delete",
  ])("stay where they lead to one: %s", async (sql) => {
    const { errors, tags, text } = await tried(sql);
    expect(errors).toHaveLength(1);
    expect(tags).toEqual([]);
    expect(text).toMatch(/would no longer lead to (?:its|their) customer/);
  });

  it("stay where a cursor stands on them, or a condition isn't the same twice", async () => {
    const cursor = "declare c cursor for select id from rt.members where id = 102 for update";
    const { errors } = await tried(cursor, "fetch c", "delete from rt.members where current of c");
    expect(errors).toEqual(["42501"]);
    for (let turn = 0; turn < 20; turn++)
      expect((await tried("delete from rt.members where id = 101 and random() < 0.5")).tags).not.toContain(
        "DELETE 1",
      );
  });

  it("stay though the group was made another's in the same transaction", async () => {
    const { errors } = await tried(
      "update rt.groups set name = 'Owner' where id = 11",
      "delete from rt.members where id = 101",
    );
    expect(errors).toHaveLength(2);
    expect((await tried("select subject from rt.tickets where id = 1")).tags).toEqual(["SELECT 1"]);
    const seen = ledger.durable.flatMap((event) => (event.kind === "sighting" ? event.seen : []));
    expect(seen.at(-1)?.customers).toEqual(["7"]);
  });
});
