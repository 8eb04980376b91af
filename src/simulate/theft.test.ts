import { describe, expect, test } from "vitest";
import {
  actionNumber,
  everyone,
  makeWorld,
  maskOf,
  plainScenario,
  type Scenario,
  scaled,
  scenario,
  type TheftStyle,
  type World,
} from "./index.ts";

const base: Scenario = { ...plainScenario, customers: 6000, actors: 60, days: 60, exportEveryDays: 0 };

function stealing(style: TheftStyle, change: Partial<Scenario["theft"]> = {}): Scenario {
  const theft = {
    ...base.theft,
    kind: "insider",
    style,
    thieves: 1,
    perDay: 8,
    total: null,
    fromDay: 5,
    toDay: 55,
  } as const;
  return { ...base, theft: { ...theft, ...change }, reporting: { ...base.reporting, count: 10 } };
}

const key = (time: number, actor: number, customer: number): string => `${time}/${actor}/${customer}`;

/** For each stolen customer, the row that showed it; undefined where there is none. */
function rowsBehind(world: World): readonly (number | undefined)[] {
  const { accesses } = world;
  const { stolen } = world.truth;
  const rows = new Map<string, number>();
  for (let at = 0; at < accesses.count; at++)
    rows.set(key(accesses.time[at]!, accesses.actor[at]!, accesses.customer[at]!), at);
  return Array.from({ length: stolen.count }, (_, at) =>
    rows.get(key(stolen.time[at]!, stolen.actor[at]!, stolen.customer[at]!)),
  );
}

const styles: readonly TheftStyle[] = [
  "own-queue",
  "without-tickets",
  "inside-tickets",
  "borrowed-session",
  "report-download",
];

describe.each(styles)("a thief %s", (style) => {
  const world = makeWorld(
    stealing(style, style === "report-download" ? { total: 900, perDay: null } : {}),
    4,
  );
  const { stolen, accounts } = world.truth;

  test("is the account of every stolen customer, and a row of the table shows each, with the fields sold", () => {
    expect(stolen.count).toBeGreaterThan(100);
    const rows = rowsBehind(world);
    expect(rows.every((row) => row !== undefined)).toBe(true);
    for (const [at, row] of rows.entries()) {
      expect(accounts).toContain(stolen.actor[at]);
      const shown = world.accesses.fields[row ?? 0]!;
      expect(stolen.fields[at]).toBe(shown & maskOf(base.theft.fields));
    }
  });

  test("steals no customer twice", () => {
    expect(new Set(stolen.customer.subarray(0, stolen.count)).size).toBe(stolen.count);
  });
});

test("an honest desk and its twin with a thief have the same honest rows", () => {
  const twin = makeWorld({ ...base, reporting: { ...base.reporting, count: 10 } }, 4);
  const world = makeWorld(stealing("own-queue"), 4);
  const thief = world.truth.accounts[0]!;
  const honest = (it: World): readonly string[] =>
    Array.from({ length: it.accesses.count }, (_, at) => at)
      .filter((at) => it.accesses.actor[at] !== thief)
      .map((at) => key(it.accesses.time[at]!, it.accesses.actor[at]!, it.accesses.customer[at]!));
  expect(honest(world)).toEqual(honest(twin));
});

test("inside tickets every stolen read names the customer's ticket", () => {
  const world = makeWorld(stealing("inside-tickets"), 4);
  for (const row of rowsBehind(world)) expect(world.accesses.ticket[row!]).toBeGreaterThanOrEqual(0);
});

test("in the own queue, the thief's sessions and addresses are those of the honest work", () => {
  const world = makeWorld(stealing("own-queue"), 4);
  const thief = world.truth.accounts[0]!;
  const stolenRows = new Set(rowsBehind(world));
  const honest = new Set<string>();
  const { accesses, population } = world;
  const place = (at: number): string => `${accesses.session[at]}@${accesses.ip[at]}`;
  for (let at = 0; at < accesses.count; at++)
    if (accesses.actor[at] === thief && !stolenRows.has(at)) honest.add(place(at));
  const strange = [...stolenRows].filter((row) => !honest.has(place(row!)));
  expect(strange.length / stolenRows.size).toBeLessThan(0.1);
  for (const row of stolenRows)
    expect(world.actors[thief]!.queues).toContain(population.queue[accesses.customer[row!]!]);
});

test("a borrowed session is one of its own, from an address nobody at the desk has", () => {
  const world = makeWorld(stealing("borrowed-session", { kind: "stolen_account" }), 4);
  expect(world.truth).toMatchObject({ kind: "stolen_account", people: [] });
  const { accesses } = world;
  const rows = new Set(rowsBehind(world));
  const sessions = new Set([...rows].map((row) => accesses.session[row!]));
  for (let at = 0; at < accesses.count; at++)
    if (!rows.has(at) && sessions.has(accesses.session[at]))
      expect.fail("an honest row in a borrowed session");
});

test("a stolen account is used from elsewhere whatever style is named", () => {
  const named = makeWorld(stealing("own-queue", { kind: "stolen_account" }), 4);
  const meant = makeWorld(stealing("borrowed-session", { kind: "stolen_account" }), 4);
  expect(named.accesses.session).toEqual(meant.accesses.session);
  expect(named.accesses.ip).toEqual(meant.accesses.ip);
});

test("whoever borrows a colleague's session is behind it, and the colleague's account shows", () => {
  const { truth } = makeWorld(stealing("borrowed-session"), 4);
  expect([truth.kind, truth.story]).toEqual(["stolen_account", "insider"]);
  expect(truth.people).toHaveLength(1);
  expect(truth.people).not.toEqual(truth.accounts);
});

test("a former employee's download comes after the last day at work", () => {
  const world = makeWorld(stealing("report-download", { total: 900, perDay: null }), 4);
  const actor = world.actors[world.truth.accounts[0]!]!;
  const day = (world.truth.stolen.time[0]! - world.start) / 86_400_000;
  expect(actor.leftDay).toBeLessThanOrEqual(day);
});

test("colluders share the segment and never sell the same customer", () => {
  const segment = { ...everyone, language: "en", kind: "consumer" } as const;
  const world = makeWorld(stealing("without-tickets", { thieves: 5, perDay: null, total: 1000, segment }), 4);
  const { truth, population, actors } = world;
  expect(truth.accounts).toHaveLength(5);
  expect(truth.stolen.count).toBeGreaterThan(950);
  expect(truth.stolen.count).toBeLessThanOrEqual(1000);
  for (const account of truth.accounts) expect(actors[account]!.language).toBe(0);
  for (const customer of truth.stolen.customer.subarray(0, truth.stolen.count))
    expect([population.language[customer], population.kind[customer]]).toEqual([0, 0]);
});

test("a share taken from search pages shows names and e-mail addresses, many at a moment", () => {
  const world = makeWorld(stealing("without-tickets", { total: 2000, perDay: null, bySearch: 0.7 }), 4);
  const rows = rowsBehind(world);
  const searched = rows.filter((row) => world.accesses.action[row!] === actionNumber.search).length;
  expect(searched / rows.length).toBeGreaterThan(0.5);
  expect(searched / rows.length).toBeLessThan(0.9);
});

test("a breach from outside takes the segment as it stood, and no row tells of it", () => {
  const segment = { ...everyone, language: "de", hasTicket: true };
  const change = { kind: "outside_breach", thieves: 0, perDay: null, fromDay: 30, segment } as const;
  const breached = makeWorld(stealing("own-queue", change), 4);
  const twin = makeWorld({ ...base, reporting: { ...base.reporting, count: 10 } }, 4);
  expect(breached.truth).toMatchObject({ kind: "outside_breach", accounts: [], people: [] });
  expect(breached.accesses.time).toEqual(twin.accesses.time);
  expect(breached.accesses.customer).toEqual(twin.accesses.customer);
  const { stolen } = breached.truth;
  expect(stolen.count).toBeGreaterThan(100);
  expect(stolen.actor.subarray(0, stolen.count).every((actor) => actor === -1)).toBe(true);
  expect(
    [...stolen.customer.subarray(0, stolen.count)].every((c) => breached.population.language[c] === 2),
  ).toBe(true);
});

test("a breach limited in number takes exactly that many", () => {
  const change = { kind: "outside_breach", thieves: 0, perDay: null, total: 321, fromDay: 30 } as const;
  expect(makeWorld(stealing("own-queue", change), 4).truth.stolen.count).toBe(321);
});

test("each published case, made small, steals within three percent of its share", () => {
  for (const name of [
    "trend-micro-2019",
    "att-2014",
    "twitter-2015",
    "shopify-2020",
    "coinbase-2025",
    "cash-app-2021",
  ] as const) {
    const small = scaled(scenario(name), { customers: 30_000, actors: 80 });
    const { truth } = makeWorld({ ...small, exportEveryDays: 0 }, 5);
    expect(truth.stolen.count, name).toBeGreaterThanOrEqual(Math.floor(small.theft.total! * 0.97));
    expect(truth.stolen.count, name).toBeLessThanOrEqual(small.theft.total!);
    expect(truth.accounts.length, name).toBe(small.theft.thieves);
  }
});
