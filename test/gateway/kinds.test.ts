import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isPathMistake,
  type KeyPath,
  parseKeyPath,
  type Protection,
  type Role,
} from "../../src/policy/index.ts";
import { type Answer, join } from "./client.ts";
import { Ledger } from "./oracle.ts";
import { asOwner, hasPostgres, type Postgres, startPostgres } from "./postgres.ts";
import { wideRole } from "./protection.ts";
import { type RunningGateway, startThrough } from "./through.ts";

function path(text: string): KeyPath {
  const read = parseKeyPath(text);
  if (isPathMistake(read)) throw new Error(read.what);
  return read;
}

const none = { class: "none", mask: "full" } as const;
const content = { class: "content", mask: "full" } as const;
const one = path("item [kind = 'Issue'] -> rm.issues.id -> author or item [kind = 'Principal']");
const turned = path("item [kind = 'Principal'] or item [kind = 'Issue'] -> rm.issues.id -> author");
const several = path("item [kind = 'Issue'] -> rm.watchers.issue -> person or item [kind = 'Principal']");

/** Values of things of several kinds in one table, as Redmine keeps them. */
const protection: Protection = {
  tables: new Map(
    (
      [
        ["issues", path("author"), { subject: content, author: none, id: none }],
        ["vals", one, { value: content, item: none, kind: none, id: none }],
        ["files", turned, { value: content, item: none, kind: none, id: none }],
        ["notes", { ...several, many: true }, { value: content, item: none, kind: none, id: none }],
      ] as const
    ).map(([table, key, fields]) => [
      `rm.${table}`,
      { schema: "rm", table, key, fields: new Map(Object.entries(fields)) },
    ]),
  ),
  tickets: {
    schema: "rm",
    table: "issues",
    id: "id",
    customer: path("author"),
    assignee: "assignee",
    closed: null,
    actor: [],
  },
};

const tables = `
create schema rm;
create table rm.issues (id int primary key, author int, assignee text, subject text);
create table rm.watchers (issue int, person int);
create table rm.vals (id int primary key, kind text, item int, value text);
create table rm.files (id int primary key, kind text, item int, value text);
create table rm.notes (id int primary key, kind text, item int, value text);
insert into rm.issues values (1, 7, 'desk_lead', 'late'), (2, 8, 'another', 'lost');
insert into rm.watchers values (1, 7), (1, 9), (2, 8);
insert into rm.vals values (1, 'Issue', 1, 'v1'), (2, 'Issue', 2, 'v2'), (3, 'Principal', 7, 'v3'), (4, 'Principal', 2, 'v4'), (5, 'Project', 7, 'v5');
insert into rm.notes select * from rm.vals;
insert into rm.files select * from rm.vals;
grant usage on schema rm to desk_lead;
grant select, insert, update, delete on all tables in schema rm to desk_lead;
`;

const bound: Role = { ...wideRole, name: "bound", ticketBound: true };

describe.skipIf(!hasPostgres(18)).each([wideRole, bound])(
  "rows of several kinds in one table, for a role that is $name",
  (role) => {
    let postgres: Postgres | null = null;
    let gateway: RunningGateway | null = null;
    const ledger = new Ledger();
    beforeAll(async () => {
      postgres = await startPostgres({ customers: 2, agents: 1 });
      await asOwner(postgres, [tables]);
      gateway = await startThrough({
        postgres,
        roles: { desk_lead: role },
        record: ledger.record,
        protection,
      });
    });
    afterAll(async () => {
      await gateway?.stop();
      await postgres?.stop();
    });

    /** What a statement answers, and whose fields were recorded for it as seen. */
    async function asked(sql: string): Promise<Answer & { readonly seen: readonly string[] }> {
      if (postgres === null || gateway === null) throw new Error("nothing runs");
      const from = ledger.durable.length;
      const client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
      await client.query("begin");
      const answer = await client.query(sql);
      await client.query("rollback");
      await client.end();
      const seen = ledger.durable
        .slice(from)
        .flatMap((event) =>
          event.kind === "sighting"
            ? event.seen.flatMap(({ customers, shown, table }) =>
                shown.length > 0 ? customers.map((customer) => `${table} ${customer}`) : [],
              )
            : [],
        );
      return { ...answer, seen: seen.toSorted() };
    }

    const isBound = role.ticketBound;

    it("are each of the customer to whom their kind leads", async () => {
      for (const [id, customer, own] of [
        [1, "7", true],
        [2, "8", false],
        [3, "7", true],
        [4, "2", false],
      ] as const) {
        const { rows, seen } = await asked(`select value from rm.vals where id = ${id}`);
        const comes = own || !isBound;
        expect([id, rows]).toEqual([id, comes ? [[`v${id}`]] : []]);
        expect([id, seen]).toEqual([id, comes ? [`rm.vals ${customer}`] : []]);
      }
    });

    it("are each of all the customers to whom their kind leads", async () => {
      const watched = await asked("select value from rm.notes where id = 1");
      expect(watched.rows).toEqual([["v1"]]);
      expect(watched.seen).toEqual(["rm.notes 7", "rm.notes 9"]);
      const { rows, seen } = await asked("select string_agg(value, ',' order by id) from rm.notes");
      expect(rows).toEqual([[isBound ? "v1,v3" : "v1,v2,v3,v4,v5"]]);
      expect(seen).toEqual((isBound ? ["7", "9"] : ["2", "7", "8", "9"]).map((each) => `rm.notes ${each}`));
    });

    it("aren't read where they lead to what is newer than the statement, whatever their kind", async () => {
      for (const table of ["vals", "files"]) {
        if (postgres === null) throw new Error("nothing runs");
        const honest = asOwner(postgres, [
          `begin; insert into rm.issues values (3, 7, 'desk_lead', 'new');
           update rm.${table} set kind = 'Issue', item = 3 where id = 3; select pg_sleep(0.8); commit`,
        ]);
        await new Promise((done) => setTimeout(done, 300));
        const { rows, errors } = await asked(`select value from rm.${table} where id = 3 for update`);
        await honest;
        await asOwner(postgres, [
          `delete from rm.issues where id = 3; update rm.${table} set kind = 'Principal', item = 7 where id = 3`,
        ]);
        // Whoever is bound to tickets doesn't come by the row at all.
        expect([table, rows, errors.length]).toEqual([table, [], isBound ? 0 : 1]);
      }
    });

    it("stay of whom they are", async () => {
      for (const sql of [
        "update rm.vals set kind = 'Project' where id = 3",
        "update rm.vals set item = 2 where id = 3",
        "update rm.notes set kind = 'Project' where id = 1",
      ])
        expect([sql, (await asked(sql)).errors]).toEqual([sql, ["42501"]]);
      expect(
        (await asked("update rm.vals set kind = 'Principal', item = 7, value = 'w' where id = 3")).tags,
      ).toEqual(["UPDATE 1"]);
      expect((await asked("delete from rm.watchers where issue = 1")).errors).toHaveLength(1);
    });
  },
);
