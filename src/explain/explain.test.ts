import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal, seededRandom } from "../base/index.ts";
import { type ActorId, type CustomerId, type Instant, parseInstant } from "../domain/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { always, refreshExplanations, whatSaw, whoSaw } from "./index.ts";
import { type OracleDesk, classOf } from "./oracle.testing.ts";

let store: Store;
const data = mkdtempSync(join(tmpdir(), "whosaw-explain-"));

beforeAll(async () => {
  const opened = await openStore({ data });
  if (isRefusal(opened)) throw new Error(opened.what);
  store = opened;
});

afterAll(async () => {
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

const tables = [
  "sightings",
  "tickets",
  "ticket_events",
  "actors",
  "customers",
  "imports",
  "work",
  "work_until",
];

async function emptyStore(): Promise<void> {
  for (const table of [...tables, "actor_days", "actor_days_until"])
    await store.command(`TRUNCATE TABLE ${table}`);
}

const hour = 3_600_000;
const day = 24 * hour;
const start = parseInstant("2019-05-01T00:00:00Z") ?? (0 as Instant);
const at = (millis: number): string =>
  new Date(start + millis).toISOString().replace("T", " ").replace("Z", "");

function sighting(actor: string, customer: string, millis: number, more: object = {}): object {
  return { actor, customer, time: at(millis), action: "read", fields: "email;name", import: 1, ...more };
}

async function explainedBy(customer: string): Promise<(string | null)[]> {
  const { sightings } = await whoSaw(store, customer as CustomerId, always);
  return sightings.map(({ explanation, bystander }) => explanation?.kind ?? (bystander ? "bystander" : null));
}

describe("an explanation", () => {
  it("is the ticket's assignment from an hour before it opens to a week after it closes", async () => {
    await emptyStore();
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), closed: at(2 * day), assignee: "ann;ben", import: 1 },
    ]);
    const moments = [day - 2 * hour, day - hour, day, 9 * day, 9 * day + hour];
    await store.insert(
      "sightings",
      moments.map((moment) => sighting("ben", "c1", moment)),
    );
    await refreshExplanations(store);
    expect(await explainedBy("c1")).toEqual([null, "assigned", "assigned", "assigned", null]);
  });

  it("does not pass from one actor's ticket to another actor, nor from one customer to another", async () => {
    await emptyStore();
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "ann", import: 1 },
    ]);
    await store.insert("sightings", [sighting("ben", "c1", 2 * day), sighting("ann", "c2", 2 * day)]);
    await refreshExplanations(store);
    expect([...(await explainedBy("c1")), ...(await explainedBy("c2"))]).toEqual([null, null]);
  });

  it("comes from naming the customer's open ticket only where nothing says who works on it", async () => {
    await emptyStore();
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "", import: 1 },
      { id: "t2", customer: "c2", opened: at(day), assignee: "ann", import: 1 },
    ]);
    await store.insert("sightings", [
      sighting("ben", "c1", 2 * day, { ticket: "t1" }),
      sighting("ben", "c1", 3 * day),
      sighting("ben", "c2", 2 * day, { ticket: "t2" }),
      sighting("ben", "c2", 3 * day, { ticket: "t1" }),
    ]);
    await refreshExplanations(store);
    expect([...(await explainedBy("c1")), ...(await explainedBy("c2"))]).toEqual(["named", null, null, null]);
  });

  it("arrives with a late ticket, and leaves when the ticket is given to somebody else", async () => {
    await emptyStore();
    await store.insert("sightings", [sighting("ann", "c1", 2 * day), sighting("ben", "c1", 2 * day)]);
    const others = Array.from({ length: 9 }, (_, i) => ({
      id: `o${i}`,
      customer: "c9",
      opened: at(0),
      assignee: "eve",
      import: 1,
    }));
    await store.insert("tickets", others);
    expect((await refreshExplanations(store)).how).toBe("from the beginning");
    expect(await explainedBy("c1")).toEqual([null, null]);
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "ann", import: 2, line: 1 },
    ]);
    expect((await refreshExplanations(store)).how).toBe("late tickets only");
    expect(await explainedBy("c1")).toEqual(["assigned", null]);
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "ben", import: 3, line: 1 },
    ]);
    await refreshExplanations(store);
    expect(await explainedBy("c1")).toEqual([null, "assigned"]);
    expect((await refreshExplanations(store)).how).toBe("nothing new");
  });
});

describe("a search", () => {
  it("makes bystanders of its other hits when an explained read follows within ten minutes, and of nobody otherwise", async () => {
    await emptyStore();
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "ann", import: 1 },
    ]);
    const found = { action: "search" };
    await store.insert("sightings", [
      sighting("ann", "c1", 2 * day, found),
      sighting("ann", "c2", 2 * day, found),
      sighting("ann", "c1", 2 * day + 60_000),
      sighting("ann", "c2", 2 * day + 120_000),
      sighting("ann", "c2", 3 * day, found),
      sighting("ben", "c2", 2 * day, found),
    ]);
    await refreshExplanations(store);
    expect(await explainedBy("c2")).toEqual(["bystander", null, null, null]);
    const actor = await whatSaw(store, "ann" as ActorId, always);
    expect([actor.explained, actor.bystanders, actor.unexplained]).toEqual([2, 1, 2]);
  });
});

describe("a page of search results", () => {
  it("makes nobody a bystander for holding a customer with an open ticket: only a read does", async () => {
    await emptyStore();
    await store.insert("tickets", [
      { id: "t1", customer: "c1", opened: at(day), assignee: "ann", import: 1 },
    ]);
    const found = { action: "search" };
    await store.insert("sightings", [
      sighting("ann", "c1", 2 * day, found),
      sighting("ann", "c2", 2 * day, found),
    ]);
    await refreshExplanations(store);
    expect(await explainedBy("c2")).toEqual([null]);
    const actor = await whatSaw(store, "ann" as ActorId, always);
    expect([actor.explained, actor.bystanders, actor.unexplained]).toEqual([1, 0, 1]);
  });
});

describe("on random desks", () => {
  it("both questions class every sighting as the rules, followed one read at a time, do", async () => {
    const random = seededRandom(20_191_105);
    const pick = (n: number): number => Math.floor(random() * n);
    for (let desk = 0; desk < 6; desk++) {
      await emptyStore();
      const tickets = Array.from({ length: 12 }, (_, i) => {
        const opened = pick(40) * day + pick(24) * hour;
        return {
          id: `t${i}`,
          customer: `c${pick(5)}`,
          opened: start + opened,
          closed: pick(3) === 0 ? null : start + opened + pick(9 * 24) * hour,
          assignee: pick(3) === 0 ? "" : pick(4) === 0 ? `a${pick(4)};a${pick(4)}` : `a${pick(4)}`,
        };
      });
      const events = Array.from({ length: 10 }, () => ({
        ticket: `t${pick(14)}`,
        actor: `a${pick(4)}`,
        time: start + pick(60 * 24) * hour,
        event: ["assigned", "transferred", "commented", "closed", "reviewed"][pick(5)] ?? "called",
      }));
      const sightings = Array.from({ length: 300 }, (_, line) => ({
        actor: `a${pick(4)}`,
        customer: `c${pick(5)}`,
        time: start + pick(70 * 24) * hour + pick(20) * 60_000,
        action: pick(3) === 0 ? "search" : "read",
        ticket: pick(3) === 0 ? `t${pick(12)}` : "",
        line,
      }));
      const world: OracleDesk = { tickets, events, sightings };
      const text = (millis: number): string => at(millis - start);
      await store.insert(
        "tickets",
        tickets.map((ticket) => ({
          ...ticket,
          opened: text(ticket.opened),
          closed: ticket.closed === null ? null : text(ticket.closed),
          import: 1,
        })),
      );
      await store.insert(
        "ticket_events",
        events.map((event, line) => ({ ...event, time: text(event.time), import: 1, line })),
      );
      await store.insert(
        "sightings",
        sightings.map((row) => ({ ...row, time: text(row.time), fields: "email", import: 1 })),
      );
      await refreshExplanations(store);
      for (let i = 0; i < 5; i++) {
        const { sightings: told } = await whoSaw(store, `c${i}` as CustomerId, always);
        const expected = sightings.filter(({ customer }) => customer === `c${i}`);
        expect(told).toHaveLength(expected.length);
        for (const one of told) {
          const source = sightings.find(({ line }) => line === one.origin?.line);
          if (source === undefined) throw new Error("a sighting nobody made");
          const said = one.explained ? "explained" : one.bystander ? "bystander" : "unexplained";
          expect({ source, said, kind: one.explanation?.kind ?? "" }).toEqual({
            source,
            ...classOf(world, source),
          });
        }
      }
      const days = await store.query<{ actor: string; classes: readonly number[] }>(
        "SELECT actor, [sum(explained), sum(bystanders), sum(unexplained)] AS classes FROM actor_days FINAL GROUP BY actor",
      );
      for (let i = 0; i < 4; i++) {
        const answer = await whatSaw(store, `a${i}` as ActorId, always);
        const own = sightings
          .filter(({ actor }) => actor === `a${i}`)
          .map((source) => classOf(world, source).said);
        const counted = ["explained", "bystander", "unexplained"].map(
          (said) => own.filter((one) => one === said).length,
        );
        expect([answer.explained, answer.bystanders, answer.unexplained]).toEqual(counted);
        expect(days.find(({ actor }) => actor === `a${i}`)?.classes).toEqual(counted);
      }
    }
  });
});
