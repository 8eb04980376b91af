import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/policy/index.ts";
import { join } from "./client.ts";
import { narrowing } from "./evasions/own-seams.ts";
import { finder } from "./find.ts";
import { Ledger, unrecorded } from "./oracle.ts";
import { asOwner, hasPostgres, type Postgres, startPostgres } from "./postgres.ts";
import { agentRole, boundRole } from "./protection.ts";
import { type RunningGateway, startThrough } from "./through.ts";

const desk = { customers: 40, agents: 5, seed: 1, markers: true };
const finds = finder(desk);
const masked: ReadonlySet<string> = new Set([
  "email",
  "email_domain",
  "phone",
  "phone_digits",
  "address",
  "number",
]);
/** Customers who get an open ticket of the actor's; the actor is the login's name. */
const own: ReadonlySet<string> = new Set(["2", "5"]);
const alone = { allow: true, smallestGroup: 1 };
const roles: readonly Role[] = [
  { ...agentRole, upstream: "desk_lead", aggregates: alone },
  { ...boundRole, upstream: "desk_lead", aggregates: alone },
];

describe.skipIf(!hasPostgres(18)).each(roles)("a role that is $name", (role) => {
  let postgres: Postgres | null = null;
  let gateway: RunningGateway | null = null;
  const ledger = new Ledger();
  beforeAll(async () => {
    postgres = await startPostgres(desk);
    await asOwner(postgres, [
      "insert into agents values ('desk_lead', 'L', 'lead@desk.example.com', 1, 'en', '2020-01-01', true)",
      "update tickets set assignee_id = 'desk_lead', closed_at = null where customer_id in (2, 5)",
    ]);
    gateway = await startThrough({ postgres, roles: { desk_lead: role }, record: ledger.record });
  });
  afterAll(async () => {
    await gateway?.stop();
    await postgres?.stop();
  });

  it.each(narrowing.map((statements) => [statements.join("; "), statements] as const))(
    "sees no more than it may by: %s",
    async (_, statements) => {
      if (postgres === null || gateway === null) throw new Error("nothing runs");
      const from = ledger.durable.length;
      const client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
      for (const sql of statements) await client.query(sql);
      await client.end();
      await ledger.settled();
      const { pieces } = client;
      expect(unrecorded({ actor: "desk_lead", from, pieces }, ledger, finds)).toEqual([]);
      const marks = finds.inAll(Buffer.concat(pieces.map(({ bytes }) => bytes)));
      expect(marks.filter(({ field }) => masked.has(field))).toEqual([]);
      if (role.ticketBound) expect(marks.filter(({ customer }) => !own.has(customer))).toEqual([]);
    },
  );
});
